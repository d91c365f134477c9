"""A lesson's pictures become dearer while nobody's link has news."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NoReturn

from relay import ports
from relay.forwarding.data_reserve import INK_BPS
from relay.forwarding.ladder import EVERY_PICTURE
from relay.forwarding.pressure import Pressure
from relay.forwarding.room_ladder import RoomLadder
from relay.forwarding.subscription import SubscriptionSpec
from relay.io.lesson_media import (
    AUDIENCE_BPS,
    MAKING_SECONDS,
    LessonMedia,
)
from relay.io.media_session import PublisherSession, SubscriberSession
from relay.ports import LayerStats, PublicationStats, SubscriberStats
from relay.transcode.plan.renditions import RoomRate
from streamsvc.base.ids import LessonId, ParticipantId
from streamsvc.base.media import Codec, MediaKind, Slot
from streamsvc.base.sessions import NO_POLICY, AudienceLack, MediaParty
from tests.support.clock import ManualClock
from tests.support.engine_model.packets import media_of

VIDEO = media_of(MediaKind.VIDEO, slot=Slot.LEAD)
CAMERA, PICTURE, VIEWER = 1, 20, 2


class Engine(ports.Engine):
    """Figures as set here, and the layers that it was told."""

    def __init__(self) -> None:
        self.bps = {"q": 60_000, "h": 150_000}
        self.codec = Codec.H264
        self.targets: list[str | None] = []
        self.dead: set[str] = set()
        self.is_guessed = False
        self.link_bps = 300_000

    def publication_stats(self, publication: int) -> PublicationStats:
        layers = (
            LayerStats(rid, bps, pixels, is_live=rid not in self.dead, temporal=((bps, 15),))
            for (rid, bps), pixels in zip(self.bps.items(), (57_600, 230_400), strict=False)
        )
        made = {"is_made": True, "codec": Codec.H264}
        own = {"codec": self.codec}
        layers = (replace(x, **(made if x.rid.startswith("+") else own)) for x in layers)
        return PublicationStats(publication, tuple(layers), 0)

    def subscriber_stats(self, peer: int) -> SubscriberStats:
        return SubscriberStats(
            link_bps=self.link_bps,
            is_link_guessed=self.is_guessed,
            forwarded={},
            fraction_lost=0.0,
            is_loss_known=True,
            fell_at=float("-inf"),
            proved_at=float("-inf"),
            round_trip=0.6,
            has_queue=False,
            is_braking=False,
        )

    def set_target_layer(
        self, subscription: int, rid: str | None, most_temporal: int = EVERY_PICTURE
    ) -> None:
        self.targets.append(rid)

    def _nothing(self, *_: object, **__: object) -> None:
        """What a lesson tells it beside."""

    def _unasked(self, *_: object, **__: object) -> NoReturn:
        """What it has no business with."""
        raise NotImplementedError

    def set_source(self, subscription: int, publication: int | None) -> None:
        """What a lesson tells it beside."""

    def set_tapped(
        self, publication: int, *, is_tapped: bool, is_every_layer: bool = False
    ) -> None:
        """The same."""

    set_copies = set_picture_copies = limit = probe = set_muted = set_voice_within = _nothing
    start = close = send_control = open_name = close_name = close_ice = _unasked
    add_publisher = add_subscriber = connect_peer = measured_handshake = _unasked
    set_address = remove_peer = request_keyframe = _unasked
    set_feed = request_feed_keyframe = put_made = drop_made = _unasked
    begin_probe = load = publisher_stats = take_told = signs = unheard = _unasked


def party(name: str) -> MediaParty:
    return MediaParty(LessonId("lesson"), ParticipantId(name), name, name)


def lesson(engine: Engine, takes: Codec | None = None) -> tuple[LessonMedia, PublisherSession]:
    """A camera of two layers, and a room on 300 kbit/s that watches it; `takes`: the only codec
    that the room can decode."""
    clock = ManualClock()
    media = LessonMedia(LessonId("lesson"), engine, Pressure(), clock)
    camera: Any = {"session_id": "w", "party": party("teacher"), "peer": SimpleNamespace(number=1)}
    teacher = PublisherSession(**camera, slot=Slot.LEAD, publications={MediaKind.VIDEO: CAMERA})
    here = SimpleNamespace(number=2, is_connected=True)
    watching: Any = {"session_id": "r", "party": party("room"), "peer": here}
    agreed = VIDEO.alternatives if takes is None else {takes: VIDEO.alternatives[takes]}
    spec = SubscriptionSpec(PICTURE, VIEWER, replace(VIDEO, alternatives=agreed), 0, 0, 0)
    room = SubscriberSession(
        **watching, ladder=RoomLadder(NO_POLICY, clock.now()), subscriptions=(spec,)
    )
    media.add_publisher(teacher)
    media.add_subscriber(room)
    media.weigh(teacher)
    return media, teacher


def test_a_layer_that_becomes_too_dear_is_left_before_the_link_tells_of_it() -> None:
    engine = Engine()
    media, teacher = lesson(engine)
    assert engine.targets[-1] == "h"
    engine.bps["h"] = 400_000
    media.weigh(teacher)
    assert engine.targets[-1] == "q"


def test_what_a_room_has_for_a_picture_is_what_voices_and_ink_leave() -> None:
    media, _ = lesson(Engine())
    assert media.room_rates(CAMERA) == [RoomRate(300_000 - INK_BPS)]
    assert media.room_rates(99) == []


def test_who_can_not_decode_the_camera_needs_a_layer_of_what_it_can() -> None:
    engine = Engine()
    engine.codec, engine.link_bps, engine.is_guessed = Codec.VP8, 20_000_000, True
    media, _ = lesson(engine, takes=Codec.H264)
    left = 20_000_000 - INK_BPS
    assert media.room_rates(CAMERA) == [RoomRate(left, is_guess=False, codec=Codec.H264)]
    assert engine.targets == [], "neither of these layers is for it"
    engine.bps = {"+360": 300_000, **engine.bps}
    media.steer_all()
    assert engine.targets == ["+360"]


def test_an_audience_is_told_why_it_does_not_see_a_teacher_who_sends_vp8() -> None:
    engine = Engine()
    media, _ = lesson(engine)
    media.set_broadcast(is_broadcast=True)
    assert media.audience_lack(0.0, can_make=False) is None, "H.264"
    engine.codec = Codec.VP8
    assert RoomRate(AUDIENCE_BPS, codec=Codec.H264) in media.room_rates(CAMERA)
    assert media.audience_lack(0.0, can_make=False) is AudienceLack.LEAD
    assert media.audience_lack(1.0, can_make=True) is None, "it is being made"
    assert media.audience_lack(1.0 + MAKING_SECONDS, can_make=True) is AudienceLack.LEAD
    media.made_soon.refuse(CAMERA, 20.0)
    assert media.audience_lack(19.0, can_make=True) is AudienceLack.LEAD_FULL
    engine.bps = {"+360": 300_000, **engine.bps}
    assert media.audience_lack(19.0, can_make=True) is None, "it is there"
    media.set_broadcast(is_broadcast=False)
    engine.bps.pop("+360")
    assert media.audience_lack(19.0, can_make=False) is None, "nobody watches"


def test_nobody_is_steered_while_layers_cost_about_the_same() -> None:
    engine = Engine()
    media, teacher = lesson(engine)
    engine.targets.clear()
    for engine.bps["h"] in (160_000, 120_000, 200_000, 10_000, 170_000):
        media.weigh(teacher)
    assert engine.targets == []


def test_who_has_the_original_on_a_guessed_link_keeps_it_when_others_get_less() -> None:
    engine = Engine()
    engine.bps, engine.is_guessed, engine.link_bps = {"h": 900_000}, True, 1_200_000
    media, _ = lesson(engine)
    assert engine.targets == ["h"]
    assert media.room_rates(CAMERA) == [], "it needs nothing"
    engine.bps = {"+360": 300_000, "h": 1_500_000}
    media.steer_all()
    assert engine.targets[-1] == "h"
    engine.is_guessed = False
    media.steer_all()
    assert engine.targets[-1] == "+360", "now it is known that it takes no more"


def test_layers_made_of_a_picture_that_pauses_do_not_take_its_place() -> None:
    engine = Engine()
    engine.bps, engine.link_bps = {"+360": 300_000, "h": 900_000}, 3_000_000
    media, _ = lesson(engine)
    engine.dead = {"h"}
    media.steer_all()
    assert set(engine.targets) == {"h"}


# ---- several cameras of the lead room


class Switchboard(Engine):
    """What feeds each subscription, and which publications are tapped."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: dict[int, int | None] = {}
        self.tapped: dict[int, bool] = {}
        self.order: list[tuple[int, bool]] = []

    def set_source(self, subscription: int, publication: int | None) -> None:
        self.sources[subscription] = publication

    def set_tapped(
        self, publication: int, *, is_tapped: bool, is_every_layer: bool = False
    ) -> None:
        if self.tapped.get(publication, False) != is_tapped:
            self.order.append((publication, is_tapped))
        self.tapped[publication] = is_tapped


