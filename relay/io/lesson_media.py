"""One lesson's media: which publication feeds which slot of which subscriber."""

from collections.abc import Iterator

from relay.forwarding.pressure import Pressure
from relay.io.made_soon import MadeSoon
from relay.io.media_session import PublisherSession, SubscriberSession
from relay.io.steering import Steering
from relay.ports import Engine, LayerStats
from relay.sdp.negotiated import NegotiatedMedia
from relay.transcode.plan.renditions import RoomRate
from streamsvc.base.clock import Clock
from streamsvc.base.ids import LessonId
from streamsvc.base.media import CAMERAS, Codec, MediaKind, PictureProfile, Slot
from streamsvc.base.sessions import AudienceLack, LinkPolicy

VOICES_BPS = 45_000
"""Two, as they go to thin links; until a room's own are known."""
MAKING_SECONDS = 8.0
"""What is made for an audience is there sooner, or will not come."""
_LACKS = {
    Slot.LEAD: (AudienceLack.LEAD, AudienceLack.LEAD_FULL),
    Slot.SCREEN: (AudienceLack.SCREEN, AudienceLack.SCREEN_FULL),
}
AUDIENCE_BPS = 110_000
"""For the teacher's picture: a phone that saves data takes the smallest rendition."""


class LessonMedia:
    """Wires the engine as sessions come and go. Every method is safe to repeat."""

    def __init__(
        self, lesson_id: LessonId, engine: Engine, pressure: Pressure, clock: Clock
    ) -> None:
        self.lesson_id = lesson_id
        self.publishers: dict[Slot, PublisherSession] = {}
        self.subscribers: dict[int, SubscriberSession] = {}
        """By peer number."""
        self._engine = engine
        self._steering = Steering(engine, pressure, clock)
        self._muted: set[Slot] = set()
        self._program = Slot.LEAD
        self._is_tapped = self._is_broadcast = False
        self._lacking_since: dict[Slot, tuple[int, float]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody is here and nothing is remembered for those to come."""
        is_plain = self._steering.profile is PictureProfile.SLIDES_FIRST
        is_own = self._program is Slot.LEAD
        is_unused = not self._muted and not self._is_fed and is_plain and is_own
        return not self.publishers and not self.subscribers and is_unused

    @property
    def _is_fed(self) -> bool:
        return self._is_tapped or self._is_broadcast

    # ---- who comes and goes

    def add_publisher(self, session: PublisherSession) -> None:
        """Feed its slot from it."""
        self.publishers[session.slot] = session
        self._set_muted(session)
        shown = self.on_program
        if session.slot is Slot.LEAD and shown is not None and shown is not session:
            self._untap(shown)  # its track belongs to this voice from now on
        self._rewire()

    def remove_publisher(self, session: PublisherSession) -> None:
        """Its slot is empty, unless another has taken it."""
        if self.publishers.get(session.slot) is session:
            del self.publishers[session.slot]
            if session.slot is self._program:
                # a track ends before that which follows it begins: its peer is removed later
                self._untap(session)
                self._rewire()

    def add_subscriber(self, session: SubscriberSession) -> None:
        """Feed it from what there is."""
        self.subscribers[session.peer.number] = session
        self._limit(session)
        self._connect(session)

    def remove_subscriber(self, session: SubscriberSession) -> None:
        """Forget it."""
        self.subscribers.pop(session.peer.number, None)

    def _connect(self, session: SubscriberSession) -> None:
        for subscription in session.subscriptions:
            publication = self._feeding(subscription.media, session)
            self._engine.set_source(subscription.number, publication)
        self.steer(session)

    def _feeding(self, media: NegotiatedMedia, session: SubscriberSession) -> int | None:
        """Publication for one m-line; never what comes from the subscriber's own origin, nor what
        stands in its place."""
        publisher = self.publishers.get(media.slot) if media.slot is not None else None
        if media.slot in CAMERAS and not session.party.sees_cameras:
            return None
        if publisher is not None and publisher.party.origin == session.party.origin:
            return None
        if media.slot is Slot.LEAD and media.kind is MediaKind.VIDEO:
            publisher = self.on_program
        return None if publisher is None else publisher.publications.get(media.kind)

    @property
    def on_program(self) -> PublisherSession | None:
        """Whose picture is the lead's: the camera's that was chosen while it is there, else her
        own."""
        return self.publishers.get(self._program) or self.publishers.get(Slot.LEAD)

    def set_program(self, slot: Slot) -> None:
        """The picture of this camera (LEAD: her own) stands in the lead's place for everybody here
        now or later, and in the recording; the voice stays hers."""
        if slot is not self._program:
            self._program = slot
            self._rewire()

    def _rewire(self) -> None:
        # a track ends before that which follows it begins
        for publisher in sorted(self.publishers.values(), key=lambda one: one is self.on_program):
            self._tap(publisher)
        for subscriber in self.subscribers.values():
            self._connect(subscriber)

    # ---- what flows

    def steer(self, session: SubscriberSession) -> None:
        """Choose its layers for its link as it is now."""
        is_talking = any(
            publisher.party.origin == session.party.origin for publisher in self.publishers.values()
        )
        self._steering.steer(session, self._sources(session), is_talking=is_talking)

    def layers_changed(self, session: PublisherSession, publication: int) -> None:
        """One began, or fell silent. Where there is one only it is forwarded either way: a shared
        screen that does not change does both each second."""
        stats = self._engine.publication_stats(publication)
        rids = tuple(layer.rid for layer in stats.layers) if stats else ()
        is_same = len(rids) == 1 and session.rids.get(publication) == rids
        session.rids[publication] = rids
        if not is_same:
            self.steer_all()

    def weigh(self, session: PublisherSession) -> None:
        """Steer those who watch where a layer has become much dearer than they were steered by."""
        grew = False
        for publication in session.publications.values():
            stats = self._engine.publication_stats(publication)
            for layer in stats.layers if stats else ():
                grew |= session.dearest.grew(publication, layer.rid, cost_bps(layer))
        if grew:
            self.steer_all()

    def room_rates(self, publication: int) -> list[RoomRate]:
        """What each who watches a picture has for it: what is left when voices, and all other
        pictures at their smallest, have their part. Without those who have the publisher's own and
        of whose links nothing else is known, and without who only looks which camera to choose."""
        found = []
        for session in self.subscribers.values():
            stats = self._engine.subscriber_stats(session.peer.number)
            shown = (each for each in self._pictures(session) if each[1].slot not in CAMERAS)
            pictures = {number: (which, media) for which, media, number in shown}
            policy = session.ladder.policy
            if stats is None or policy.is_voice_and_slides or publication not in pictures:
                continue
            is_guess = session.ladder.is_guess(is_link_guessed=stats.is_link_guessed)
            number, media = pictures[publication]
            taken = self._other_codec(publication, media)
            if is_guess and session.has_own(number, stats.forwarded.get(number)):
                continue
            left_bps = session.ladder.picture_bps
            if left_bps is None:
                left_bps = stats.link_bps - VOICES_BPS
            others = sum(self._least_bps(other) for other in pictures if other != publication)
            is_guess &= taken is None
            found.append(RoomRate(max(0, left_bps - others), is_guess, taken))
        return found + self._audience_rates(publication)

    def _audience_rates(self, publication: int) -> list[RoomRate]:
        """What a large audience needs of the teacher's pictures: H.264, and a small one of it."""
        if not self._is_broadcast:
            return []
        stats = self._engine.publication_stats(publication)
        if stats is None or stats.codec in (None, Codec.H264):
            return [RoomRate(AUDIENCE_BPS)] if self._is_single_of_lead(publication) else []
        shown = [self.on_program, self.publishers.get(Slot.SCREEN)]
        is_shown = any(each and publication in each.publications.values() for each in shown)
        return [RoomRate(AUDIENCE_BPS, codec=Codec.H264)] if is_shown else []

    def _other_codec(self, publication: int, media: NegotiatedMedia) -> Codec | None:
        """Of what has to be made for a viewer who can't decode the publisher's; None: it can."""
        stats = self._engine.publication_stats(publication)
        if stats is None or stats.codec is None:
            return None
        taken = media.taken_of(stats.codec)
        return None if taken is stats.codec else taken

    def audience_lack(self, now: float, *, can_make: bool) -> AudienceLack | None:
        """Why the audience has none of her camera, or else of her screen; None: it has, or will in
        a moment. `can_make`: this server transcodes."""
        for slot, (plain, full) in _LACKS.items():
            publisher = self.on_program if slot is Slot.LEAD else self.publishers.get(slot)
            publication = publisher.publications.get(MediaKind.VIDEO) if publisher else None
            if publication is None or not self._is_lacking(publication):
                self._lacking_since.pop(slot, None)
                continue
            if self.made_soon.is_refused(publication, now):
                return full
            lacking, since = self._lacking_since.get(slot, (publication, now))
            since = since if lacking == publication else now  # another camera
            self._lacking_since[slot] = publication, since
            if not can_make or now - since > MAKING_SECONDS:
                return plain
        return None

    def _is_lacking(self, publication: int) -> bool:
        stats = self._engine.publication_stats(publication)
        if not self._is_broadcast or stats is None or stats.codec in (None, Codec.H264):
            return False
        return not any(x.is_live for x in stats.layers if x.codec is Codec.H264)

    def _is_single_of_lead(self, publication: int) -> bool:
        """The teacher's picture, of one layer: of several the smallest is small enough."""
        lead = self.on_program
        stats = self._engine.publication_stats(publication)
        if lead is None or stats is None or publication not in lead.publications.values():
            return False
        return sum(not layer.is_made for layer in stats.layers) == 1

    def wants_small_voice(self, publication: int) -> bool:
        """Whether a room gets this voice as small as it can be made."""
        return any(
            number == publication
            for session in self.subscribers.values()
            if session.ladder.policy.is_smallest_voice
            for _, _, number in self._sources(session)
        )

    @property
    def made_soon(self) -> MadeSoon:
        """To be told of lower layers that are about to come."""
        return self._steering.made_soon

    def _pictures(self, session: SubscriberSession) -> Iterator[tuple[int, NegotiatedMedia, int]]:
        return (each for each in self._sources(session) if each[1].kind is MediaKind.VIDEO)

    def _least_bps(self, publication: int) -> int:
        stats = self._engine.publication_stats(publication)
        live = [layer for layer in stats.layers if layer.is_live] if stats else []
        return cost_bps(live[0]) if live else 0

    def steer_all(self) -> None:
        """After something began to flow."""
        for session in self.subscribers.values():
            self.steer(session)

    def set_profile(self, profile: PictureProfile) -> None:
        """Which pictures come first, for everybody here now or later."""
        if profile is not self._steering.profile:
            self._steering.profile = profile
            self.steer_all()

    def set_policy(self, session: SubscriberSession, policy: LinkPolicy) -> None:
        """What an administrator says of its link holds from now on."""
        if policy != session.ladder.policy:
            session.ladder.policy = policy
            self._limit(session)
            self.steer(session)

    def _limit(self, session: SubscriberSession) -> None:
        policy = session.ladder.policy
        most_bps = None if policy.most_kbps is None else 1000 * policy.most_kbps
        self._engine.limit(session.peer.number, most_bps, is_satellite=policy.is_satellite)

    def _sources(self, session: SubscriberSession) -> Iterator[tuple[int, NegotiatedMedia, int]]:
        for subscription in session.subscriptions:
            publication = self._feeding(subscription.media, session)
            if publication is not None:
                yield subscription.number, subscription.media, publication

    def set_muted(self, slot: Slot, *, is_muted: bool) -> None:
        """The slot's voice, of whoever fills it now or later."""
        if is_muted:
            self._muted.add(slot)
        else:
            self._muted.discard(slot)
        if slot in self.publishers:
            self._set_muted(self.publishers[slot])

    def _set_muted(self, session: PublisherSession) -> None:
        voice = session.publications.get(MediaKind.AUDIO)
        if voice is not None:
            self._engine.set_muted(voice, is_muted=session.slot in self._muted)

    def set_tapped(self, *, is_tapped: bool) -> None:
        """Send everything to the sink, or nothing."""
        self._is_tapped = is_tapped
        for session in self.publishers.values():
            self._tap(session)

    def set_broadcast(self, *, is_broadcast: bool) -> None:
        """Send every layer of what the teacher sends to the sink, or none of them. Never what a
        receiving room sends: the audience is not in the lesson."""
        self._is_broadcast = is_broadcast
        for session in self.publishers.values():
            self._tap(session)

    def _untap(self, session: PublisherSession) -> None:
        for publication in session.publications.values():
            self._engine.set_tapped(publication, is_tapped=False, is_every_layer=False)

    def _tap(self, session: PublisherSession) -> None:
        is_every_layer = self._is_broadcast and session.slot is not Slot.STAGE
        for kind, publication in session.publications.items():
            is_shown = self._is_shown(session, kind)
            self._engine.set_tapped(
                publication,
                is_tapped=self._is_tapped and is_shown,
                is_every_layer=is_every_layer and is_shown,
            )

    def _is_shown(self, session: PublisherSession, kind: MediaKind) -> bool:
        """Of the lead room's pictures the one on program alone is recorded and broadcast."""
        is_of_lead_room = session.slot is Slot.LEAD or session.slot in CAMERAS
        if kind is MediaKind.AUDIO or not is_of_lead_room:
            return True
        return session is self.on_program


def cost_bps(layer: LayerStats) -> int:
    """The mean of some seconds, where it is known."""
    return layer.temporal[-1][0] if layer.temporal else layer.bitrate_bps
