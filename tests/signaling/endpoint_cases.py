"""Every endpoint: how it is called for an object of county a or b, and who may.

The table in `signaling.protocol.roles` says what a role may do at all; `CASES` says which objects
are whose. A route that is in neither fails in `test_permissions`: a new one can't be forgotten.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from signaling.protocol.inputs import CameraAdded
from streamsvc.base.ids import ParticipantId
from streamsvc.school.records import OPERATOR, Lesson, Role, RoomKind
from tests.signaling.house import House
from tests.support.waiting import until

JPEG = b"\xff\xd8\xff" + b"x" * 40 + b"\xff\xd9"

PRINCIPALS = {
    "nobody": None,
    "admin_a": Role.ADMINISTRATOR,
    "admin_a1": Role.ADMINISTRATOR,
    "admin_b": Role.ADMINISTRATOR,
    "observer_a": Role.OBSERVER,
    "lead_a1": Role.LEAD_TEACHER,
    "colleague_a1": Role.LEAD_TEACHER,
    "lead_b1": Role.LEAD_TEACHER,
    "helper_a1": Role.HELPER_TEACHER,
    "helper_a2": Role.HELPER_TEACHER,
    "room_a1": Role.ROOM,
    "room_a2": Role.ROOM,
    "room_b1": Role.ROOM,
    "phone_a2": Role.PHONE,
    "viewer_a2": Role.VIEWER,
    "viewer_b1": Role.VIEWER,
}
DEVICES = (Role.ROOM, Role.PHONE, Role.VIEWER)
STAFF = {name for name, role in PRINCIPALS.items() if role and role not in DEVICES}
ROOMS = {name for name, role in PRINCIPALS.items() if role is Role.ROOM}
VIEWERS = {name for name, role in PRINCIPALS.items() if role is Role.VIEWER}
ROOM_ADMINS = {"admin_a", "admin_a1"}
ADMINS = {name for name, role in PRINCIPALS.items() if role is Role.ADMINISTRATOR}


Make = Callable[[House, str], Awaitable[tuple[str, Any]]]
"""(house, "a" or "b") to the path with its ids and the JSON body."""


@dataclass
class Case:
    """One endpoint: how to call it for county a or b, and who may."""

    make: Make
    own: set[str]
    foreign: set[str] = field(default_factory=set)
    has_object: bool = True


def plain(path: str, body: Any = None) -> Make:
    async def make(house: House, county: str) -> tuple[str, Any]:
        return path, body

    return make


def about(path: str, kind: str, name_a: str, name_b: str, body: Any = None) -> Make:
    """A path with the id of an object of the county, by its name there."""

    async def make(house: House, county: str) -> tuple[str, Any]:
        found = getattr(house.county, kind)[name_a if county == "a" else name_b]
        filled = body(house, county) if callable(body) else body
        return path.format(id=found.id), filled

    return make


def organisation(kind: str) -> Callable[[House, str], str]:
    return lambda house, county: str(house.county.organisations[f"{kind}_{county}"].id)


def school(house: House, county: str) -> str:
    return str(house.county.organisations[f"school_{county}1"].id)


async def new_organisation(house: House, county: str) -> tuple[str, Any]:
    parent = house.county.organisations[f"county_{county}"].id
    name = f"new {len(await house.school.organisations.visible(OPERATOR))}"
    return "/api/organisations", {"parent_id": parent, "kind": "school", "name": name}


async def new_person(house: House, county: str) -> tuple[str, Any]:
    login = f"new{len(await house.school.people.visible(OPERATOR))}"
    body = {"login": login, "name": "New", "role": "observer", "password": "long enough"}
    return "/api/people", body | {"organisation_id": school(house, county)}


async def new_room(house: House, county: str) -> tuple[str, Any]:
    name = f"new {len(await house.school.rooms.visible(OPERATOR))}"
    body = {"organisation_id": school(house, county), "name": name, "kind": "recv_room"}
    return "/api/rooms", body


async def new_course(house: House, county: str) -> tuple[str, Any]:
    body = {"title": "New", "subject": "s", "grade": "g"}
    return "/api/courses", body | {"organisation_id": school(house, county)}


async def new_lesson(house: House, county: str) -> tuple[str, Any]:
    teacher = house.county.people[f"lead_{county}1"].id
    return "/api/lessons", {"title": "New", "lead_teacher_id": teacher}


async def fresh_lesson(house: House, county: str) -> tuple[str, Any]:
    lesson = await house.school.lessons.add(
        OPERATOR, title="x", lead_teacher_id=house.county.people[f"lead_{county}1"].id
    )
    return f"/api/lessons/{lesson.id}", None


async def still(house: House, county: str) -> tuple[str, Any]:
    lesson, room = (
        (house.lesson_id("lesson_a1"), house.room_id("room_a2"))
        if county == "a"
        else (house.lesson_id("lesson_b1"), house.room_id("room_b1"))
    )
    house.context.stills.put(lesson, room, JPEG, after=0)
    return f"/api/lessons/{lesson}/rooms/{room}/still", None


async def camera(house: House, county: str) -> tuple[str, Any]:
    """One that the lead teacher has added."""
    lesson = house.lesson_id(f"lesson_{county}1")
    runner = await house.context.registry.open(lesson)
    if not runner.machine.cameras.now.cameras:
        runner.post(CameraAdded("board", ParticipantId("par_camera"), 2**60))
    await until(lambda: runner.machine.cameras.now.cameras)
    return f"/api/lessons/{lesson}/cameras/camera2/link", None


def check(path: str, body: Any = None) -> Make:
    """A check that the receiving room of the county has under way."""

    async def make(house: House, county: str) -> tuple[str, Any]:
        room = house.county.principal("room_a2" if county == "a" else "room_b1")
        under_way = await house.context.checks.open(room, None)
        return path.format(id=under_way.id), body

    return make


FOUND = {
    "camera": "good",
    "microphone": "good",
    "echo": "good",
    "way": "udp",
    "round_trip_ms": 40,
    "loss_down": 0,
    "loss_up": 0,
    "down_bps": 2_000_000,
    "up_bps": 1_000_000,
    "duration_ms": 20_000,
}


async def slide_file(house: House, county: str) -> tuple[str, Any]:
    lesson = f"lesson_{county}1"
    known = (await house.context.courseware.listings.of(house.lesson_id(lesson))).names
    sha256 = next(iter(known), None) or (await house.slide(lesson))[1]
    return f"/api/lessons/{house.lesson_id(lesson)}/slides/{sha256}.webp", None


async def recorded_slide(house: House, county: str) -> tuple[str, Any]:
    path, _ = await slide_file(house, county)
    recording = house.county.recordings[f"rec_{county}1"].id
    return f"/api/recordings/{recording}/slides/{path.rpartition('/')[2]}", None


TUS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Length": "100",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
}
UPLOADS = "/api/lessons/{lesson_id}/courseware/uploads"


async def upload(house: House, county: str) -> tuple[str, Any]:
    lesson = house.lesson_id(f"lesson_{county}1")
    lead = house.county.principal(f"lead_{county}1")
    begun = await house.context.courseware.begin_upload(lead, lesson, "x", 100)
    return f"{UPLOADS.format(lesson_id=lesson)}/{begun.id}", None


FILM_UPLOADS = "/api/lessons/{lesson_id}/premiere/uploads"


async def film_upload(house: House, county: str) -> tuple[str, Any]:
    lesson = house.lesson_id(f"lesson_{county}1")
    begun = await house.services.premieres.begin_upload(lesson, "x", 100, ends_lesson=True)
    return f"{FILM_UPLOADS.format(lesson_id=lesson)}/{begun.id}", None


async def stream_key(house: House, county: str) -> tuple[str, Any]:
    lesson, keys = house.lesson_id(f"lesson_{county}1"), house.school.stream_keys
    for former in await keys.listed(OPERATOR, lesson):  # a teacher may have ten
        await keys.revoke(OPERATOR, lesson, former.id)
    _, key = await keys.issue(OPERATOR, lesson, is_for_teacher=False)
    return f"/api/lessons/{lesson}/stream-keys/{key.id}", None


async def new_stream_key(house: House, county: str) -> tuple[str, Any]:
    path, _ = await stream_key(house, county)
    return path.rpartition("/")[0], {}


async def courseware(house: House, county: str) -> tuple[str, Any]:
    lesson = f"lesson_{county}1"
    added, _ = await house.slide(lesson)
    return f"/api/lessons/{house.lesson_id(lesson)}/courseware/{added}", None


async def added_lead_room(house: House, county: str) -> str:
    """Of the school of the county's first lesson; it has a source."""
    school = house.county.lessons[f"lesson_{county}1"].organisation_id
    rooms = await house.school.rooms.visible(OPERATOR)
    found = [x for x in rooms if x.kind is RoomKind.LEAD_ROOM and x.organisation_id == school]
    room = (
        found[0]
        if found
        else await house.school.rooms.add(
            OPERATOR, organisation_id=school, name="录播教室", kind=RoomKind.LEAD_ROOM
        )
    )
    await house.services.room_sources.put(room.id, "rtsp://10.1.2.3/secret", "teacher", "p")
    return room.id


