"""The files of `deploy/` say what the service needs of the programs beside it."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from streamsvc.cli import cli

DEPLOY = Path(__file__).parents[2] / "deploy"


def location_of(path: str) -> str:
    """Body of the first regular expression of nginx.conf that takes this path, as nginx looks."""
    blocks = re.findall(
        r"location ~ (\S+) \{(.*?)\n    \}", (DEPLOY / "nginx.conf").read_text(), re.S
    )
    return next((body for pattern, body in blocks if re.search(pattern, path)), "")


@pytest.mark.parametrize("place", ["", "/uploads/cw_1a2b"])
def test_nginx_passes_large_files_on_while_they_come(place: str) -> None:
    body = location_of(f"/api/lessons/les_1/courseware{place}")
    assert "client_max_body_size 300m;" in body and "proxy_request_buffering off;" in body


def test_nginx_takes_nothing_large_elsewhere() -> None:
    assert not location_of("/api/lessons/les_1/courseware/cw_1/slides")
    assert not location_of("/api/lessons/les_1")
    assert "client_max_body_size 8g;" in location_of("/api/lessons/les_1/premiere/film")
    assert "read_timeout 600s;" in location_of("/api/lessons/les_1/premiere/uploads/up_1")
    assert not location_of("/api/lessons/les_1/premiere")


def test_nginx_keeps_addresses_that_are_keys_out_of_its_log() -> None:
    assert "access_log off;" in location_of("/watch/3q0pwnycyarTQ_wztR2JQQY8bCY")
    assert "access_log off;" in location_of("/p/4tz")


def test_coturn_reaches_this_machine_alone_and_a_participant_takes_few_of_its_places() -> None:
    lines = (DEPLOY / "turnserver.conf").read_text("utf-8").splitlines()
    words = dict(line.partition("=")[::2] for line in lines if not line.startswith("#"))
    assert {"denied-peer-ip", "allowed-peer-ip", "no-multicast-peers"} <= words.keys()
    assert 0 < int(words["user-quota"]) < int(words["total-quota"])


def test_the_unit_of_a_source_gives_what_teaching_takes() -> None:
    unit = (DEPLOY / "streamsvc-source@.service").read_text("utf-8")
    command = get_command(cli)
    assert isinstance(command, TyperGroup)
    options = [one for one in command.commands["teach"].params if isinstance(one, TyperOption)]
    taken = [one for one in options if not one.hidden]
    variables = {one.envvar for one in taken if isinstance(one.envvar, str)}
    named = set(re.findall(r"^#   (STREAMSVC_\w+)=", unit, re.MULTILINE))
    assert named == variables - {"STREAMSVC_CACHE"}
    (words,) = re.findall(r"^ExecStart=\S+ teach (.*)$", unit, re.MULTILINE)
    known = {flag for one in taken for flag in one.opts}
    assert {word for word in words.split() if word.startswith("--")} <= known


def test_nginx_serves_a_live_lesson_to_who_has_its_address() -> None:
    body = location_of(f"/live/1900000000-{'a' * 22}/les_z9vgu627nj8k/low-aac/12.3.m4s")
    assert 'secure_link_md5 "$secure_link_expires$live_lesson CHANGE-ME"' in body
    assert "return 403;" in body and "try_files" in body
    assert not location_of("/live/1900000000/les_z9vgu627nj8k/main.m3u8")
    words = (DEPLOY / "nginx.conf").read_text()
    assert "proxy_cache_lock on;" in words and "$arg__HLS_msn.$arg__HLS_part" in words
