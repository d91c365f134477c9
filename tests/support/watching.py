"""A school whose lesson parents watch: the real application in this process, the broadcast at its
port, and no media engine."""

import io
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fastapi import FastAPI
from PIL import Image, ImageDraw

from signaling.io.app import create_app
from signaling.io.context import Context
from signaling.protocol.board_messages import Draw, SlideRef, StrokeStyle, TurnSlide
from signaling.protocol.grants import participant_id
from signaling.protocol.inputs import (
    CaptionWritten,
    Connected,
    LessonBegan,
    LessonOver,
    Participant,
    PublicationOpened,
    Said,
)
from signaling.protocol.roles import publishable
from streamsvc.base.clock import SystemClock
from streamsvc.base.courseware import Slide
from streamsvc.base.ids import CoursewareId, LessonId, RoomId, new_id
from streamsvc.base.media import MediaKind, Slot
from streamsvc.base.recordings import LowCopy, PlayableRecording, PlayableTrack
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.school.io.school import School, open_school
from streamsvc.school.records import (
    OPERATOR,
    Lesson,
    OrganisationKind,
    Role,
    Room,
    RoomKind,
)
from tests.signaling.house import served, services_in
from tests.streamsvc.school.conftest import CHINA, cheap_passwords
from tests.support.broadcast import Broadcast, whole_playlist
from tests.support.fake_ports import FakeLowCopies, FolderCatalog
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse"
PAGES = ("长方形的面积", "数一数方格", "面积 = 长 × 宽")


@dataclass
class WatchedSchool:
    """A class that receives, a teacher elsewhere, a helper in the class's school."""

    app: FastAPI
    school: School
    url: str
    room: Room
    lesson: Lesson
    broadcast: Broadcast
    courseware_id: str = ""

    @property
    def context(self) -> Context:
        """What the application keeps in memory."""
        found: Context = self.app.state.context
        return found

    async def begin(self) -> None:
        """The lesson is live and its teacher sends."""
        runner = await self.context.registry.open(self.lesson.id)
        runner.post(Connected(DESK, self._lead(), None))
        runner.post(PublicationOpened(self._lead().id, Slot.LEAD))
        runner.post(LessonBegan(await self.school.lessons.start(self.lesson.id), None))
        await until(lambda: runner.machine.is_live)
        self.broadcast.start()

    def _lead(self) -> Participant:
        person_id = self.lesson.lead_teacher_id
        return Participant(
            id=participant_id(self.lesson.id, Role.LEAD_TEACHER, person_id, None),
            role=Role.LEAD_TEACHER,
            name=self.lesson.lead_teacher_name,
            person_id=person_id,
            room_id=None,
            may_publish=publishable(Role.LEAD_TEACHER),
            may_moderate=True,
        )

    async def end(self) -> None:
        """She ends the lesson."""
        runner = await self.context.registry.open(self.lesson.id)
        runner.post(LessonOver(await self.school.lessons.end(self.lesson.id), None))
        await until(lambda: runner.machine.is_ended)
        self.broadcast.began_at = None

    async def turn(self, number: int) -> None:
        """The teacher shows a page and draws a line on it."""
        runner = await self.context.registry.open(self.lesson.id)
        slide = SlideRef(courseware_id=self.courseware_id, number=number)
        turned = TurnSlide(request_id=f"t{number}", slide=slide)
        drawn = Draw(
            stroke_id=f"s{number}", slide=slide, offset=0, style=PEN, points=[1000, 2600, 3600, 60]
        )
        for said in (turned, drawn):
            runner.post(Said(DESK, said))
        board = runner.machine.picture.board
        await until(lambda: board.slide == slide and board.ink_of(slide))

    async def say(self, name: str, text: str) -> None:
        """A line of captions."""
        runner = await self.context.registry.open(self.lesson.id)
        runner.post(CaptionWritten(name, text, "zh-CN", None))
        picture = runner.machine.picture
        await until(lambda: picture.captions and picture.captions[-1].line_id == name)

    async def recorded(self, media: Path, seconds: int, *, screen_from: int = 0) -> None:
        """The lesson that ended has a recording of the lead, and its low copy; and of the screen,
        as shared from `screen_from` seconds on, unless that is 0."""
        found = await self.school.recordings.open(self.lesson.id)
        began_ms = found.started_at_ms
        catalog = self.context.services.catalog
        assert isinstance(catalog, FolderCatalog)
        kinds, length_ms = (MediaKind.AUDIO, MediaKind.VIDEO), seconds * 1000
        tracks = []
        for slot in (Slot.LEAD, Slot.SCREEN) if screen_from else (Slot.LEAD,):
            begin = screen_from if slot is Slot.SCREEN else 0
            text = whole_playlist(seconds - begin, began_ms / 1000 + begin)
            for name in (slot.value, f"{slot.value}-low"):
                folder = catalog.folder / found.id / name
                shutil.copytree(media, folder)
                (folder / "index.m3u8").write_text(text)
            place = f"{slot.value}/index.m3u8"
            length = length_ms - begin * 1000
            tracks.append(
                PlayableTrack(slot.value, slot, "", kinds, begin * 1000, length, place, ready=True)
            )
        catalog.playable[found.id] = PlayableRecording(
            *(found.id, self.lesson.id, began_ms, length_ms, False, 9_000_000, 0, tuple(tracks))
        )
        self.low_copies.made[found.id] = LowCopy(2_000_000, None)

    @property
    def low_copies(self) -> FakeLowCopies:
        """As far as a test says."""
        found = self.context.services.low_copies
        assert isinstance(found, FakeLowCopies)
        return found

    async def link(self, *, has_replay: bool = False) -> str:
        """A fresh link to watch."""
        made = await self.school.watch_links.issue(OPERATOR, self.room.id, has_replay=has_replay)
        return f"{self.url}/watch/{made.key}"


