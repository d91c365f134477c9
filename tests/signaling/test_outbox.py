"""What waits for a slow client: everything in order, but for what is fleeting."""

import asyncio
from functools import partial

from signaling.io.outbox import FOLLOWS_SECONDS, OUTBOX_MESSAGES, Outbox
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

    def came_last(text: str) -> bool:
        return link.sent[-1:] == [text]

    for x in range(3):
        outbox.put_fleeting(f"pointer {x}")
        await until(partial(came_last, f"pointer {x}"))
        link.gate.release()
    await scope.close()


async def test_a_second_strand_sends_a_moment_later_all_in_order() -> None:
    outbox, sent = Outbox(), list[tuple[float, str]]()
    loop = asyncio.get_running_loop()
    outbox.lag_seconds = 0.08

    async def send(text: str) -> None:
        sent.append((loop.time(), text))

    began = loop.time()
    outbox.put("event 1")
    scope = TaskScope("outbox")
    scope.start("send", outbox.run(send))
    await asyncio.sleep(0)
    outbox.put("event 2")
    await until(lambda: len(sent) == 2)
    assert [text for _, text in sent] == ["event 1", "event 2"]
    assert sent[0][0] - began >= 0.07
    await scope.close()


async def test_a_word_follows_so_that_tcp_notices_what_was_lost() -> None:
    outbox, sent = Outbox(), list[str]()

    async def send(text: str) -> None:
        sent.append(text)

    scope = TaskScope("outbox")
    scope.start("send", outbox.run(send, lambda: "word"))
    outbox.put("page 1")
    outbox.put("page 2")
    await until(lambda: len(sent) == 4)
    assert sent == ["page 1", "page 2", "word", "word"]
    outbox.put("page 3")
    await until(lambda: "page 3" in sent)
    outbox.put("page 4")
    await until(lambda: len(sent) == 8)
    assert sent[4:] == ["page 3", "page 4", "word", "word"], "a message is as good as a word"
    await asyncio.sleep(2 * sum(FOLLOWS_SECONDS))
    assert len(sent) == 8
    await scope.close()
