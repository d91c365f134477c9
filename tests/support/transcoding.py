"""A transcoder with its child process, fed in real time, and what came back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av

from relay.transcode.io.transcoder import Transcoder
from relay.transcode.ports import TranscoderState
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.depacketize.frames import Frame, FrameAssembler
from streamsvc.base.depacketize.h264 import H264Payload
from streamsvc.base.depacketize.rtp import RtpPacket, parse_rtp
from streamsvc.base.media import Codec
from streamsvc.supervise import Supervisor
from tests.support.rtp_media import Encoded, Packetizer
from tests.support.waiting import until

PAYLOAD_TYPE = 102


@dataclass
class Returned:
    """A `RenditionSink` that keeps everything."""

    states: list[TranscoderState] = field(default_factory=list)
    sizes: list[tuple[str, int, int]] = field(default_factory=list)
    packets: dict[str, list[RtpPacket]] = field(default_factory=dict)
    """Arrival in ms of the monotonic clock."""
    keyframes_wanted: int = 0
    on_keyframe_wanted: Callable[[], None] = lambda: None

    def rendition_opened(self, rid: str, width: int, height: int) -> None:
        self.sizes.append((rid, width, height))

    def rendition_packet(self, rid: str, packet: bytes) -> None:
        parsed = parse_rtp(packet, time.monotonic() * 1000)
        assert parsed is not None
        self.packets.setdefault(rid, []).append(parsed)

    def source_keyframe_wanted(self) -> None:
        self.keyframes_wanted += 1
        self.on_keyframe_wanted()

    def state_changed(self, state: TranscoderState) -> None:
        self.states.append(state)

    def frames(self, rid: str) -> list[Frame]:
        """Whole pictures of a rendition, from its first key frame on."""
        assembler = FrameAssembler(H264Payload())
        return [frame for packet in self.packets.get(rid, []) for frame in assembler.push(packet)]

    def keyframes(self, rid: str) -> int:
        """How many of them are key frames."""
        return sum(frame.is_keyframe for frame in self.frames(rid))


@dataclass
class Bench:
    """A running transcoder."""

    transcoder: Transcoder
    child: Supervisor
    returned: Returned
    settings: TranscodeSettings
    sent_at_ms: dict[int, float] = field(default_factory=dict)
    """By RTP time, when the last packet of a source's picture was handed over."""

    async def until_it_is_there(self) -> None:
        """The child is connected and has got nothing yet. A machine that is full takes long."""
        await until(lambda: self.transcoder.state is TranscoderState.WAITING, 20)

    def send(self, packetizer: Packetizer, encoded: Encoded) -> None:
        """One picture of the source, now."""
        for packet in packetizer.packets(encoded):
            self.transcoder.packet(packet)
        self.sent_at_ms[packetizer.ts(encoded.at_ms)] = time.monotonic() * 1000

    async def play(self, packetizer: Packetizer, clip: Iterable[Encoded], speed: float = 1) -> None:
        """A clip in its own time."""
        began, first = time.monotonic(), None
        for encoded in clip:
            first = encoded.at_ms if first is None else first
            due = began + (encoded.at_ms - first) / 1000 / speed
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.send(packetizer, encoded)

    def delays_ms(self, rid: str) -> list[float]:
        """From a picture's last packet in to its last packet out, for each."""
        last = {packet.ts: packet.arrival_ms for packet in self.returned.packets.get(rid, [])}
        return [came - self.sent_at_ms[ts] for ts, came in last.items()]


@asynccontextmanager
async def transcoding(
    folder: Path,
    codec: Codec = Codec.H264,
    rids: Sequence[str] = ("+360", "+180", "+lifeline"),
    **settings: object,
) -> AsyncIterator[Bench]:
    """A transcoder that makes these renditions, its child about to start."""
    returned, children = Returned(), []
    clock = SystemClock()

    def supervise(name: str, command: Sequence[str], on_end: Callable[[], None]) -> Supervisor:
        children.append(Supervisor(name, command, clock, on_end=on_end))
        return children[-1]

    chosen = TranscodeSettings.model_validate(settings)
    transcoder = Transcoder(
        folder / "t.sock",
        source=(codec, PAYLOAD_TYPE),
        settings=chosen,
        clock=clock,
        supervise=supervise,
        sink=returned,
    )
    transcoder.make([one for one in chosen.ladder() if one.rid in rids])
    await transcoder.start()
    try:
        yield Bench(transcoder, children[0], returned, chosen)
    finally:
        await transcoder.close()


def decoded(frames: Iterable[Frame]) -> list[av.VideoFrame]:
    """What a receiver shows; raises if it complains."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    with av.logging.Capture() as complaints:
        pictures = [one for frame in frames for one in decoder.decode(av.Packet(frame.data))]
        pictures += decoder.decode(None)
    assert not [words for level, _, words in complaints if level <= av.logging.ERROR], complaints
    return pictures


def is_alive(pid: int) -> bool:
    """A process of this number exists."""
    return Path(f"/proc/{pid}").exists()
