"""Asks the engine how a subscriber is doing and tells it which layers to forward."""

from collections.abc import Iterable, Sequence

from relay.forwarding.allocation import Offered
from relay.forwarding.downlink import MAX_BPS
from relay.forwarding.ladder import EVERY_PICTURE, Choice, ladder
from relay.forwarding.picture_copies import filled_by
from relay.forwarding.pressure import Pressure
from relay.forwarding.room_ladder import Beside, Link
from relay.io.made_soon import MadeSoon
from relay.io.media_session import SubscriberSession
from relay.io.voice_steering import Voice, VoiceSteering
from relay.ports import Engine, PublicationStats, SubscriberStats
from relay.sdp.negotiated import NegotiatedMedia
from streamsvc.base.clock import Clock
from streamsvc.base.media import CAMERAS, MediaKind, PictureProfile, Slot

NOTHING = None, EVERY_PICTURE
PREVIEW_LOSS = 0.1


class Steering:
    """`steer` when there is news of a subscriber, and when a source changes."""

    def __init__(self, engine: Engine, pressure: Pressure, clock: Clock) -> None:
        self.profile = PictureProfile.SLIDES_FIRST
        self.made_soon = MadeSoon()
        self._engine = engine
        self._pressure = pressure
        self._clock = clock
        self._voices = VoiceSteering(engine)

    def steer(
        self,
        session: SubscriberSession,
        sources: Iterable[tuple[int, NegotiatedMedia, int]],
        *,
        is_talking: bool,
    ) -> None:
        """`sources`: subscription number, its m-line, and the publication that feeds it.
        `is_talking`: what comes from where the subscriber is goes to the others."""
        peer = session.peer.number
        stats = self._engine.subscriber_stats(peer)
        if stats is None:
            return
        pictures: dict[Slot, int] = {}
        offered: list[Offered] = []
        voices: dict[int, Voice] = {}
        now = self._clock.now()
        is_guess = session.ladder.is_guess(is_link_guessed=stats.is_link_guessed)
        is_refused = False
        previews: list[tuple[int, PublicationStats]] = []
        for number, media, publication in sources:
            layers = self._engine.publication_stats(publication)
            if media.kind is MediaKind.AUDIO:
                voices[number] = media, layers
            elif media.slot in CAMERAS and layers is not None:
                previews.append((number, layers.taken_by(media)))
            elif media.slot is not None and layers is not None:
                layers = layers.taken_by(media)
                current = stats.forwarded.get(number)
                if current is None and self.made_soon.is_awaited(layers, stats, now):
                    self._engine.set_target_layer(number, *NOTHING)
                    continue
                is_refused |= current is None and self.made_soon.is_refused(publication, now)
                pictures[media.slot] = number
                has_own = is_guess and session.has_own(number, current)
                offered.append(self._offered(media.slot, layers, current, has_own=has_own))
        voices_bps = self._voices.steer(session, voices, stats, is_talking=is_talking, now=now)
        voices_bps += self._preview(previews, stats)
        beside_bps = voices_bps + session.ladder.data.bps(stats.link_bps, now)
        filled = filled_by(offered, beside_bps, stats.link_bps)
        beside = Beside(
            voices_bps,
            self._pressure.cap_bps(peer),
            MAX_BPS,
            self.profile,
            are_pictures_copied=self._are_copied(session, stats, filled, now),
            is_smallest_only=session.pictures.is_smallest_only,
            is_refused=is_refused,
        )
        targets = session.ladder.choose(offered, _link(stats), beside, now)
        is_short = session.ladder.is_short or session.pictures.is_short
        if is_short and stats.link_bps < self._pressure.cap_bps(peer):
            self._engine.probe(peer)
        for entry in offered:
            if entry.steps:
                rid, most_temporal = targets[entry.slot] or NOTHING
                session.aim(pictures[entry.slot], rid)
                self._engine.set_target_layer(pictures[entry.slot], rid, most_temporal)

    def _preview(
        self, previews: Sequence[tuple[int, PublicationStats]], stats: SubscriberStats
    ) -> int:
        """Cameras to choose from, each in its smallest layer, as many as half of her link takes:
        bits per second. They are the first to go."""
        left_bps, spent_bps = stats.link_bps // 2, 0
        is_bad = stats.has_queue or stats.fraction_lost >= PREVIEW_LOSS
        for number, publication in previews:
            live = [layer for layer in publication.layers if layer.is_live]
            bps = live[0].bitrate_bps if live else 0
            if not live or is_bad or spent_bps + bps > left_bps:
                self._engine.set_target_layer(number, *NOTHING)
                continue
            spent_bps += bps
            self._engine.set_target_layer(number, live[0].rid)
        return spent_bps

    def _are_copied(
        self,
        session: SubscriberSession,
        stats: SubscriberStats,
        filled: Sequence[float],
        now: float,
    ) -> bool:
        choice = session.pictures
        before = choice.after_ms, choice.most_temporal
        lost = session.voice.lost
        choice.see(lost, stats.fraction_lost, now)
        after_ms = choice.choose(
            lost, stats.round_trip, now, has_queue=stats.has_queue, filled=filled
        )
        if (after_ms, choice.most_temporal) != before:
            most_temporal = max(0, choice.most_temporal)
            self._engine.set_picture_copies(session.peer.number, after_ms, most_temporal)
        return after_ms > 0

    def _offered(
        self, slot: Slot, stats: PublicationStats, current: Choice | None, *, has_own: bool
    ) -> Offered:
        """What lives; where nothing of the publisher does, all there is: a shared screen that does
        not change sends nothing for seconds. Layers that are made for others are nothing for who
        `has_own`: the publisher's, on a link of which nothing bad is known."""
        own = [layer for layer in stats.layers if not layer.is_made]
        every = own if has_own and own else stats.layers
        does_live = any(layer.is_live for layer in own)
        live = [layer for layer in every if layer.is_live or not does_live]
        encodings = self.made_soon.encodings(live)
        is_smooth_first = self.profile is PictureProfile.MOVEMENT_FIRST and slot is not Slot.SCREEN
        swing = live[0].swing if live else 1.0
        steps = ladder(encodings, is_smooth_first=is_smooth_first)
        is_steady = bool(live) and live[0].is_made
        return Offered(slot, steps, current, swing, is_steady)


def _link(stats: SubscriberStats) -> Link:
    return Link(
        stats.link_bps,
        stats.is_link_guessed,
        stats.fraction_lost,
        stats.fell_at,
        stats.proved_at,
        stats.is_loss_known,
        stats.is_braking,
    )
