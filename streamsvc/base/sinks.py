"""Two who listen to the same tracks."""

from streamsvc.base.media import PacketSink, Track


class BothSinks:
    """A `PacketSink` that tells two others everything; each knows which tracks are for it."""

    def __init__(self, one: PacketSink, other: PacketSink) -> None:
        self._both = (one, other)

    def track_opened(self, track: Track, wall_ms: int) -> None:
        """See `PacketSink`."""
        for sink in self._both:
            sink.track_opened(track, wall_ms)

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        """See `PacketSink`."""
        for sink in self._both:
            sink.packet(track_number, wall_ms, packet)

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        """See `PacketSink`."""
        for sink in self._both:
            sink.track_closed(track_number, wall_ms)
