"""The child's work in this process, with a clock that is moved by hand: what is late gives way."""

import socket
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction

import av
import pytest

from relay.transcode.io.child import Child
from relay.transcode.io.line import MOST_UNSENT_BYTES, Line
from relay.transcode.plan import messages
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import Codec
from streamsvc.base.tap import TapPacket, TapReader, encode_control, encode_packet
from tests.support.rtp_media import Encoded, Packetizer, picture_clip

LADDER = TranscodeSettings().ladder()
NUMBERS = {rendition.rid: number for number, rendition in enumerate(LADDER, 1)}


@dataclass
class Parent:
    """The other end."""

    line: socket.socket
    child: Child
    now: list[float]
    packetizer: Packetizer = field(default_factory=lambda: Packetizer(Codec.H264, 7))
    reader: TapReader = field(default_factory=TapReader)
    times: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """RTP times of packets that came back, by rendition."""

    def send(self, encoded: Encoded, ago_ms: float = 0) -> None:
        """One picture of the source that came some time ago."""
        for packet in self.packetizer.packets(encoded):
            self.line.sendall(encode_packet(0, int(self.now[0] - ago_ms), packet))

    def returned(self, rounds: int = 3) -> tuple[set[int], list[str]]:
        """What comes back of some rounds of work: numbers of renditions, and control messages."""
        numbers, controls = set(), []
        for _ in range(rounds):
            self.child.work()
        self.line.setblocking(False)
        try:
            while data := self.line.recv(1 << 16):
                for frame in self.reader.feed(data):
                    if isinstance(frame, TapPacket):
                        numbers.add(frame.track_number)
                        time = int.from_bytes(frame.packet[4:8], "big")
                        self.times[frame.track_number].append(time)
                    else:
                        controls.append(frame.type)
        except BlockingIOError:
            pass
        self.line.setblocking(True)
        return numbers, controls


@contextmanager
def working() -> Iterator[Parent]:
    """A child that has been told what to do, and has decoded a key frame in time."""
    ours, theirs = socket.socketpair()
    now = [1_000_000.0]
    child = Child(Line(theirs), lambda: now[0])
    parent = Parent(ours, child, now)
    opened = messages.Opened(Codec.H264, 102, 250.0, 8.0, 1 << 22)
    wanted = [messages.Wanted(NUMBERS[one.rid], 1, 1, one) for one in LADDER]
    ours.sendall(encode_control("open", **opened.fields()))
    ours.sendall(encode_control("renditions", **messages.wanted_fields(wanted)))
    with ours, theirs:
        yield parent


def clip() -> tuple[Encoded, ...]:
    return picture_clip(Codec.H264, 4.0, 10)


def test_every_rendition_gets_a_picture_that_is_in_time() -> None:
    with working() as parent:
        parent.send(clip()[0])
        numbers, controls = parent.returned()
        assert numbers == {1, 2, 3}
        assert controls.count("rendition") == 3


@pytest.mark.parametrize(
    ("ago_ms", "made"),
    [(140, {1, 2, 3}), (200, {NUMBERS["+lifeline"]}), (300, set())],
)
def test_what_is_late_gives_way_from_the_largest_on(ago_ms: float, made: set[int]) -> None:
    with working() as parent:
        parent.send(clip()[0])
        parent.returned()
        parent.send(clip()[1], ago_ms)
        numbers, controls = parent.returned()
        assert numbers == made
        assert "keyframe" not in controls, "it was decoded"
        parent.send(clip()[2])
        assert parent.returned()[0] == {1, 2, 3}


def test_what_is_too_late_is_left_out_up_to_a_key_frame() -> None:
    with working() as parent:
        parent.send(clip()[0])
        parent.returned()
        parent.now[0] += 1_000
        parent.send(clip()[1], ago_ms=450)
        numbers, controls = parent.returned()
        assert numbers == set() and controls.count("keyframe") == 1
        parent.send(clip()[2])
        assert parent.returned()[0] == set()
        parent.send(clip()[20])
        assert clip()[20].is_keyframe
        assert parent.returned()[0] == {1, 2, 3}


def out_of_order() -> list[Encoded]:
    """Pictures that refer to later ones, as files and some cameras have them."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 1000), Fraction(10)
    encoder.options = {"preset": "fast", "bf": "2", "b-adapt": "0", "rc-lookahead": "0"}
    pictures = []
    for number in range(12):
        frame = av.VideoFrame(320, 180, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((20 * number + 10,)) * plane.buffer_size)
        frame.pts, frame.time_base = number * 100, Fraction(1, 1000)
        pictures += encoder.encode(frame)
    pictures += encoder.encode(None)
    return [Encoded(float(one.pts or 0), bytes(one), one.is_keyframe) for one in pictures]


def test_pictures_out_of_order_come_back_in_theirs() -> None:
    pictures = out_of_order()
    times = [one.at_ms for one in pictures]
    assert times != sorted(times)
    with working() as parent:
        for one in pictures:
            parent.send(one)
            parent.returned()
        returned = [parent.packetizer.ts(at_ms) for at_ms in sorted(times)]
        came = list(dict.fromkeys(parent.times[NUMBERS["+180"]]))
        assert came == returned[: len(came)] and len(came) >= 8


def test_a_source_that_changes_its_size_is_followed() -> None:
    large = picture_clip(Codec.H264, 2.0, 10, 640, 360)
    with working() as parent:
        parent.send(clip()[0])
        parent.returned()
        parent.send(Encoded(500.0, large[0].data, is_keyframe=True))
        numbers, controls = parent.returned()
        assert numbers == {1, 2, 3}
        assert controls.count("rendition") == 1, "only the largest has another size"


def test_a_key_frame_is_asked_for_again_and_again_but_not_often() -> None:
    with working() as parent:
        asked = 0
        for _ in range(40):
            parent.now[0] += 100
            asked += parent.returned(1)[1].count("keyframe")
        assert 7 <= asked <= 9


def test_a_parent_that_does_not_read_loses_whole_pictures() -> None:
    with working() as parent:
        for number in range(200):
            encoded = clip()[number % 40]
            at_ms = number * 100.0
            parent.send(Encoded(at_ms, encoded.data, encoded.is_keyframe))
            parent.child.work()
        frames = []
        parent.line.setblocking(False)
        for _ in range(60):
            parent.child.work()
            try:
                frames += list(parent.reader.feed(parent.line.recv(1 << 18)))
            except BlockingIOError:
                break
        packets = [frame.packet for frame in frames if isinstance(frame, TapPacket)]
        assert sum(map(len, packets)) < 6 * MOST_UNSENT_BYTES
        for number in NUMBERS.values():
            seqs = [
                int.from_bytes(frame.packet[2:4], "big")
                for frame in frames
                if isinstance(frame, TapPacket) and frame.track_number == number
            ]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "no numbers without packets"


def test_a_parent_that_is_gone_ends_it() -> None:
    with working() as parent:
        parent.line.close()
        parent.child.run()


def test_a_parent_that_makes_no_sense_is_left() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(encode_control("renditions", wanted=[]))
        with pytest.raises(ProtocolError):
            Child(Line(theirs)).run()
