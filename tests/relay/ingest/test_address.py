"""What may be typed as a source, and where it may lead."""

import pytest

from relay.ingest.address import is_allowed, parse_address, parse_networks
from streamsvc.base.errors import UserError


@pytest.mark.parametrize(
    ("text", "shown", "target"),
    [
        ("rtsp://10.1.2.3/live", "rtsp://10.1.2.3:554", "/live"),
        ("rtsps://cam.example.org", "rtsps://cam.example.org:322", "/"),
        ("rtsp://[fd00::1]:8554/a?b=1", "rtsp://[fd00::1]:8554", "/a?b=1"),
    ],
)
def test_parts_of_an_address(text: str, shown: str, target: str) -> None:
    address = parse_address(text)
    assert (str(address), address.target) == (shown, target)


def test_sign_in_beside_the_address_comes_first() -> None:
    address = parse_address("rtsp://a%40b:one@10.1.2.3/x", "", "two")
    assert (address.user, address.password) == ("a@b", "two")


def test_what_is_shown_has_no_secret() -> None:
    address = parse_address("rtsp://admin:secret@10.1.2.3/user=admin&password=secret")
    assert "secret" not in f"{address} {address!r}"


def test_password_of_any_signs_comes_through() -> None:
    address = parse_address("rtsp://10.1.2.3/x", "a:b", "p@:/ %")
    assert address.through(5000) == "rtsp://a%3Ab:p%40%3A%2F%20%25@127.0.0.1:5000/x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://10.1.2.3/",
        "file:///etc/passwd",
        "rtsp://",
        "rtsp:///x",
        "rtsp://10.1.2.3:99999/",
        "rtsp://10.1.2.3:0/",
        "rtsp://10.1.2.3/a b",
        "rtsp://10.1.2.3/a\r\nSession: 1",
        "rtsp://[10.1.2.3/",
        "rtsp://10.1.2.3/" + "a" * 2000,
    ],
)
def test_refused_words(text: str) -> None:
    with pytest.raises(UserError, match="source-address-malformed"):
        parse_address(text)


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "100.100.100.200", "239.1.1.1"]
    + ["255.255.255.255", "::", "::1", "fe80::1%eth0", "ff02::1", "fd00:ec2::254"]
    + ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)
def test_refused_places(text: str) -> None:
    assert not is_allowed(text)


@pytest.mark.parametrize("text", ["10.1.2.3", "192.168.1.64", "172.16.0.9", "8.8.8.8", "fd00::1"])
def test_places_of_cameras(text: str) -> None:
    assert is_allowed(text)


def test_setting_allows_more() -> None:
    allowed = parse_networks(["127.0.0.0/8"])
    assert is_allowed("127.0.0.1", allowed)
    assert is_allowed("::ffff:127.0.0.1", allowed)
    assert not is_allowed("169.254.1.1", allowed)
    with pytest.raises(UserError, match="source-network-malformed"):
        parse_networks(["127.0.0.1/8"])