OWN, VOICE, BOARD, PUPILS = 1, 9, 5, 6


def publisher(name: str, slot: Slot, **numbers: int) -> PublisherSession:
    its: Any = {"session_id": name, "party": party(name), "peer": SimpleNamespace(number=1)}
    publications = {MediaKind(kind): number for kind, number in numbers.items()}
    return PublisherSession(**its, slot=slot, publications=publications)


def viewer(name: str, number: int, *slots: Slot, sees_cameras: bool = False) -> SubscriberSession:
    here = SimpleNamespace(number=number, is_connected=True)
    specs = [
        SubscriptionSpec(10 * number + place, number, media_of(MediaKind.VIDEO, slot=slot), 0, 0, 0)
        for place, slot in enumerate(slots)
    ]
    whose = replace(party(name), sees_cameras=sees_cameras)
    its: Any = {"session_id": name, "party": whose, "peer": here}
    return SubscriberSession(**its, ladder=RoomLadder(NO_POLICY, 0.0), subscriptions=tuple(specs))


def lead_room(engine: Engine) -> tuple[LessonMedia, dict[str, PublisherSession]]:
    """A teacher, two more cameras, a room that asks for all there is, and the teacher's page."""
    media = LessonMedia(LessonId("lesson"), engine, Pressure(), ManualClock())
    sent = {
        "teacher": publisher("teacher", Slot.LEAD, audio=VOICE, video=OWN),
        "board": publisher("board", Slot.CAMERA_2, video=BOARD),
        "pupils": publisher("pupils", Slot.CAMERA_3, video=PUPILS),
    }
    for one in sent.values():
        media.add_publisher(one)
    asked = (Slot.LEAD, Slot.CAMERA_2, Slot.CAMERA_3)
    media.add_subscriber(viewer("room", 2, *asked))
    media.add_subscriber(viewer("teacher", 3, *asked, sees_cameras=True))
    return media, sent