def lead_room(path: str = "", body: Any = None) -> Make:
    async def make(house: House, county: str) -> tuple[str, Any]:
        return f"/api/rooms/{await added_lead_room(house, county)}/source{path}", body

    return make


async def taught_room(house: House, county: str) -> tuple[str, Any]:
    room_id = await added_lead_room(house, county)
    path = f"/api/lessons/{house.lesson_id(f'lesson_{county}1')}/room-source"
    return path, {"room_id": room_id}


def premiere(path: str, body: Callable[[House, str], Any] | None = None) -> Make:
    """Of a lesson for which a film is planned."""

    async def make(house: House, county: str) -> tuple[str, Any]:
        lesson, recording = house.lesson_id(f"lesson_{county}1"), f"rec_{county}1"
        chosen = house.county.recordings[recording].id
        await house.services.premieres.choose(lesson, chosen, "x", ends_lesson=True)
        filled = None if body is None else body(house, county)
        return f"/api/lessons/{lesson}/premiere{path}", filled

    return make


def recording_chosen(house: House, county: str) -> dict[str, str]:
    return {"recording_id": house.county.recordings[f"rec_{county}1"].id}


async def media_file(house: House, county: str) -> tuple[str, Any]:
    recording = house.county.recordings[f"rec_{county}1"].id
    folder = house.catalog.folder / recording
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.m3u8").write_text("#EXTM3U\n")
    return f"/api/recordings/{recording}/media/a.m3u8", None


