"""Evidence of attendance in the database."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import insert, or_, select, update

from streamsvc.base.ids import LessonId, RoomId
from streamsvc.school.attendance import Evidence
from streamsvc.school.io.database import Database
from streamsvc.school.io.tables import AttendanceRow, LessonRoomRow, OrganisationRow, RoomRow
from streamsvc.school.records import Attendance


class AttendanceBook:
    """One row per lesson and room. For the lesson's own code and its summary, whose permission is
    that of the lesson; not scoped."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def store(self, lesson_id: LessonId, evidence: Mapping[RoomId, Evidence]) -> None:
        """Write the sums as they are now, over the older ones."""
        query = select(AttendanceRow.room_id).where(AttendanceRow.lesson_id == lesson_id)
        rows = {
            room_id: {"lesson_id": lesson_id, "room_id": room_id, **asdict(sums)}
            for room_id, sums in evidence.items()
        }
        async with self._db.writing.begin() as session:
            present = set(await session.scalars(query))
            added = [row for room_id, row in rows.items() if room_id not in present]
            changed = [row for room_id, row in rows.items() if room_id in present]
            if added:
                await session.execute(insert(AttendanceRow), added)
            if changed:
                await session.execute(update(AttendanceRow), changed)

    async def evidence(self, lesson_id: LessonId) -> dict[RoomId, Evidence]:
        """What was stored: where a resumed lesson goes on counting (`LessonAttendance(stored)`)."""
        query = select(AttendanceRow).where(AttendanceRow.lesson_id == lesson_id)
        async with self._db.reading() as session:
            return {RoomId(row.room_id): _evidence(row) for row in await session.scalars(query)}

    async def of_lesson(self, lesson_id: LessonId) -> list[Attendance]:
        """Every invited room (an absent one with zeros) and every other that was there, by school
        and name."""
        invited = select(LessonRoomRow.room_id).where(LessonRoomRow.lesson_id == lesson_id)
        seen = select(AttendanceRow.room_id).where(AttendanceRow.lesson_id == lesson_id)
        query = (
            select(RoomRow)
            .join(OrganisationRow)
            .where(or_(RoomRow.id.in_(invited), RoomRow.id.in_(seen)))
            .order_by(OrganisationRow.name, OrganisationRow.id, RoomRow.name)
        )
        evidence = await self.evidence(lesson_id)
        async with self._db.reading() as session:
            rooms = (await session.scalars(query)).all()
        return [
            _attendance(lesson_id, room, evidence.get(RoomId(room.id), Evidence()))
            for room in rooms
        ]


def _evidence(row: AttendanceRow) -> Evidence:
    return Evidence(
        first_joined_ms=row.first_joined_ms,
        last_seen_ms=row.last_seen_ms,
        voice_ms=row.voice_ms,
        picture_ms=row.picture_ms,
        cut_off_ms=row.cut_off_ms,
        stage_count=row.stage_count,
        stage_ms=row.stage_ms,
        hand_count=row.hand_count,
        at_voice_ms=row.at_voice_ms,
        at_slides_ms=row.at_slides_ms,
        at_low_video_ms=row.at_low_video_ms,
        at_high_video_ms=row.at_high_video_ms,
        at_screen_video_ms=row.at_screen_video_ms,
    )


def _attendance(lesson_id: LessonId, room: RoomRow, evidence: Evidence) -> Attendance:
    return Attendance(
        lesson_id=lesson_id,
        room_id=RoomId(room.id),
        room_name=room.name,
        school_name=room.organisation.name,
        **asdict(evidence),
    )
