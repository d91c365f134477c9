"""One lesson's thin origin: its files, and who waits for what is not there yet.

Everything is a plain file; only a request for what comes next waits here. A thousand who wait for
the same part are one list, and get the same bytes.
"""

import asyncio
from collections import OrderedDict
from pathlib import Path

from recorder.broadcast.plan import joining, naming
from recorder.broadcast.plan.shelf import TARGET_SECONDS
from recorder.broadcast.plan.waiting import Reached, Waiting, is_too_far
from streamsvc.base.errors import Overload, ProtocolError, UserError
from streamsvc.base.tasks import TaskScope

HOLD_SECONDS = 3.0 * TARGET_SECONDS
"""Longest that a request waits (§6.2.5.2)."""
RETRY_SECONDS = 2
KEPT_BYTES = 24_000_000
"""The newest parts and segments of all renditions; the longest unused fall out."""


class HeldLimit:
    """How many requests wait at once, of all lessons of a node."""

    def __init__(self, most: int) -> None:
        self.held = 0
        self._most = most

    def take(self) -> None:
        """One more. Raises Overload `live-busy`."""
        if self.held >= self._most:
            raise Overload("live-busy", retry_after_seconds=RETRY_SECONDS)
        self.held += 1

    def release(self) -> None:
        """One less."""
        self.held -= 1


class LessonOrigin:
    """`published` as the packager says; the rest for whoever asks."""

    def __init__(self, folder: Path, part_seconds: float, limit: HeldLimit) -> None:
        self.is_ended = False
        self._folder = folder
        self._part_seconds = part_seconds
        self._limit = limit
        self._reached: dict[str, Reached] = {}
        self._waiting: Waiting[asyncio.Future[None]] = Waiting()
        self._more = asyncio.Event()
        """Set, and another one put in its place, when there is more of any stream."""
        self._texts: dict[str, asyncio.Future[bytes | None]] = {}
        self._scope = TaskScope("live origin")
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._kept_bytes = 0

    # ---- the packager

    def published(self, stream: str, reached: Reached) -> None:
        """A stream has another part."""
        self._reached[stream] = reached
        for name in naming.SKIPPING.values():
            self._texts.pop(f"{stream}/{name}", None)
        self._tell_more()
        self._wake(self._waiting.reached(stream, reached))

    def end(self) -> None:
        """Nothing more comes; nobody waits any more."""
        self.is_ended = True
        self._texts.clear()
        self._kept.clear()
        self._kept_bytes = 0
        self._tell_more()
        self._wake(self._waiting.all())

    def _tell_more(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    def _wake(self, futures: list[asyncio.Future[None]]) -> None:
        for future in futures:
            if not future.done():
                future.set_result(None)

    # ---- who asks

    async def playlist(self, path: str, number: int | None, part: int | None, skip: str) -> bytes:
        """A playlist, once it holds what is asked for. Raises ProtocolError `live-reload-wrong`,
        Overload `live-busy`, UserError `live-file-unknown`."""
        if skip not in naming.SKIPPING or (number is None and part is not None):
            raise ProtocolError("live-reload-wrong")
        stream, _, file = path.rpartition("/")
        if not stream:
            return await self._multivariant(path)
        if file == naming.PLAYLIST:
            path = f"{stream}/{naming.SKIPPING[skip]}"
        if number is not None:
            await self._reach(stream, number, part)
        return await self._read(path)

    async def file(self, path: str) -> bytes:
        """A file; the part that comes next is waited for. Raises like `playlist`."""
        if path in self._kept:
            self._kept.move_to_end(path)
            return self._kept[path]
        stream, _, name = path.rpartition("/")
        if self._is_next(stream, name):
            number, part = (int(word) for word in name.split(".")[:2])
            await self._reach(stream, number, part)  # its packager may have died before it
        data = await self._read(path)
        self._texts.pop(path, None)
        self._keep(path, data)
        return data

    def _keep(self, path: str, data: bytes) -> None:
        if path not in self._kept and not self.is_ended:
            self._kept[path] = data
            self._kept_bytes += len(data)
        while self._kept_bytes > KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])

    def _is_next(self, stream: str, name: str) -> bool:
        reached = self._reached.get(stream)
        if reached is None or self.is_ended:
            return False
        at = (reached.number + 1, 0) if reached.is_complete else (reached.number, reached.part + 1)
        return name == naming.part_file(*at)

    async def _multivariant(self, path: str) -> bytes:
        """Asked for at once after the lesson's start, it is waited for; another stream may be there
        before it."""
        file = self._folder / path
        if not file.exists() and not self.is_ended:
            self._limit.take()
            try:
                async with asyncio.timeout(HOLD_SECONDS):
                    while not file.exists() and not self.is_ended:
                        await self._more.wait()
            except TimeoutError as error:
                raise Overload("live-not-yet", retry_after_seconds=RETRY_SECONDS) from error
            finally:
                self._limit.release()
        try:
            return await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise UserError("live-file-unknown") from error

    async def _reach(self, stream: str, number: int, part: int | None) -> None:
        reached = self._reached.get(stream)
        if self.is_ended or (reached is not None and reached.holds(number, part)):
            return
        if reached is not None and is_too_far(reached, number, part, self._part_seconds):
            raise ProtocolError("live-reload-wrong")
        self._limit.take()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(stream, number, part, future)
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                await future
        except TimeoutError as error:
            raise Overload("live-not-yet", retry_after_seconds=RETRY_SECONDS) from error
        finally:
            if not future.done() or future.cancelled():
                self._waiting.remove(stream, future)
            self._limit.release()

    async def _read(self, path: str) -> bytes:
        """Read once, however many ask."""
        task = self._texts.get(path)
        if task is None:  # not by whoever came first: she may leave
            read = asyncio.to_thread(_bytes_of, self._folder, path)
            task = self._texts[path] = self._scope.start("read", read)
        data: bytes | None = await asyncio.shield(task)
        if data is None:
            self._texts.pop(path, None)
            raise UserError("live-file-unknown")
        return data


def _bytes_of(folder: Path, path: str) -> bytes | None:
    """Blocking. None where there is no such file. Playlists with all that was before are laid
    together of what the packager writes."""
    stream, _, name = path.rpartition("/")
    join = _JOINED.get(name)
    if join is None:
        return _read_file(folder / path)
    # the end first: what stands whole may be newer, and never older than the end's beginning
    delta = _read_file(folder / stream / naming.DELTA_DATES)
    live = _read_file(folder / stream / naming.PLAYLIST)
    text = join(None if live is None else live.decode(), None if delta is None else delta.decode())
    return None if text is None else text.encode()


_JOINED = {naming.PLAYLIST: joining.whole, naming.DELTA: joining.with_all_dates}


def _read_file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
