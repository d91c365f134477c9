"""What reached a subscriber, by reports that come more seldom than somebody asks.

A browser reports on sound every 2.5 to 7.5 s (RFC 3550, 6.2: 5 s, made random), on pictures about
every second. Between two reports the newest one counts.
"""

from dataclasses import dataclass

from streamsvc.base.media import MediaKind

REPORT_WITHIN = {MediaKind.AUDIO: 8.0, MediaKind.VIDEO: 3.0}
"""Seconds after which a report that spoke of new packets says nothing about now."""


@dataclass(slots=True)
class Arrivals:
    """Of one subscription."""

    kind: MediaKind
    total: int = 0
    news: int = 0
    """Packets that the newest report added."""
    news_at: float | None = None

    def look(self, total: int, now: float) -> int | None:
        """Packets of the newest report, given the reports' sum so far; 0 when none spoke of new
        packets for long; None before the first that did."""
        if total != self.total:
            self.total, self.news, self.news_at = total, total - self.total, now
        if self.news_at is None:
            return None
        return self.news if now - self.news_at <= REPORT_WITHIN[self.kind] else 0