def test_a_room_sees_the_camera_on_program_and_no_other() -> None:
    engine = Switchboard()
    media, _ = lead_room(engine)
    assert [engine.sources[number] for number in (20, 21, 22)] == [OWN, None, None]
    media.set_program(Slot.CAMERA_2)
    assert [engine.sources[number] for number in (20, 21, 22)] == [BOARD, None, None]
    media.add_subscriber(viewer("late", 4, Slot.LEAD))
    assert engine.sources[40] == BOARD
    media.set_program(Slot.LEAD)
    assert engine.sources[20] == engine.sources[40] == OWN


def test_the_teacher_sees_every_camera_small_and_never_her_own_picture_sent_back() -> None:
    engine = Switchboard()
    media, _ = lead_room(engine)
    assert [engine.sources[number] for number in (30, 31, 32)] == [None, BOARD, PUPILS]
    media.set_program(Slot.CAMERA_3)
    assert [engine.sources[number] for number in (30, 31, 32)] == [None, BOARD, PUPILS]


def test_previews_are_the_smallest_layers_and_the_first_to_go() -> None:
    engine = Switchboard()
    media, _ = lead_room(engine)
    engine.link_bps = 1_000_000
    page = media.subscribers[3]
    engine.targets.clear()
    media.steer(page)
    assert engine.targets == ["q", "q"]
    engine.link_bps = 200_000
    engine.targets.clear()
    media.steer(page)
    assert engine.targets == ["q", None], "half of her link holds one"
    assert media.room_rates(BOARD) == [], "nothing is transcoded for a preview"


