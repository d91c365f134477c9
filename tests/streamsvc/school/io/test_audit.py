from streamsvc.school.codes import DAY_MS
from streamsvc.school.io.audit import KEPT_MS
from streamsvc.school.io.school import School
from streamsvc.school.records import OPERATOR
from tests.streamsvc.school.county import County
from tests.support.clock import ManualClock


async def test_changes_are_written_down_with_their_actor(school: School, county: County) -> None:
    admin = county.principal("admin_a1")
    await school.people.change(admin, county.people["lead_a1"].id, name="Lin")
    await school.rooms.remove_device(admin, county.rooms["room_a1"].id)
    entries = await school.audit.visible(county.principal("admin_a"))
    assert {(entry.actor_name, entry.action, entry.object_id) for entry in entries} == {
        ("admin_a1", "person.changed", county.people["lead_a1"].id),
        ("admin_a1", "room.device_removed", county.rooms["room_a1"].id),
    }


async def test_administrators_read_what_happened_below_them(school: School, county: County) -> None:
    await school.audit.note(county.principal("lead_b1"), "export.made", "x")
    seen = {
        name: [entry.object_id for entry in await school.audit.visible(county.principal(name))]
        for name in ("admin_b", "admin_city", "admin_a", "lead_b1")
    }
    assert seen == {"admin_b": ["x"], "admin_city": ["x"], "admin_a": [], "lead_b1": []}


async def test_entries_are_kept_for_half_a_year(
    school: School, county: County, clock: ManualClock
) -> None:
    assert KEPT_MS >= 184 * DAY_MS
    before = len(await school.audit.visible(OPERATOR))
    assert before > 0
    clock.advance(KEPT_MS / 1000 - 1)
    await school.audit.note(OPERATOR, "export.made", "x")
    assert await school.audit.prune() == 0
    clock.advance(2)
    assert await school.audit.prune() == before
    assert [entry.object_id for entry in await school.audit.visible(OPERATOR)] == ["x"]
