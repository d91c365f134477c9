"""Tells the engine in which form each subscriber gets the voices."""

from collections.abc import Mapping

from relay.forwarding.voice import VoiceLink
from relay.io.media_session import SubscriberSession
from relay.ports import Engine, SubscriberStats
from relay.sdp.negotiated import NegotiatedMedia


class VoiceSteering:
    """`steer` when there is news of a subscriber, and when a source changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def steer(
        self,
        session: SubscriberSession,
        voices: Mapping[int, NegotiatedMedia],
        stats: SubscriberStats,
        *,
        is_talking: bool,
        now: float,
    ) -> int:
        """`voices`: m-line by subscription number, of those that are fed. Returns what they take of
        the link in all, in bits per second."""
        before = session.voice.form
        link = VoiceLink(
            bps=stats.link_bps,
            fraction_lost=stats.fraction_lost if stats.is_loss_known else None,
            round_trip=stats.round_trip,
            has_queue=stats.has_queue,
            voices=len(voices),
            can_ask=all("nack" in media.feedback for media in voices.values()),
            is_talking=is_talking,
        )
        form = session.voice.choose(link, now)
        for number in voices:
            self._engine.set_target_layer(number, form.rid)
        if (form.copies, form.after_ms) != (before.copies, before.after_ms):
            self._engine.set_copies(session.peer.number, form.copies, form.after_ms)
        return len(voices) * form.bps
