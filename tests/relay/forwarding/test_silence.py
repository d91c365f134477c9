"""When a source counts as silent, and when as back."""

from collections.abc import Iterable

from relay.forwarding.silence import (
    RESUMED_AFTER_SECONDS,
    SILENT_AFTER_SECONDS,
    STEADY_AFTER_SECONDS,
    SourceSilence,
)

LOOK = 0.25


def changes(silence: SourceSilence, packets: Iterable[float], until: float) -> list[float]:
    """When a look every quarter of a second found that it changed."""
    times, found, now = list(packets), [], silence.heard_at
    while now < until:
        now += LOOK
        heard_at = max((at for at in times if at <= now), default=0.0)
        if silence.see(heard_at, now):
            found.append(now)
    return found


def flow(since: float, until: float, every: float = 0.2) -> list[float]:
    return [since + n * every for n in range(round((until - since) / every) + 1)]


def test_a_source_that_flows_is_not_silent() -> None:
    silence = SourceSilence(0.0)
    assert changes(silence, flow(0.0, 10.0), 10.0) == []
    assert not silence.is_silent


def test_silence_is_told_within_a_look_of_its_time() -> None:
    silence = SourceSilence(0.0)
    found = changes(silence, flow(0.0, 2.0), 6.0)
    assert len(found) == 1 and silence.is_silent
    assert SILENT_AFTER_SECONDS <= found[0] - 2.0 <= SILENT_AFTER_SECONDS + LOOK


def test_a_thin_link_that_brings_nothing_for_a_second_is_well() -> None:
    silence = SourceSilence(0.0)
    packets = [*flow(0.0, 2.0), *flow(3.0, 5.0), *flow(6.0, 8.0)]
    assert changes(silence, packets, 8.0) == []


def test_a_pause_of_the_voice_alone_is_well() -> None:
    silence = SourceSilence(0.0)
    assert changes(silence, flow(0.0, 20.0, every=0.6), 20.0) == []


def test_it_is_back_after_half_a_second_of_flow() -> None:
    silence = SourceSilence(0.0)
    found = changes(silence, [*flow(0.0, 2.0), *flow(6.0, 10.0)], 10.0)
    assert len(found) == 2 and not silence.is_silent
    assert RESUMED_AFTER_SECONDS <= found[1] - 6.0 <= RESUMED_AFTER_SECONDS + 2 * LOOK


def test_one_late_packet_is_no_return() -> None:
    silence = SourceSilence(0.0)
    found = changes(silence, [*flow(0.0, 2.0), 5.0, 5.0 + SILENT_AFTER_SECONDS + LOOK, 9.0], 12.0)
    assert len(found) == 1 and silence.is_silent


def test_who_falls_silent_again_soon_must_flow_for_longer() -> None:
    silence = SourceSilence(0.0)
    packets = [*flow(0.0, 2.0), *flow(4.0, 5.0), *flow(8.0, 12.0)]
    found = changes(silence, packets, 12.0)
    assert len(found) == 4 and not silence.is_silent
    assert STEADY_AFTER_SECONDS <= found[3] - 8.0 <= STEADY_AFTER_SECONDS + 2 * LOOK


def test_a_look_that_comes_late_finds_no_silence() -> None:
    """The machine stood still for three seconds: what came meanwhile is told of after the look."""
    silence = SourceSilence(0.0)
    assert changes(silence, flow(0.0, 2.0), 2.0) == []
    assert not silence.see(2.0, 5.0)
    assert not silence.see(5.1, 5.25)
    assert not silence.is_silent
