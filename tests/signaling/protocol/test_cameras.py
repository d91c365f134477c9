"""Several cameras of one lead room: links, the choice, and what happens when one drops."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.protocol.camera_messages import (
    CamerasChanged,
    CamerasView,
    ChooseCamera,
    RemoveCamera,
)
from signaling.protocol.cameras import (
    BETTER_AFTER_MS,
    RETURNS_EVERY_MS,
    RETURNS_WITHIN_MS,
    WORSE_AFTER_MS,
    participant_of_link,
)
from signaling.protocol.effects import ClosePublication, SetProgram
from signaling.protocol.inputs import (
    CameraAdded,
    CameraSaid,
    CamerasOut,
    FlowsSeen,
    Input,
    PublicationClosed,
    PublicationOpened,
    PublicationSilent,
    Said,
)
from signaling.protocol.messages import Withheld
from signaling.protocol.picture import as_seen_by
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId, RoomId
from streamsvc.base.media import CAMERAS, MediaKind, Slot
from streamsvc.base.sessions import MediaParty, PublisherFlow
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, participant

LESSON = LessonId("les_1")
FAR_MS = 2**60
BOARD, PUPILS, DOOR = (ParticipantId(f"par_{name}") for name in ("board", "pupils", "door"))


def view(drive: LessonDrive) -> CamerasView:
    return drive.machine.picture.cameras


def states(drive: LessonDrive) -> dict[str, str]:
    return {one.camera_id: one.state for one in view(drive).cameras}


def programs(drive: LessonDrive) -> list[Slot]:
    return [effect.slot for effect in drive.effects if isinstance(effect, SetProgram)]


def two_cameras() -> tuple[LessonDrive, str]:
    """Board and pupils, both sending, and the teacher's connection."""
    drive = LessonDrive()
    teacher = drive.connect(Role.LEAD_TEACHER)
    for whose, slot in ((BOARD, Slot.CAMERA_2), (PUPILS, Slot.CAMERA_3)):
        drive.feed(CameraAdded(whose, whose, FAR_MS))
        drive.feed(PublicationOpened(whose, slot))
    return drive, teacher


def ask(drive: LessonDrive, connection: str, camera: str) -> None:
    request = ChooseCamera(request_id="r", camera=camera)
    drive.feed(Said(connection, request))


def test_a_camera_is_waited_for_then_ready_then_chosen() -> None:
    drive = LessonDrive()
    teacher = drive.connect(Role.LEAD_TEACHER)
    drive.feed(CameraAdded("board", BOARD, FAR_MS))
    assert states(drive) == {"camera2": "waiting"}
    ask(drive, teacher, "camera2")
    assert view(drive).program == "camera1", "nothing comes from it yet"
    drive.feed(PublicationOpened(BOARD, Slot.CAMERA_2))
    assert states(drive) == {"camera2": "ready"}
    ask(drive, teacher, "camera2")
    ask(drive, teacher, "camera2")
    assert view(drive).program == "camera2"
    assert programs(drive) == [Slot.CAMERA_2]


def test_one_that_drops_while_on_program_gives_way_to_the_teachers_own_and_says_so() -> None:
    drive, teacher = two_cameras()
    ask(drive, teacher, "camera3")
    drive.feed(PublicationSilent(Slot.CAMERA_3, 1_200))
    assert programs(drive) == [Slot.CAMERA_3, Slot.LEAD]
    assert view(drive).program == "camera1"
    fallback = view(drive).fallback
    assert fallback is not None
    assert fallback.name == PUPILS
    assert states(drive) == {"camera2": "ready", "camera3": "lost"}
    drive.now_ms += RETURNS_WITHIN_MS + 1
    drive.feed(PublicationSilent(Slot.CAMERA_3, None))
    assert states(drive)["camera3"] == "ready"
    assert view(drive).program == "camera1", "it does not jump back by itself"
    ask(drive, teacher, "camera3")
    assert view(drive).fallback is None


def stutter(drive: LessonDrive, away_ms: int) -> str:
    """Camera 3 is away for a while; who is on program then."""
    drive.feed(PublicationSilent(Slot.CAMERA_3, 1_200))
    assert view(drive).program == "camera1"
    drive.now_ms += away_ms
    drive.feed(PublicationSilent(Slot.CAMERA_3, None))
    return view(drive).program


