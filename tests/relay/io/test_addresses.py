from relay.io.addresses import advertised_addresses, host_candidates
from relay.settings import RelaySettings


def test_what_is_set_is_advertised() -> None:
    settings = RelaySettings(advertise=("203.0.113.9", "10.0.0.1"))
    assert advertised_addresses(settings) == ["203.0.113.9", "10.0.0.1"]


def test_what_is_bound_to_is_advertised() -> None:
    assert advertised_addresses(RelaySettings(media_host="127.0.0.1")) == ["127.0.0.1"]


def test_a_browser_on_this_machine_always_finds_an_address() -> None:
    assert advertised_addresses(RelaySettings())[-1] == "127.0.0.1"
    assert advertised_addresses(RelaySettings(media_host="::"))[-1] == "::1"


def test_the_first_address_is_preferred() -> None:
    first, second = host_candidates(["203.0.113.9", "::1"], 4000)
    assert first == "1 1 udp 2130706431 203.0.113.9 4000 typ host"
    assert second.startswith("2 1 udp 21307") and second.endswith(" ::1 4000 typ host")
    assert int(first.split()[3]) > int(second.split()[3])
