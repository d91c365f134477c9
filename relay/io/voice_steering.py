"""Tells the engine in which form each subscriber gets the voices."""

from collections.abc import Mapping

from relay.forwarding.voice import VoiceLink
from relay.io.media_session import SubscriberSession
from relay.ports import Engine, PublicationStats, SubscriberStats
from relay.sdp.negotiated import NegotiatedMedia

RTP_HEADERS_BPS = 8_000
"""20 bytes, 50 times a second."""

SMALL_VOICE = "+voice"
"""The layer that a transcoder makes of a voice, where a room's policy says so."""
SMALL_VOICE_BPS = 21_000
"""With headers of 17 packets a second."""

Voice = tuple[NegotiatedMedia, PublicationStats | None]
"""Its m-line, and what is known of who feeds it."""


class VoiceSteering:
    """`steer` when there is news of a subscriber, and when a source changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def steer(
        self,
        session: SubscriberSession,
        voices: Mapping[int, Voice],
        stats: SubscriberStats,
        *,
        is_talking: bool,
        now: float,
    ) -> int:
        """`voices` by subscription number, those that are fed. Returns what they take of the link
        in all, in bits per second."""
        sounds_bps = tuple(_sound_bps(layers) for _, layers in voices.values())
        before = session.voice.form
        link = VoiceLink(
            bps=stats.link_bps,
            fraction_lost=stats.fraction_lost if stats.is_loss_known else None,
            round_trip=stats.round_trip,
            has_queue=stats.has_queue or stats.is_filling,
            sounds_bps=sounds_bps,
            can_ask=all("nack" in media.feedback for media, _ in voices.values()),
            is_talking=is_talking,
            fell_at=stats.fell_at,
        )
        form = session.voice.choose(link, now)
        is_smallest = session.ladder.policy.is_smallest_voice
        small = {n for n, (_, layers) in voices.items() if is_smallest and _has_small(layers)}
        for number in voices:
            self._engine.set_target_layer(number, SMALL_VOICE if number in small else form.rid)
        if (form.copies, form.after_ms) != (before.copies, before.after_ms):
            self._engine.set_copies(session.peer.number, form.copies, form.after_ms)
        if form.within_ms != before.within_ms:
            self._engine.set_voice_within(session.peer.number, form.within_ms)
        if len(small) == len(voices):
            return (1 + form.copies) * len(voices) * SMALL_VOICE_BPS
        return form.bps(sounds_bps)


def _sound_bps(stats: PublicationStats | None) -> int:
    """Without the headers that the meter counts; 0 where nothing is known yet."""
    layers = stats.layers if stats is not None else ()
    own = [layer for layer in layers if not layer.is_made and layer.temporal]
    return max((layer.temporal[0][0] - RTP_HEADERS_BPS for layer in own), default=0)


def _has_small(stats: PublicationStats | None) -> bool:
    layers = stats.layers if stats is not None else ()
    return any(layer.rid == SMALL_VOICE and layer.is_live for layer in layers)
