"""Reports that come more seldom than somebody asks."""

from relay.io.arrivals import Arrivals
from streamsvc.base.media import MediaKind


def test_nothing_is_known_before_the_first_report() -> None:
    assert Arrivals(MediaKind.AUDIO).look(0, now=10.0) is None


def test_between_two_reports_on_sound_the_newest_counts() -> None:
    arrivals = Arrivals(MediaKind.AUDIO)
    seen = [arrivals.look(total, now) for now, total in enumerate([250, 250, 250, 250, 500])]
    assert seen == [250, 250, 250, 250, 250]


def test_without_news_for_long_nothing_arrives() -> None:
    for kind, seconds in ((MediaKind.AUDIO, 8.5), (MediaKind.VIDEO, 3.5)):
        arrivals = Arrivals(kind)
        assert arrivals.look(40, now=1.0) == 40
        assert arrivals.look(40, now=1.0 + seconds) == 0
        assert arrivals.look(60, now=2.0 + seconds) == 20
