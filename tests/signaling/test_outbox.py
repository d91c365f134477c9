"""What waits for a slow client: everything in order, but for what is fleeting."""

import asyncio

from signaling.io.outbox import OUTBOX_MESSAGES, Outbox
from streamsvc.base.tasks import TaskScope
from tests.support.waiting import until


class SlowLink:
    """Takes a message only when it is let."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.gate = asyncio.Semaphore(0)

    async def send(self, text: str) -> None:
        self.sent.append(text)
        await self.gate.acquire()


async def test_a_slow_client_goes_without_the_pointer_first() -> None:
    outbox, link = Outbox(), SlowLink()
    scope = TaskScope("outbox")
    scope.start("send", outbox.run(link.send))
    outbox.put("event 1")
    await until(lambda: link.sent == ["event 1"])
    for x in range(5):
        outbox.put_fleeting(f"pointer {x}")
    outbox.put("event 2")
    for x in range(5, 9):
        outbox.put_fleeting(f"pointer {x}")
    for _ in range(3):
        link.gate.release()
    await until(lambda: len(link.sent) == 3)
    assert link.sent == ["event 1", "event 2", "pointer 4"]
    await scope.close()


async def test_the_pointer_never_makes_a_client_too_slow() -> None:
    outbox = Outbox()
    for x in range(2 * OUTBOX_MESSAGES):
        outbox.put_fleeting(f"pointer {x}")
    assert outbox.closing is None


async def test_a_client_that_is_up_to_date_gets_each_move() -> None:
    outbox, link = Outbox(), SlowLink()
    scope = TaskScope("outbox")
    scope.start("send", outbox.run(link.send))
    for x in range(3):
        outbox.put_fleeting(f"pointer {x}")
        await until(lambda x=x: link.sent[-1:] == [f"pointer {x}"])
        link.gate.release()
    await scope.close()
