"""The school side of the program: organisations, people, rooms, lessons and recordings."""

from dataclasses import dataclass
from datetime import tzinfo

from streamsvc.base.clock import Clock
from streamsvc.school.io.attendance import AttendanceBook
from streamsvc.school.io.audit import Audit
from streamsvc.school.io.caption_links import CaptionLinks
from streamsvc.school.io.checks import RoomChecks
from streamsvc.school.io.comments import Comments
from streamsvc.school.io.courses import Courses
from streamsvc.school.io.courseware import CoursewareShelf
from streamsvc.school.io.database import Database, open_database
from streamsvc.school.io.join_codes import JoinCodes
from streamsvc.school.io.lessons import Lessons
from streamsvc.school.io.organisations import Organisations
from streamsvc.school.io.pairs import Pairs
from streamsvc.school.io.passwords import Passwords
from streamsvc.school.io.people import People
from streamsvc.school.io.recordings import Recordings
from streamsvc.school.io.rooms import Rooms
from streamsvc.school.io.sign_ins import SignIns
from streamsvc.school.io.stream_keys import StreamKeys
from streamsvc.school.io.watch_links import WatchLinks


@dataclass(frozen=True, slots=True)
class School:
    """Everything about the school, by noun. Every method that takes a Principal is scoped by it:
    what the caller may not see is UserError `<thing>-unknown`. Whether a role may do an action at
    all is the business of the roles table, not of this package."""

    organisations: Organisations
    people: People
    rooms: Rooms
    checks: RoomChecks
    courses: Courses
    lessons: Lessons
    courseware: CoursewareShelf
    attendance: AttendanceBook
    recordings: Recordings
    comments: Comments
    join_codes: JoinCodes
    pairs: Pairs
    stream_keys: StreamKeys
    watch_links: WatchLinks
    caption_links: CaptionLinks
    sign_ins: SignIns
    audit: Audit
    database: Database

    async def close(self) -> None:
        """Close the database. Closing twice is harmless."""
        await self.database.close()

    async def forget_expired(self) -> None:
        """Remove what nobody can use any more: sign-ins, codes and secrets past their time,
        old checks of rooms, and audit entries older than the law asks for. Once a day is enough."""
        await self.sign_ins.prune()
        await self.join_codes.prune()
        await self.pairs.prune()
        await self.stream_keys.prune()
        await self.caption_links.prune()
        await self.checks.prune()
        await self.audit.prune()


async def open_school(
    url: str, clock: Clock, *, passwords: Passwords | None = None, zone: tzinfo | None = None
) -> School:
    """Open the database at a SQLAlchemy async URL (`sqlite+aiosqlite:////srv/x/school.db`), and
    bring its schema up to date. `zone` decides which lessons are today's (None: the machine's).
    Raises EnvironmentFault `database-unusable` (details: path, reason, advice); the file is left as
    it was."""
    database = await open_database(url, clock)
    hashes = passwords or Passwords()
    return School(
        organisations=Organisations(database),
        people=People(database, hashes),
        rooms=Rooms(database),
        checks=RoomChecks(database),
        courses=Courses(database),
        lessons=Lessons(database, zone),
        courseware=CoursewareShelf(database),
        attendance=AttendanceBook(database),
        recordings=Recordings(database),
        comments=Comments(database),
        join_codes=JoinCodes(database),
        pairs=Pairs(database),
        stream_keys=StreamKeys(database),
        watch_links=WatchLinks(database),
        caption_links=CaptionLinks(database),
        sign_ins=SignIns(database, hashes),
        audit=Audit(database),
        database=database,
    )