def comment(body: Any) -> Make:
    async def make(house: House, county: str) -> tuple[str, Any]:
        recording = house.county.recordings[f"rec_{county}1"].id
        author = house.county.principal(f"lead_{county}1")
        added = await house.school.comments.add(author, recording, at_ms=1, text="x")
        return f"/api/recordings/{recording}/comments/{added.id}", body

    return make


async def changed_link(house: House, county: str) -> tuple[str, Any]:
    room = house.room_id("room_a1" if county == "a" else "room_b1")
    if await house.school.watch_links.find(OPERATOR, room) is None:
        await house.school.watch_links.issue(OPERATOR, room, has_replay=False)
    return f"/api/rooms/{room}/watch-link", {"has_replay": True}


async def class_lesson(house: House, county: str) -> Lesson:
    """A live one of its own for a class: it ends, or is asked in, without a word to others."""
    lesson = await house.school.lessons.add(
        OPERATOR,
        title="x",
        lead_teacher_id=house.county.people[f"lead_{county}1"].id,
        room_ids=[house.room_id("room_a2" if county == "a" else "room_b1")],
    )
    return await house.school.lessons.start(lesson.id)


async def question(house: House, county: str) -> tuple[str, Any]:
    lesson = await class_lesson(house, county)
    runner = await house.context.registry.open(lesson.id)
    await until(lambda: runner.machine.is_live)
    return f"/api/watch/lessons/{lesson.id}/questions", {"text": "几加几？"}


async def watched_slide(house: House, county: str) -> tuple[str, Any]:
    path, _ = await slide_file(house, county)
    return path.replace("/api/", "/api/watch/"), None


def replay(path: str) -> Make:
    """Of a lesson that is over."""

    async def make(house: House, county: str) -> tuple[str, Any]:
        lesson = await class_lesson(house, county)
        found = await house.school.recordings.open(lesson.id)
        await house.school.lessons.end(lesson.id)
        folder = house.catalog.folder / found.id / "lead"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.m3u8").write_text("#EXTM3U\n")
        return f"/api/watch/recordings/{found.id}{path}", None

    return make


async def caption_link(house: House, county: str) -> tuple[str, Any]:
    lesson = house.lesson_id(f"lesson_{county}1")
    await house.school.caption_links.issue(OPERATOR, lesson)
    return f"/api/lessons/{lesson}/caption-link", None


