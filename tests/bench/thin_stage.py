"""A far room on stage, and the lead who talks with it."""

from contextlib import AsyncExitStack

from tests.bench.thin_players import Place, Players, Viewer, holds, observed_context
from tests.support.demo import TEACHER, DemoLesson
from tests.support.lesson_client import lesson_client

CALLED_SECONDS = 30.0
ACCEPT = "(button => button && (button.click(), true))(document.querySelector('.answer .yes'))"
LISTEN = "bench.mine ? (bench.listen(bench.mine.getAudioTracks()[0], bench.spoken), true) : false"
FOLLOW_STAGE = "(bench.hasVoice = false, bench.start('stage', 'stage'))"


async def heard_from_stage(
    stack: AsyncExitStack, players: Players, place: Place, far: Viewer
) -> Viewer:
    """Calls the far room up; the lead's console, near the server, which is who it talks to."""
    demo = players.demo
    room_id = demo.rooms()[place.room.number]["room_id"]
    console = await _console(stack, players)
    await _ask(demo, "call_on_stage", room_id=room_id)
    stack.push_async_callback(_ask, demo, "return_from_stage")
    await holds(far, ACCEPT, CALLED_SECONDS)
    await holds(far, LISTEN, CALLED_SECONDS)
    await console.evaluate(FOLLOW_STAGE)
    await holds(console, "bench.hasVoice", CALLED_SECONDS)
    return console


async def _console(stack: AsyncExitStack, players: Players) -> Viewer:
    """A second one of hers, which sends nothing while the first does."""
    demo = players.demo
    context = await observed_context(stack, players.near)
    who = {"login": TEACHER, "password": demo.password}
    await context.request.post(f"{demo.service.url}/api/sign-in", data=who)
    page = await context.new_page()
    await page.goto(f"{demo.service.url}/teach/{demo.lesson()['lesson_id']}")
    return page


async def _ask(demo: DemoLesson, type: str, **fields: str) -> None:
    """As the lead."""
    address = f"127.0.0.1:{demo.service.port}"
    async with lesson_client(address, demo.lesson()["lesson_id"]) as lead:
        await lead.hello(demo.grant()["grant"])
        await lead.ask(type, **fields)
