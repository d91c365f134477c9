"""The recorder's socket: who records what."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from recorder.io.finisher import Finishing
from recorder.io.service import RecorderService
from recorder.settings import RecorderSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.tap import TapControl, TapReader, encode_control

OPEN = {"recording_id": "rec_1", "lesson_id": "les_1", "title": "t", "wall_ms": 1, "next_packet": 1}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RecorderService]:
    settings = RecorderSettings(
        data_dir=tmp_path, socket_path=tmp_path / "tap", min_free_bytes=0, reopen_seconds=0
    )
    service = RecorderService(settings, SystemClock())
    await service.start()
    yield service
    await service.close()


async def said_to(service: RecorderService, opened: dict[str, Any]) -> tuple[TapControl, bool]:
    """Open a recording; the first word said of it, and whether the line holds then."""
    reader, writer = await asyncio.open_unix_connection(str(service.settings.socket_path))
    writer.write(encode_control("open", **opened))
    frames = TapReader()
    first: list[Any] = []
    async with asyncio.timeout(5):
        while not first:
            first += frames.feed(await reader.read(65_536))
        is_open = "rec_1" in service.runs
        writer.close()
        while await reader.read(65_536):
            pass
    await writer.wait_closed()
    assert isinstance(first[0], TapControl)
    return first[0], is_open


async def test_a_recording_that_can_not_be_begun_is_free_for_the_next_tap(
    service: RecorderService, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "recordings" / "rec_1"
    in_the_way.write_text("")
    refused, _ = await said_to(service, OPEN)
    assert (refused.type, refused.fields["state"]) == ("status", "stopped")
    assert service.runs == {}
    in_the_way.unlink()
    begun, is_open = await said_to(service, OPEN)
    assert (begun.fields["state"], is_open) == ("recording", True)


async def test_a_recording_that_can_not_be_finished_ends_with_a_reason(
    service: RecorderService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Finishing) -> None:
        raise ValueError("a bitstream nobody thought of")

    monkeypatch.setattr(Finishing, "_end_segments", broken)
    reader, writer = await asyncio.open_unix_connection(str(service.settings.socket_path))
    writer.write(encode_control("open", **OPEN))
    writer.write(encode_control("close", recording_id="rec_1", wall_ms=2))
    async with asyncio.timeout(5):
        said = list(TapReader().feed(await reader.read()))
    writer.close()
    last = said[-1]
    assert isinstance(last, TapControl)
    assert (last.fields["state"], last.fields["reason"]) == ("stopped", "recording-unreadable")