LINKS = {"admin_a", "admin_a1", "helper_a1"}
SEES_LESSON = {"admin_a", "admin_a1", "observer_a", "lead_a1", "helper_a2"}
READS_SLIDES = SEES_LESSON | {"room_a2", "phone_a2"}
MANAGES = {"admin_a", "admin_a1", "lead_a1"}
MANAGES_B = {"admin_b", "lead_b1"}
LESSON = ("lessons", "lesson_a1", "lesson_b1")
RECORDING = ("recordings", "rec_a1", "rec_b1")

CASES: dict[tuple[str, str], Case] = {
    ("GET", "/api/me"): Case(plain("/api/me"), STAFF, has_object=False),
    ("POST", "/api/sign-out"): Case(plain("/api/sign-out"), STAFF, has_object=False),
    ("GET", "/api/organisations"): Case(plain("/api/organisations"), STAFF, has_object=False),
    ("POST", "/api/organisations"): Case(new_organisation, {"admin_a"}, {"admin_b"}),
    ("GET", "/api/people"): Case(plain("/api/people"), ADMINS, has_object=False),
    ("POST", "/api/people"): Case(new_person, {"admin_a", "admin_a1"}, {"admin_b"}),
    ("PATCH", "/api/people/{person_id}"): Case(
        about("/api/people/{id}", "people", "helper_a1", "lead_b1", {"name": "Other"}),
        {"admin_a", "admin_a1"},
        {"admin_b"},
    ),
    ("GET", "/api/rooms"): Case(plain("/api/rooms"), STAFF, has_object=False),
    ("POST", "/api/rooms"): Case(new_room, {"admin_a", "admin_a1"}, {"admin_b"}),
    ("POST", "/api/rooms/{room_id}/code"): Case(
        about("/api/rooms/{id}/code", "rooms", "room_a1", "room_b1"),
        {"admin_a", "admin_a1", "lead_a1", "colleague_a1", "helper_a1"},
        MANAGES_B,
    ),
    ("PUT", "/api/rooms/{room_id}/policy"): Case(
        about("/api/rooms/{id}/policy", "rooms", "room_a1", "room_b1", {"most_kbps": 300}),
        {"admin_a", "admin_a1"},
        {"admin_b"},
    ),
    ("DELETE", "/api/rooms/{room_id}/device"): Case(
        about("/api/rooms/{id}/device", "rooms", "room_a1", "room_b1"),
        {"admin_a", "admin_a1"},
        {"admin_b"},
    ),
    ("POST", "/api/room/checks"): Case(plain("/api/room/checks", {}), ROOMS, has_object=False),
    ("POST", "/api/room/checks/{check_id}/bursts"): Case(
        check("/api/room/checks/{id}/bursts", {"bps": 100_000}), {"room_a2"}, {"room_b1"}
    ),
    ("PUT", "/api/room/checks/{check_id}/result"): Case(
        check("/api/room/checks/{id}/result", FOUND), {"room_a2"}, {"room_b1"}
    ),
    ("DELETE", "/api/room/checks/{check_id}"): Case(
        check("/api/room/checks/{id}"), {"room_a2"}, {"room_b1"}
    ),
    ("GET", "/api/checks"): Case(plain("/api/checks"), STAFF, has_object=False),
    ("GET", "/api/rooms/{room_id}/checks"): Case(
        about("/api/rooms/{id}/checks", "rooms", "room_a1", "room_b1"),
        STAFF - {"admin_b", "lead_b1", "helper_a2"},
        {"admin_b", "lead_b1"},
    ),
    ("GET", "/api/room"): Case(plain("/api/room"), ROOMS, has_object=False),
    ("POST", "/api/room/pair"): Case(plain("/api/room/pair"), ROOMS, has_object=False),
    ("POST", "/api/room/leave"): Case(plain("/api/room/leave"), ROOMS, has_object=False),
    ("GET", "/api/phone"): Case(plain("/api/phone"), {"phone_a2"}, has_object=False),
    ("GET", "/api/rooms/{room_id}/watch-link"): Case(
        about("/api/rooms/{id}/watch-link", "rooms", "room_a1", "room_b1"), LINKS, {"admin_b"}
    ),
    ("POST", "/api/rooms/{room_id}/watch-link"): Case(
        about("/api/rooms/{id}/watch-link", "rooms", "room_a1", "room_b1", {}), LINKS, {"admin_b"}
    ),
    ("PATCH", "/api/rooms/{room_id}/watch-link"): Case(changed_link, LINKS, {"admin_b"}),
    ("DELETE", "/api/rooms/{room_id}/watch-link"): Case(
        about("/api/rooms/{id}/watch-link", "rooms", "room_a1", "room_b1"), LINKS, {"admin_b"}
    ),
    ("GET", "/api/watch"): Case(plain("/api/watch"), VIEWERS, has_object=False),
    ("POST", "/api/watch/leave"): Case(plain("/api/watch/leave"), VIEWERS, has_object=False),
    ("POST", "/api/watch/lessons/{lesson_id}/beat"): Case(
        about("/api/watch/lessons/{id}/beat", *LESSON), {"viewer_a2"}, {"viewer_b1"}
    ),
    ("POST", "/api/watch/lessons/{lesson_id}/questions"): Case(
        question, {"viewer_a2"}, {"viewer_b1"}
    ),
    ("GET", "/api/watch/lessons/{lesson_id}/courseware"): Case(
        about("/api/watch/lessons/{id}/courseware", *LESSON), {"viewer_a2"}, {"viewer_b1"}
    ),
    ("GET", "/api/watch/lessons/{lesson_id}/slides/{name}"): Case(
        watched_slide, {"viewer_a2"}, {"viewer_b1"}
    ),
    ("GET", "/api/watch/recordings/{recording_id}"): Case(replay(""), {"viewer_a2"}, {"viewer_b1"}),
    ("GET", "/api/watch/recordings/{recording_id}/board"): Case(
        replay("/board"), {"viewer_a2"}, {"viewer_b1"}
    ),
    ("GET", "/api/watch/recordings/{recording_id}/captions"): Case(
        replay("/captions"), {"viewer_a2"}, {"viewer_b1"}
    ),
    ("GET", "/api/watch/recordings/{recording_id}/media/{path:path}"): Case(
        replay("/media/lead/a.m3u8"), {"viewer_a2"}, {"viewer_b1"}
    ),
    ("GET", "/api/courses"): Case(plain("/api/courses"), STAFF, has_object=False),
    ("POST", "/api/courses"): Case(new_course, MANAGES | {"colleague_a1"}, MANAGES_B),
    ("GET", "/api/lessons"): Case(plain("/api/lessons"), STAFF, has_object=False),
    ("POST", "/api/lessons"): Case(new_lesson, MANAGES, MANAGES_B),
    ("GET", "/api/lessons/{lesson_id}"): Case(
        about("/api/lessons/{id}", *LESSON), SEES_LESSON, MANAGES_B
    ),
    ("PATCH", "/api/lessons/{lesson_id}"): Case(
        about("/api/lessons/{id}", *LESSON, body={"title": "Other"}), MANAGES, MANAGES_B
    ),
    ("DELETE", "/api/lessons/{lesson_id}"): Case(fresh_lesson, MANAGES, MANAGES_B),
    ("POST", "/api/lessons/{lesson_id}/grant"): Case(
        about("/api/lessons/{id}/grant", *LESSON),
        SEES_LESSON | {"room_a2", "phone_a2"},
        MANAGES_B | {"room_b1"},
    ),
    ("GET", "/api/lessons/{lesson_id}/summary"): Case(
        about("/api/lessons/{id}/summary", *LESSON), SEES_LESSON, MANAGES_B
    ),
    ("GET", "/api/lessons/{lesson_id}/rooms/{room_id}/still"): Case(
        still, {"lead_a1"}, {"lead_b1"}
    ),
    ("POST", "/api/lessons/{lesson_id}/cameras"): Case(
        about("/api/lessons/{id}/cameras", *LESSON, {"name": "board"}), {"lead_a1"}, {"lead_b1"}
    ),
    ("POST", "/api/lessons/{lesson_id}/cameras/{camera_id}/link"): Case(
        camera, {"lead_a1"}, {"lead_b1"}
    ),
    ("POST", "/api/lessons/{lesson_id}/stream-keys"): Case(new_stream_key, MANAGES, MANAGES_B),
    ("GET", "/api/lessons/{lesson_id}/stream-keys"): Case(
        about("/api/lessons/{id}/stream-keys", *LESSON), MANAGES, MANAGES_B
    ),
    ("DELETE", "/api/lessons/{lesson_id}/stream-keys/{stream_key_id}"): Case(
        stream_key, MANAGES, MANAGES_B
    ),
    ("GET", "/api/rooms/{room_id}/source"): Case(lead_room(), ROOM_ADMINS, {"admin_b"}),
    ("PUT", "/api/rooms/{room_id}/source"): Case(
        lead_room("", {"address": "rtsp://10.1.2.3/x"}), ROOM_ADMINS, {"admin_b"}
    ),
    ("DELETE", "/api/rooms/{room_id}/source"): Case(lead_room(), ROOM_ADMINS, {"admin_b"}),
    ("POST", "/api/rooms/{room_id}/source/look"): Case(
        lead_room("/look", {"address": "rtsp://10.1.2.3/x"}), ROOM_ADMINS, {"admin_b"}
    ),
    ("GET", "/api/lessons/{lesson_id}/room-source"): Case(
        about("/api/lessons/{id}/room-source", *LESSON), MANAGES, MANAGES_B
    ),
    ("PUT", "/api/lessons/{lesson_id}/room-source"): Case(taught_room, MANAGES, MANAGES_B),
    ("DELETE", "/api/lessons/{lesson_id}/room-source"): Case(
        about("/api/lessons/{id}/room-source", *LESSON), MANAGES, MANAGES_B
    ),
    ("GET", "/api/lessons/{lesson_id}/caption-link"): Case(caption_link, MANAGES, MANAGES_B),
    ("POST", "/api/lessons/{lesson_id}/caption-link"): Case(caption_link, MANAGES, MANAGES_B),
    ("DELETE", "/api/lessons/{lesson_id}/caption-link"): Case(caption_link, MANAGES, MANAGES_B),
    ("GET", "/api/courseware/limits"): Case(
        plain("/api/courseware/limits"),
        MANAGES | MANAGES_B | {"colleague_a1"},
        has_object=False,
    ),
    ("GET", "/api/lessons/{lesson_id}/courseware"): Case(
        about("/api/lessons/{id}/courseware", *LESSON), READS_SLIDES, MANAGES_B | {"room_b1"}
    ),
    ("POST", "/api/lessons/{lesson_id}/courseware"): Case(
        about("/api/lessons/{id}/courseware", *LESSON, body=b"%PDF-1.4"), MANAGES, MANAGES_B
    ),
    ("DELETE", "/api/lessons/{lesson_id}/courseware/{courseware_id}"): Case(
        courseware, MANAGES, MANAGES_B
    ),
    ("POST", "/api/lessons/{lesson_id}/courseware/uploads"): Case(
        about("/api/lessons/{id}/courseware/uploads", *LESSON), MANAGES, MANAGES_B
    ),
    ("HEAD", f"{UPLOADS}/{{upload_id}}"): Case(upload, MANAGES, MANAGES_B),
    ("PATCH", f"{UPLOADS}/{{upload_id}}"): Case(upload, MANAGES, MANAGES_B),
    ("DELETE", f"{UPLOADS}/{{upload_id}}"): Case(upload, MANAGES, MANAGES_B),
    ("GET", "/api/lessons/{lesson_id}/slides/{name}"): Case(
        slide_file, READS_SLIDES, MANAGES_B | {"room_b1"}
    ),
    ("GET", "/api/recordings"): Case(plain("/api/recordings"), STAFF, has_object=False),
    ("GET", "/api/recordings/{recording_id}"): Case(
        about("/api/recordings/{id}", *RECORDING), MANAGES, MANAGES_B
    ),
    ("GET", "/api/recordings/{recording_id}/board"): Case(
        about("/api/recordings/{id}/board", *RECORDING), MANAGES, MANAGES_B
    ),
    ("GET", "/api/recordings/{recording_id}/captions"): Case(
        about("/api/recordings/{id}/captions", *RECORDING), MANAGES, MANAGES_B
    ),
    ("GET", "/api/recordings/{recording_id}/captions.vtt"): Case(
        about("/api/recordings/{id}/captions.vtt", *RECORDING), MANAGES, MANAGES_B
    ),
    ("GET", "/api/lessons/{lesson_id}/premiere"): Case(premiere(""), MANAGES, MANAGES_B),
    ("PUT", "/api/lessons/{lesson_id}/premiere"): Case(
        premiere("", recording_chosen), MANAGES, MANAGES_B
    ),
    ("POST", "/api/lessons/{lesson_id}/premiere/film"): Case(
        premiere("/film", lambda house, county: b"film"), MANAGES, MANAGES_B
    ),
    ("POST", FILM_UPLOADS): Case(
        about("/api/lessons/{id}/premiere/uploads", *LESSON), MANAGES, MANAGES_B
    ),
    ("HEAD", f"{FILM_UPLOADS}/{{upload_id}}"): Case(film_upload, MANAGES, MANAGES_B),
    ("PATCH", f"{FILM_UPLOADS}/{{upload_id}}"): Case(film_upload, MANAGES, MANAGES_B),
    ("DELETE", f"{FILM_UPLOADS}/{{upload_id}}"): Case(film_upload, MANAGES, MANAGES_B),
    ("DELETE", "/api/lessons/{lesson_id}/premiere"): Case(premiere(""), MANAGES, MANAGES_B),
    ("GET", "/api/recordings/{recording_id}/courseware"): Case(
        about("/api/recordings/{id}/courseware", *RECORDING), MANAGES, MANAGES_B
    ),
    ("GET", "/api/recordings/{recording_id}/slides/{name}"): Case(
        recorded_slide, MANAGES, MANAGES_B
    ),
    ("PATCH", "/api/recordings/{recording_id}"): Case(
        about("/api/recordings/{id}", *RECORDING, body={"is_shared": False}), MANAGES, MANAGES_B
    ),
    ("GET", "/api/recordings/{recording_id}/media/{path:path}"): Case(
        media_file, MANAGES, MANAGES_B
    ),
    ("POST", "/api/recordings/{recording_id}/comments"): Case(
        about("/api/recordings/{id}/comments", *RECORDING, body={"at_ms": 1, "text": "x"}),
        MANAGES,
        MANAGES_B,
    ),
    ("PATCH", "/api/recordings/{recording_id}/comments/{comment_id}"): Case(
        comment({"text": "y"}), {"lead_a1"}, {"lead_b1"}
    ),
    ("DELETE", "/api/recordings/{recording_id}/comments/{comment_id}"): Case(
        comment(None), {"lead_a1"}, {"lead_b1"}
    ),
    ("GET", "/api/qr.svg"): Case(plain("/api/qr.svg?path=/join"), STAFF | ROOMS, has_object=False),
}

