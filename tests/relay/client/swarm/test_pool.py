"""Members are read when something came and ticked when something is due."""

import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from relay.client.swarm.lean_socket import LeanSocket
from relay.client.swarm.pool import Pool
from streamsvc.base.tasks import TaskScope
from tests.support.waiting import until


class Bell:
    """Wants to be ticked every so often, and reads what comes."""

    def __init__(self, every: float = float("inf")) -> None:
        self.socket = LeanSocket(is_ipv6=False)
        self.next_at = time.monotonic() + every
        self.ticks: list[float] = []
        self.read: list[bytes] = []
        self.is_settled = False
        self._every = every

    def fileno(self) -> int:
        return self.socket.fileno()

    def readable(self, now: float) -> None:
        received = self.socket.receive()
        if received is not None:
            self.read.append(received[0])

    def tick(self, now: float) -> None:
        assert now >= self.next_at
        self.ticks.append(now)
        self.next_at = now + self._every


MakeBell = Callable[..., Bell]


@pytest.fixture
def bell() -> Iterator[MakeBell]:
    made: list[Bell] = []

    def make(every: float = float("inf")) -> Bell:
        made.append(Bell(every))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    scope = TaskScope("test")
    made = Pool(time.monotonic)
    scope.start("pool", made.run())
    yield made
    await scope.close()
    made.close()


async def test_who_is_due_is_ticked_again_and_again(pool: Pool, bell: MakeBell) -> None:
    members = [bell(0.03), bell(0.06), bell()]
    for member in members:
        pool.add(member)
    await until(lambda: len(members[0].ticks) >= 6 and len(members[1].ticks) >= 3)
    assert members[2].ticks == []


async def test_what_comes_is_read_one_at_a_time(pool: Pool, bell: MakeBell) -> None:
    member, sender = bell(), bell()
    pool.add(member)
    for number in range(5):
        sender.socket.send(bytes((number,)), ("127.0.0.1", member.socket.port))
    await until(lambda: len(member.read) == 5)
    assert member.read == [bytes((number,)) for number in range(5)]


async def test_who_has_settled_is_read_with_the_ticks(pool: Pool, bell: MakeBell) -> None:
    member, sender = bell(), bell()
    pool.add(member)
    target = ("127.0.0.1", member.socket.port)
    member.is_settled = True
    sender.socket.send(b"0", target)  # this one moves it
    await until(lambda: len(member.read) == 1)
    for number in range(1, 5):
        sender.socket.send(str(number).encode(), target)
    await until(lambda: len(member.read) == 5)
    assert member.read == [b"0", b"1", b"2", b"3", b"4"]
    pool.remove(member)


async def test_a_deadline_may_come_nearer(pool: Pool, bell: MakeBell) -> None:
    member = bell(60.0)
    pool.add(member)
    member.next_at = time.monotonic()
    pool.wake(member)
    await until(lambda: len(member.ticks) == 1)


async def test_a_deadline_may_move_away_and_is_not_forgotten(pool: Pool, bell: MakeBell) -> None:
    member = bell(0.05)
    pool.add(member)
    member.next_at += 0.1
    await until(lambda: len(member.ticks) == 2)
    assert member.ticks[1] - member.ticks[0] >= 0.05


async def test_who_left_is_left_alone(pool: Pool, bell: MakeBell) -> None:
    gone, other = bell(0.02), bell(0.02)
    pool.add(gone)
    pool.remove(gone)
    pool.remove(gone)
    pool.add(other)
    await until(lambda: len(other.ticks) >= 3)
    assert gone.ticks == []


async def test_a_number_is_used_again_by_the_next_socket(pool: Pool, bell: MakeBell) -> None:
    first = bell(0.05)
    pool.add(first)
    number = first.fileno()
    pool.remove(first)
    first.socket.close()
    second = bell(0.2)
    assert second.fileno() == number
    began = time.monotonic()
    pool.add(second)
    await until(lambda: bool(second.ticks))
    assert second.ticks[0] - began >= 0.15
