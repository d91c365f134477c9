from streamsvc.base.media import LadderLevel
from streamsvc.school.attendance import Evidence, LessonAttendance, RoomSignal
from streamsvc.school.io.school import School
from tests.streamsvc.school.county import County

HERE = RoomSignal(is_connected=True, has_voice=True, has_picture=True, level=LadderLevel.LOW_VIDEO)


async def test_evidence_survives_a_restart(school: School, county: County) -> None:
    lesson_id, room_id = county.lessons["lesson_a1"].id, county.rooms["room_a2"].id
    attendance = LessonAttendance()
    for second in range(5):
        attendance.feed(second * 1000, {room_id: HERE})
        await school.attendance.store(lesson_id, attendance.evidence)
    resumed = LessonAttendance(await school.attendance.evidence(lesson_id))
    assert resumed.evidence == attendance.evidence
    assert resumed.evidence[room_id].voice_ms == 4000
    assert resumed.evidence[room_id].at_low_video_ms == 4000


async def test_the_summary_names_absent_and_uninvited_rooms(school: School, county: County) -> None:
    lesson_id = county.lessons["lesson_a1"].id
    seen = Evidence(first_joined_ms=1, last_seen_ms=9, voice_ms=8, hand_count=2)
    await school.attendance.store(lesson_id, {county.rooms["room_b1"].id: seen})
    absent, guest = await school.attendance.of_lesson(lesson_id)
    assert (absent.room_name, absent.school_name) == ("room_a2", "school_a2")
    assert (absent.first_joined_ms, absent.voice_ms) == (None, 0)
    assert (guest.room_name, guest.voice_ms, guest.hand_count) == ("room_b1", 8, 2)