PUBLIC = {
    ("POST", "/api/lessons/{lesson_id}/polls"),
    ("POST", "/api/lessons/{lesson_id}/polls/current"),
    ("GET", "/api/lessons/{lesson_id}/polls/current"),
    ("DELETE", "/api/lessons/{lesson_id}/polls/current"),
    ("POST", "/api/pushes"),
    ("PUT", "/api/pushes/{push_id}"),
    ("POST", "/api/sign-in"),
    ("POST", "/api/rooms/join"),
    ("POST", "/api/phone/pair"),
    ("POST", "/api/watch/enter"),
    ("GET", "/api/captions"),
    ("POST", "/api/captions/lines"),
    ("PUT", "/api/captions/lines/{line_id}"),
    ("GET", "/captions"),
    ("GET", "/watch"),
    ("GET", "/camera"),
    ("GET", "/watch/{key}"),
    ("GET", "/healthz"),
    ("HEAD", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/"),
    ("GET", "/join"),
    ("GET", "/room"),
    ("GET", "/room/live"),
    ("GET", "/p"),
    ("GET", "/p/{pair}"),
    ("GET", "/login"),
    ("GET", "/today"),
    ("GET", "/teach/{rest:path}"),
    ("GET", "/library"),
    ("GET", "/library/{rest:path}"),
    ("GET", "/admin"),
    ("GET", "/admin/{rest:path}"),
    ("GET", "/{path:path}"),
}
BY_GRANT = {
    ("PUT", "/api/lessons/{lesson_id}/rooms/{room_id}/still"),
    ("PUT", "/api/lessons/{lesson_id}/source"),
    ("GET", "/api/cameras/tally"),
    ("GET", "/api/lessons/{lesson_id}/window"),
    ("GET", "/api/lessons/{lesson_id}/window/live"),
    ("GET", "/api/lessons/{lesson_id}/window/{path:path}"),
}
SOCKETS = {"/api/lessons/{lesson_id}/events", "/api/room/events", "/healthz"}
MEDIA_DOORS = {
    "/whip/sessions/{session_id}",
    "/whep/sessions/{session_id}",
    "/whip/{lesson_id}/{slot}",
    "/whep/{lesson_id}",
    "/live/{signed}/{lesson_id}/{path:path}",
}