def test_one_that_was_away_for_a_moment_has_its_place_back_but_not_again_and_again() -> None:
    drive, teacher = two_cameras()
    ask(drive, teacher, "camera3")
    assert stutter(drive, 1_500) == "camera3"
    assert view(drive).fallback is None
    drive.now_ms += 5_000
    assert stutter(drive, 1_500) == "camera1"
    assert view(drive).fallback is not None
    ask(drive, teacher, "camera3")
    drive.now_ms += RETURNS_EVERY_MS
    assert stutter(drive, RETURNS_WITHIN_MS) == "camera3"


def test_a_choice_made_meanwhile_stands() -> None:
    drive, teacher = two_cameras()
    ask(drive, teacher, "camera3")
    drive.feed(PublicationSilent(Slot.CAMERA_3, 1_200))
    ask(drive, teacher, "camera2")
    drive.feed(PublicationSilent(Slot.CAMERA_3, None))
    assert view(drive).program == "camera2"
    drive.feed(PublicationSilent(Slot.CAMERA_2, 1_200))
    ask(drive, teacher, "camera1")
    drive.feed(PublicationSilent(Slot.CAMERA_2, None))
    assert view(drive).program == "camera1"


def test_one_that_drops_in_standby_changes_no_picture() -> None:
    drive, teacher = two_cameras()
    ask(drive, teacher, "camera3")
    drive.feed(PublicationClosed(BOARD, Slot.CAMERA_2))
    assert programs(drive) == [Slot.CAMERA_3]
    assert states(drive) == {"camera2": "lost", "camera3": "ready"}


def test_a_removed_camera_is_out_at_once_and_its_place_is_free() -> None:
    drive, teacher = two_cameras()
    ask(drive, teacher, "camera2")
    drive.feed(Said(teacher, RemoveCamera(request_id="r", camera="camera2")))
    assert programs(drive)[-1] is Slot.LEAD
    assert ClosePublication(BOARD, Slot.CAMERA_2) in drive.effects
    assert view(drive).fallback is None, "it was her wish"
    with pytest.raises(UserError, match="camera-unknown"):
        drive.machine.cameras.check(BOARD, drive.now_ms)
    drive.feed(CameraAdded("door", DOOR, FAR_MS))
    assert states(drive) == {"camera2": "waiting", "camera3": "ready"}


def test_a_teacher_who_is_sent_away_takes_her_cameras_with_her() -> None:
    drive, teacher = two_cameras()
    ask(drive, teacher, "camera2")
    drive.feed(CamerasOut())
    assert view(drive) == CamerasView()
    assert drive.machine.cameras.find(PUPILS) is None
    assert ClosePublication(PUPILS, Slot.CAMERA_3) in drive.effects


def test_a_new_link_ends_the_one_before() -> None:
    drive, _ = two_cameras()
    drive.feed(CameraAdded("board", DOOR, FAR_MS, "camera2"))
    assert ClosePublication(BOARD, Slot.CAMERA_2) in drive.effects
    assert drive.machine.cameras.find(BOARD) is None
    drive.feed(PublicationOpened(BOARD, Slot.CAMERA_2))
    assert drive.effects[-1] == ClosePublication(BOARD, Slot.CAMERA_2)
    assert states(drive)["camera2"] == "waiting"


def test_four_cameras_are_the_most() -> None:
    drive, _ = two_cameras()
    drive.feed(CameraAdded("door", DOOR, FAR_MS))
    with pytest.raises(UserError, match="cameras-full") as refused:
        drive.machine.cameras.check_room()
    assert refused.value.details == {"limit": 4}
    drive.feed(CameraAdded("one more", ParticipantId("par_more"), FAR_MS))
    assert len(view(drive).cameras) == 3


def test_a_link_ends_with_its_time() -> None:
    drive = LessonDrive()
    drive.feed(CameraAdded("board", BOARD, drive.now_ms + 1_000))
    assert drive.machine.cameras.check(BOARD, drive.now_ms + 999).name == "board"
    with pytest.raises(UserError, match="camera-link-expired"):
        drive.machine.cameras.check(BOARD, drive.now_ms + 1_000)


