"""The relay's end of the tap, for tests: a schedule of packets, sent at any speed, and kept until
the recorder says that they are on disk."""

import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamsvc.base.media import Codec, MediaKind, Slot
from streamsvc.base.tap import TapControl, TapReader, encode_control, encode_packet
from tests.support.rtp_media import Encoded, Packetizer, picture_clip, voice_clip

REPORT_EVERY_MS = 1_000


@dataclass(frozen=True)
class Sent:
    """One packet of the schedule, `at_ms` after the lesson's start."""

    at_ms: float
    track_number: int
    packet: bytes


@dataclass
class TestTrack:
    """A track of the schedule."""

    __test__ = False
    number: int
    slot: Slot
    codec: Codec
    clip: tuple[Encoded, ...]
    participant_id: str = "par_lead"
    label: str = "Ms Li"
    start_ms: float = 0.0
    ssrc: int = 0
    delay_ms: float = 30.0
    packetizer: Packetizer = field(init=False)

    def __post_init__(self) -> None:
        self.packetizer = Packetizer(self.codec, self.ssrc or 1_000 + self.number)

    @property
    def kind(self) -> MediaKind:
        """Follows from the codec."""
        return MediaKind.AUDIO if self.codec is Codec.OPUS else MediaKind.VIDEO

    def schedule(self, wall_ms: int) -> list[Sent]:
        """Its packets and a sender report each second; the lesson starts at `wall_ms`."""
        sent = []
        next_report_ms = 300.0
        for encoded in self.clip:
            at_ms = self.start_ms + encoded.at_ms
            if encoded.at_ms >= next_report_ms:
                report = self.packetizer.sender_report(encoded.at_ms, wall_ms + at_ms)
                sent.append(Sent(at_ms + self.delay_ms, self.number, report))
                next_report_ms += REPORT_EVERY_MS
            for packet in self.packetizer.packets(encoded):
                sent.append(Sent(at_ms + self.delay_ms, self.number, packet))
        return sent


def lead_tracks(seconds: float, codec: Codec = Codec.H264) -> list[TestTrack]:
    """Camera and microphone of the lead teacher."""
    return [
        TestTrack(1, Slot.LEAD, Codec.OPUS, voice_clip(seconds)),
        TestTrack(2, Slot.LEAD, codec, picture_clip(codec, seconds)),
    ]


def screen_track(seconds: float, start_ms: float = 0.0) -> TestTrack:
    """Her screen."""
    clip = picture_clip(Codec.H264, seconds, 10, 640, 360)
    return TestTrack(3, Slot.SCREEN, Codec.H264, clip, start_ms=start_ms)


def schedule(tracks: Iterable[TestTrack], wall_ms: int) -> list[Sent]:
    """All packets of all tracks in order of arrival."""
    sent = [packet for track in tracks for packet in track.schedule(wall_ms)]
    return sorted(sent, key=lambda packet: packet.at_ms)


class TapClient:
    """A tap connection. Everything sent gets a number; `unsynced` is what must be sent again."""

    def __init__(self, recording_id: str = "rec_test", wall_ms: int | None = None) -> None:
        self.recording_id = recording_id
        self.wall_ms = wall_ms if wall_ms is not None else time.time_ns() // 1_000_000
        self.statuses: list[dict[str, Any]] = []
        self.keyframes: list[int] = []
        self.next_number = 1
        self.unsynced: dict[int, Sent] = {}
        self._tracks: dict[int, TestTrack] = {}
        self.sent_ms = 0.0
        self._lock = threading.RLock()
        self._socket: socket.socket | None = None
        self._reader: threading.Thread | None = None

    def connect(self, path: Path, tracks: Iterable[TestTrack] = ()) -> None:
        """Open (again): tells the recording, the tracks, and sends what was not confirmed."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._reader = threading.Thread(target=self._read, args=(self._socket,), daemon=True)
        self._reader.start()
        first = min(self.unsynced, default=self.next_number)
        self.control(
            "open",
            recording_id=self.recording_id,
            lesson_id="les_test",
            title="Test",
            wall_ms=self.wall_ms,
            next_packet=first,
        )
        for track in [*self._tracks.values(), *tracks]:
            self.open_track(track)
        for sent in list(self.unsynced.values()):
            self._send(self._frame(sent))

    def open_track(self, track: TestTrack) -> None:
        """Announce a track."""
        self._tracks[track.number] = track
        self.control(
            "track",
            number=track.number,
            slot=track.slot.value,
            kind=track.kind.value,
            codec=track.codec.value,
            label=track.label,
            participant_id=track.participant_id,
            wall_ms=self.wall_ms + round(self.sent_ms),
        )

    def close_track(self, number: int, at_ms: float) -> None:
        """A track ended."""
        del self._tracks[number]
        self.control("track_closed", number=number, wall_ms=self.wall_ms + round(at_ms))

    def play(self, packets: Iterable[Sent], *, real_time: bool = False) -> None:
        """Send, at once or when it is time."""
        for sent in packets:
            if real_time:
                due = (self.wall_ms + sent.at_ms) / 1000 - time.time()
                if due > 0:
                    time.sleep(due)
            self.packet(sent)

    def packet(self, sent: Sent) -> None:
        """Send one; it is kept also when nobody is there to take it."""
        with self._lock:
            self.sent_ms = max(self.sent_ms, sent.at_ms)
            self.unsynced[self.next_number] = sent
            self.next_number += 1
            self._send(self._frame(sent))

    @property
    def is_connected(self) -> bool:
        """False once the recorder is gone."""
        return self._socket is not None

    def reconnect(self, path: Path) -> None:
        """After the recorder came back, while another thread goes on sending."""
        with self._lock:
            self.connect(path)

    def close(self, at_ms: float) -> None:
        """The lesson ended."""
        self.control("close", recording_id=self.recording_id, wall_ms=self.wall_ms + round(at_ms))

    def control(self, type: str, **fields: Any) -> None:
        """Send a control message."""
        self._send(encode_control(type, **fields))

    def disconnect(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
        if self._reader is not None:
            self._reader.join(5)
        self._socket = None

    def state(self) -> str:
        """State of the last status."""
        return str(self.statuses[-1]["state"]) if self.statuses else ""

    def _frame(self, sent: Sent) -> bytes:
        return encode_packet(sent.track_number, self.wall_ms + round(sent.at_ms), sent.packet)

    def _send(self, data: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendall(data)
        except OSError:
            self._socket.close()
            self._socket = None

    def _read(self, connected: socket.socket) -> None:
        frames = TapReader()
        while True:
            try:
                data = connected.recv(65_536)
            except OSError:
                return
            if not data:
                return
            for frame in frames.feed(data):
                if isinstance(frame, TapControl):
                    self._take(frame)

    def _take(self, frame: TapControl) -> None:
        if frame.type == "synced":
            for number in [n for n in list(self.unsynced) if n <= frame.fields["packet"]]:
                self.unsynced.pop(number, None)
        elif frame.type == "keyframe":
            self.keyframes.append(frame.fields["number"])
        elif frame.type == "status":
            self.statuses.append(frame.fields)
