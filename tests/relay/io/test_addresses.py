from relay.io.addresses import advertised_addresses, host_candidates, tcp_candidates
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


def test_by_tcp_we_are_found_too_but_after_every_address_by_udp() -> None:
    addresses = ["203.0.113.9", "10.0.0.1", "10.0.0.2", "10.0.0.3", "127.0.0.1"]
    by_udp, by_tcp = host_candidates(addresses, 4000), tcp_candidates(addresses, 4001)
    assert by_tcp[0] == "1000 1 tcp 1520435199 203.0.113.9 4001 typ host tcptype passive"
    assert [value.split()[4] for value in by_tcp] == addresses[:4]
    priorities = [int(value.split()[3]) for value in by_udp + by_tcp]
    assert priorities == sorted(priorities, reverse=True)
    foundations = [value.split()[0] for value in by_udp + by_tcp]
    assert len(set(foundations)) == len(foundations)