def test_a_camera_that_goes_leaves_the_teachers_own_picture_at_once() -> None:
    engine = Switchboard()
    media, sent = lead_room(engine)
    media.set_program(Slot.CAMERA_2)
    media.remove_publisher(sent["board"])
    assert engine.sources[20] == OWN
    media.add_publisher(sent["board"])
    assert engine.sources[20] == BOARD, "nobody has chosen another meanwhile"


def test_the_recording_has_the_voice_and_the_picture_on_program() -> None:
    engine = Switchboard()
    media, _ = lead_room(engine)
    media.set_tapped(is_tapped=True)
    assert engine.tapped == {VOICE: True, OWN: True, BOARD: False, PUPILS: False}
    media.set_program(Slot.CAMERA_3)
    assert engine.tapped == {VOICE: True, OWN: False, BOARD: False, PUPILS: True}
    engine.order.clear()
    media.set_program(Slot.LEAD)
    assert engine.order == [(PUPILS, False), (OWN, True)], "one ends before the other begins"


def test_the_track_of_a_camera_that_goes_ends_before_the_teachers_begins() -> None:
    engine = Switchboard()
    media, sent = lead_room(engine)
    media.set_tapped(is_tapped=True)
    media.set_program(Slot.CAMERA_3)
    engine.order.clear()
    media.remove_publisher(sent["pupils"])
    assert engine.order == [(PUPILS, False), (OWN, True)]


def test_a_camera_on_program_begins_a_track_anew_with_the_teachers_voice() -> None:
    engine = Switchboard()
    media, sent = lead_room(engine)
    media.set_tapped(is_tapped=True)
    media.set_program(Slot.CAMERA_3)
    media.remove_publisher(sent["teacher"])
    engine.order.clear()
    media.add_publisher(sent["teacher"])
    assert engine.order == [(PUPILS, False), (PUPILS, True)], "it was nobody's in between"


def test_the_audience_lacks_what_is_on_program_and_not_what_is_not() -> None:
    class Mixed(Switchboard):
        def publication_stats(self, publication: int) -> PublicationStats:
            self.codec = Codec.VP8 if publication == PUPILS else Codec.H264
            return super().publication_stats(publication)

    media, _ = lead_room(Mixed())
    media.set_broadcast(is_broadcast=True)
    assert media.audience_lack(0.0, can_make=False) is None
    media.set_program(Slot.CAMERA_3)
    assert media.audience_lack(0.0, can_make=False) is AudienceLack.LEAD
    assert Codec.H264 in [rate.codec for rate in media.room_rates(PUPILS)]
    media.set_program(Slot.CAMERA_2)
    assert media.audience_lack(0.0, can_make=False) is None


def test_a_camera_is_shown_though_the_teachers_page_is_gone() -> None:
    engine = Switchboard()
    media, sent = lead_room(engine)
    media.set_program(Slot.CAMERA_2)
    media.remove_publisher(sent["teacher"])
    assert engine.sources[20] == BOARD
