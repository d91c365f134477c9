"""The voice without holes: a row of Opus packets, each beginning where the last one ended.

Players count samples, not time stamps, so a hole would shift all that follows against the picture.
What is missing is replaced: first by packets in which the decoder conceals, then by silence. When a
sound card's crystal has drifted a packet's length from the axis, one is put in or left out: in a
pause of speech if one comes soon, else anyway.
"""

from recorder.plan import opus
from recorder.plan.samples import VoiceSample

SAMPLES_PER_MS = 48
CONCEALED_PACKETS = 2
SOFT_DRIFT_MS = 14.0
"""From here on a pause is waited for."""
HARD_DRIFT_MS = 24.0
"""Here it is done in the middle of a word."""
QUIET_SHARE = 0.5
"""A packet this much smaller than most is a pause (Opus' rate follows the voice)."""


class VoiceLine:
    """Packets with their place on the axis in, a gapless row out."""

    def __init__(self) -> None:
        self.end: int | None = None
        """Where the row ends now, in samples; None before it began."""
        self._last = opus.SILENCE
        self._usual_bytes = 0.0

    def push(self, packet: bytes, media_ms: float) -> list[VoiceSample]:
        """Take the next packet in order; return what the row grows by."""
        samples = opus.packet_samples(packet)
        if samples == 0:
            return []
        self._usual_bytes += (len(packet) - self._usual_bytes) * 0.05
        if self.end is None:
            self.end = max(0, round(media_ms * SAMPLES_PER_MS))
        drift_ms = media_ms - self.end / SAMPLES_PER_MS
        if drift_ms < 0 and self._is_due(packet, -drift_ms, samples / SAMPLES_PER_MS):
            return []
        row = self._fill(self._missing(packet, drift_ms))
        row.append(self._append(packet, samples))
        self._last = packet
        return row

    def fill_to(self, media_ms: float) -> list[VoiceSample]:
        """Silence up to `media_ms`: nothing has come for long, or there is no microphone."""
        if self.end is None:
            self.end = max(0, round(media_ms * SAMPLES_PER_MS))
        missing_ms = media_ms - self.end / SAMPLES_PER_MS
        return self._fill(int(missing_ms * SAMPLES_PER_MS) // opus.FILL_SAMPLES)

    def begin_at(self, media_ms: float) -> None:
        """Begin the row here, before its first packet."""
        if self.end is None:
            self.end = max(0, round(media_ms * SAMPLES_PER_MS))

    def _missing(self, packet: bytes, drift_ms: float) -> int:
        fill_ms = opus.FILL_SAMPLES / SAMPLES_PER_MS
        if drift_ms >= 2 * fill_ms:
            return int(drift_ms / fill_ms)
        return 1 if drift_ms > 0 and self._is_due(packet, drift_ms, fill_ms) else 0

    def _is_due(self, packet: bytes, drift_ms: float, step_ms: float) -> bool:
        """Is the drift worth one step of this length now?"""
        is_quiet = len(packet) <= self._usual_bytes * QUIET_SHARE
        return drift_ms > max(SOFT_DRIFT_MS if is_quiet else HARD_DRIFT_MS, step_ms * 0.7)

    def _fill(self, packets: int) -> list[VoiceSample]:
        row = []
        for number in range(packets):
            conceal = number < CONCEALED_PACKETS and self._last is not opus.SILENCE
            stand_in = opus.concealment(self._last) if conceal else opus.SILENCE
            row.append(self._append(stand_in, opus.FILL_SAMPLES))
        self._last = opus.SILENCE if packets > CONCEALED_PACKETS else self._last
        return row

    def _append(self, packet: bytes, samples: int) -> VoiceSample:
        position = self.end or 0
        self.end = position + samples
        return VoiceSample(position, samples, packet)