@pytest.mark.parametrize("role", [Role.HELPER_TEACHER, Role.OBSERVER, Role.ADMINISTRATOR])
def test_the_lead_teacher_alone_chooses(role: Role) -> None:
    drive, _ = two_cameras()
    other = drive.connect(role)
    ask(drive, other, "camera2")
    assert view(drive).program == "camera1"
    request = ChooseCamera(request_id="r", camera="camera2")
    assert drive.error_of(other, request) == "not-allowed"


def test_rooms_are_told_nothing_of_cameras() -> None:
    drive, _ = two_cameras()
    (event, *_) = [event for event in drive.events if isinstance(event, CamerasChanged)]
    room = participant(Role.ROOM, RoomId("room_1"))
    assert isinstance(as_seen_by(room, [event])[0], Withheld)
    assert drive.machine.picture.snapshot(room, 0).cameras == CamerasView()
    assert drive.machine.picture.snapshot(participant(Role.OBSERVER), 0).cameras == view(drive)


def flow(whose: ParticipantId, slot: Slot, lost: float) -> PublisherFlow:
    party = MediaParty(LESSON, whose, whose, whose)
    return PublisherFlow(
        MediaSessionId("pub"), party, slot, {MediaKind.VIDEO: 90_000}, lost, None, 0
    )


def test_trouble_is_told_once_it_has_lasted_and_so_is_its_end() -> None:
    drive, _ = two_cameras()

    def seconds(count: int, lost: float) -> str | None:
        for _ in range(count):
            drive.now_ms += 1_000
            drive.feed(FlowsSeen([flow(BOARD, Slot.CAMERA_2, lost)], []))
        return view(drive).cameras[0].trouble

    assert seconds(1, 0.3) is None
    assert seconds(1, 0.0) is None
    assert seconds(1 + WORSE_AFTER_MS // 1_000, 0.3) == "lossy"
    assert seconds(BETTER_AFTER_MS // 1_000, 0.0) == "lossy"
    assert seconds(1, 0.0) is None
    drive.feed(CameraSaid(BOARD, is_thin=True))
    assert seconds(1 + WORSE_AFTER_MS // 1_000, 0.0) == "thin"


def test_a_restart_leaves_the_teachers_own_until_she_chooses_again() -> None:
    drive, teacher = two_cameras()
    ask(drive, teacher, "camera2")
    drive.machine.resume(drive.now_ms)
    assert view(drive).program == "camera1"
    assert set(states(drive).values()) == {"lost"}
    assert drive.machine.cameras.check(BOARD, drive.now_ms).name == BOARD, "its link is still good"


def test_a_link_of_one_lesson_is_nobody_in_another() -> None:
    assert participant_of_link(LESSON, "secret") != participant_of_link(LessonId("les_2"), "secret")
    assert participant_of_link(LESSON, "secret") != participant_of_link(LESSON, "secres")


WHO = st.sampled_from([BOARD, PUPILS, DOOR])
SLOTS = st.sampled_from(CAMERAS)
INPUTS = st.one_of(
    st.builds(CameraAdded, WHO, WHO, st.just(FAR_MS)),
    st.builds(PublicationOpened, WHO, SLOTS),
    st.builds(PublicationClosed, WHO, SLOTS),
    st.builds(PublicationSilent, SLOTS, st.sampled_from([None, 1_200])),
)
ACTS = st.lists(
    st.one_of(INPUTS, st.sampled_from(["camera1", "camera2", "camera3", "camera4", "remove"])),
    max_size=40,
)


@settings(deadline=None)  # a busy machine's
@given(acts=ACTS)
def test_whatever_happens_the_program_is_the_teachers_own_or_a_camera_that_sends(
    acts: list[Input | str],
) -> None:
    drive = LessonDrive()
    teacher = drive.connect(Role.LEAD_TEACHER)
    for act in acts:
        drive.now_ms += 500
        if act == "remove":
            drive.feed(Said(teacher, RemoveCamera(request_id="r", camera="camera2")))
        elif isinstance(act, str):
            ask(drive, teacher, act)
        elif not (isinstance(act, CameraAdded) and drive.machine.cameras.find(act.name)):
            drive.feed(act)
        found = states(drive)
        now = view(drive).program
        assert now == "camera1" or found[now] == "ready"
        assert list(found) == sorted(set(found)), "one in each place"
        told = programs(drive)
        assert (told[-1] if told else Slot.LEAD) is (Slot.LEAD if now == "camera1" else Slot(now))
        assert all(a is not b for a, b in zip(told, told[1:], strict=False)), "no cut to itself"
