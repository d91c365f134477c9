"""A far room on stage, and somebody elsewhere who sees and hears it."""

from contextlib import AsyncExitStack

from tests.bench.thin_players import Place, Players, Viewer, holds, observed_context
from tests.support.demo import DemoLesson
from tests.support.lesson_client import lesson_client

CALLED_SECONDS = 30.0
ACCEPT = "(button => button && (button.click(), true))(document.querySelector('.answer .yes'))"
LISTEN = "bench.mine ? (bench.listen(bench.mine.getAudioTracks()[0], bench.spoken), true) : false"
FOLLOW_STAGE = "(bench.hasVoice = false, bench.start('stage', 'stage-voice'))"


async def heard_from_stage(
    stack: AsyncExitStack, players: Players, place: Place, far: Viewer
) -> Viewer:
    """Calls the far room up; another room's page, near the server, that follows the stage."""
    rooms = players.demo.rooms()
    here = place.room.number
    context = await observed_context(stack, players.near)
    near = await players.room_page(context, players.demo.service.url, (here + 1) % len(rooms))
    await holds(near, "bench.hasVoice", CALLED_SECONDS)
    await _ask(players.demo, "call_on_stage", room_id=rooms[here]["room_id"])
    stack.push_async_callback(_ask, players.demo, "return_from_stage")
    await holds(far, ACCEPT, CALLED_SECONDS)
    await holds(far, LISTEN, CALLED_SECONDS)
    await near.evaluate(FOLLOW_STAGE)
    await holds(near, "bench.hasVoice", CALLED_SECONDS)
    return near


async def _ask(demo: DemoLesson, type: str, **fields: str) -> None:
    """As the lead."""
    address = f"127.0.0.1:{demo.service.port}"
    async with lesson_client(address, demo.lesson()["lesson_id"]) as lead:
        await lead.hello(demo.grant()["grant"])
        await lead.ask(type, **fields)
