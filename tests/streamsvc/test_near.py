"""How processes of this machine reach the service."""

import pytest

from streamsvc import near
from streamsvc.near import Near
from streamsvc.settings import Settings


@pytest.mark.parametrize(
    ("host", "server"),
    [
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://127.0.0.1:8080"),
        ("192.0.2.7", "http://192.0.2.7:8080"),
        ("2001:db8::7", "http://[2001:db8::7]:8080"),
    ],
)
def test_by_its_own_address_where_it_has_but_one(host: str, server: str) -> None:
    assert Near.of(Settings(http={"host": host})) == Near(server)


def test_media_by_an_inner_address_where_a_routers_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(near, "machine_addresses", lambda: ["192.0.2.1"])
    told = {"advertise": ["203.0.113.9"]}
    assert Near.of(Settings(media=told)).media == "192.0.2.1"
    here = told | {"host": "192.0.2.2"}
    assert Near.of(Settings(media=here)).media == "192.0.2.2"