PEN = StrokeStyle(tool="pen", color=0, width=60, text="")
DESK = "desk"
"""The teacher's connection, where no page of hers is open."""


@asynccontextmanager
async def watched_school(folder: Path, media: Path) -> AsyncIterator[WatchedSchool]:
    """Served on a free port."""
    clock = SystemClock()
    url = f"sqlite+aiosqlite:///{folder / 'school.db'}"
    school = await open_school(url, clock, passwords=cheap_passwords(), zone=CHINA)
    services = services_in(folder, school, clock)
    broadcast = Broadcast(media, services.timeline.read)
    settings = services.settings.model_copy(update={"web_dist": ROOT / "web" / "dist"})
    services = replace(services, audience=broadcast, settings=settings)
    room, lesson = await _make(school)
    app = create_app(services, broadcast.router)
    try:
        async with app.router.lifespan_context(app), served(app) as address:
            found = WatchedSchool(app, school, f"http://{address}", room, lesson, broadcast)
            found.courseware_id = await _slides(found, folder)
            yield found
    finally:
        await school.close()


async def _make(school: School) -> tuple[Room, Lesson]:
    kinds = ("PROVINCE", "CITY", "COUNTY")
    parent = None
    for name, kind in zip(("云岭省", "青江市", "河口县"), kinds, strict=True):
        parent = await school.organisations.add(
            OPERATOR,
            parent_id=parent.id if parent else None,
            kind=OrganisationKind[kind],
            name=name,
        )
    assert parent is not None
    schools = [
        await school.organisations.add(
            OPERATOR, parent_id=parent.id, kind=OrganisationKind.SCHOOL, name=name
        )
        for name in ("河口县实验小学", "大坪教学点")
    ]
    people = (
        ("lin", "林晓燕", Role.LEAD_TEACHER, schools[0]),
        ("wang", "王芳", Role.HELPER_TEACHER, schools[1]),
    )
    accounts = [
        await school.people.add(
            OPERATOR, organisation_id=at.id, login=login, name=name, role=role, password=PASSWORD
        )
        for login, name, role, at in people
    ]
    room = await school.rooms.add(
        OPERATOR, organisation_id=schools[1].id, name="三年级", kind=RoomKind.RECV_ROOM
    )
    lesson = await school.lessons.add(
        OPERATOR,
        title="长方形的面积",
        subject="数学",
        grade="三年级",
        lead_teacher_id=accounts[0].id,
        room_ids=[RoomId(room.id)],
    )
    return room, lesson


async def _slides(found: WatchedSchool, folder: Path) -> str:
    shelf, courseware_id = found.school.courseware, CoursewareId(new_id("cw"))
    store = CoursewareFolder(folder / "courseware")
    await shelf.add(OPERATOR, courseware_id, LessonId(found.lesson.id), "长方形的面积")
    await shelf.opened(courseware_id, len(PAGES))
    for number, words in enumerate(PAGES, 1):
        picture = store.write_slide(_page(number))
        slide = Slide(number, 1280, 720, words, "data:,", picture, picture, picture)
        await found.context.courseware.slide_made(courseware_id, slide)
    await found.context.courseware.converted(courseware_id)
    return courseware_id


def _page(number: int) -> bytes:
    """Squares in rows, as many as the page's number."""
    image = Image.new("RGB", (1280, 720), "#FCFBF6")
    drawing = ImageDraw.Draw(image)
    drawing.rectangle((64, 58, 72, 140), fill="#0C7059")
    for row in range(number):
        for column in range(5):
            left, top = 120 + column * 150, 240 + row * 150
            drawing.rectangle((left, top, left + 140, top + 140), fill="#C9995A", outline="#FFF")
            drawing.ellipse((left + 35, top + 35, left + 105, top + 105), fill="#3C9A4E")
    written = io.BytesIO()
    image.save(written, "WEBP", quality=70)
    return written.getvalue()
