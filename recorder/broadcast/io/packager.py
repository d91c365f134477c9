"""One lesson's packager: packets of every layer in, the live folder out."""

import logging
import re
from collections.abc import Callable
from typing import Any

from recorder.broadcast.io.live_folder import LiveFolder
from recorder.broadcast.io.rendition import STREAMS, Place, Stream
from recorder.broadcast.io.voices import LessonVoice
from recorder.broadcast.plan import naming
from recorder.broadcast.plan.board import BoardShelf
from recorder.broadcast.plan.cutter import CutPart, PartCutter
from recorder.broadcast.plan.live_axis import LiveAxis
from recorder.broadcast.plan.screen import ScreenDates
from recorder.broadcast.plan.sources import NAMES, WAIT_MS, Sources
from recorder.broadcast.plan.variants import Variant, multivariant
from recorder.broadcast.plan.voice_cutter import VoiceCutter
from recorder.plan.timeline import PublicationClock
from recorder.plan.tracks import VoiceTrack
from recorder.plan.voice import VoiceLine
from streamsvc.base.media import Codec, MediaKind, Slot
from streamsvc.base.tap import TapControl, TapPacket

log = logging.getLogger("recorder.broadcast")

VOICE_WAIT_MS = 260.0
"""Voice that has not come so long after its time is silence: more than a missing packet is waited
for, and less than makes a picture wait."""
MOST_VOICE_WAIT_MS, LATE_SLACK_MS = 2_000.0, 60.0
"""Where voice comes later than that, up to so much: it is waited for a little longer."""
NO_PICTURE_MS = 3_000.0
"""A teacher without a camera: after this the pictures are blank."""

RETURN_MS = 5_000.0
"""After another packager a stream's layer comes back so soon, or not."""

Say = Callable[..., None]


class Rendition:
    """A cutter, and a stream for each form of the voice."""

    def __init__(self, name: str, cutter: PartCutter | VoiceCutter, streams: list[Stream]) -> None:
        self.name = name
        self.cutter = cutter
        self.streams = streams
        self.fed_by: str | None = None


class Packager:
    """`control` and `packet` as they come, `advance` every few hundredths of a second."""

    def __init__(self, folder: LiveFolder, part_ms: float, zero_wall_ms: int, say: Say) -> None:
        self._folder = folder
        self._part_ms = part_ms
        self._place = Place(folder, part_ms, zero_wall_ms, _next_run(folder))
        self._say = say
        self._axis = LiveAxis(zero_wall_ms)
        self._clock = PublicationClock()
        self._tracks: dict[int, tuple[Slot, MediaKind, str]] = {}
        self._sources = {Slot.LEAD: Sources(clock=self._clock), Slot.SCREEN: Sources(most=1)}
        self._line = VoiceLine()
        self._voice_track: VoiceTrack | None = None
        self._voice = LessonVoice()
        self._board = BoardShelf(folder.text(naming.BOARD_DATES))
        self._screen = ScreenDates(self._board.screen)
        self._pieces: list[str] = []
        """Of what happened on the board, before its end has come."""
        self._renditions: dict[str, Rendition] = {}
        self._missing = {name.partition("-")[0] for name in folder.streams()}
        """Renditions that the packager before had, and that have not come back."""
        self._mains: dict[str, str] = {}
        """Multivariant playlists as they stand."""
        self._opened_ms: float | None = None
        self.is_ended = False

    def reopened(self) -> None:
        """The service has connected anew: it tells again which tracks there are."""
        self._tracks.clear()
        self._pieces.clear()

    # ---- what comes

    def control(self, control: TapControl) -> None:
        """A track begins or ends, or something happened on the board. KeyError, ValueError: it is
        not understood."""
        fields = control.fields
        match control.type:
            case "track":
                self._open_track(fields)
            case "track_closed":
                self._tracks.pop(int(fields["number"]), None)
            case "board_piece":
                self._pieces.append(str(fields["words"]))
            case "board":
                self._add_board(fields)
            case "captions":
                file, data = self._board.add_captions(int(fields["at_ms"]), str(fields["lines"]))
                self._folder.write(file, data)
                self._keep_dates()
            case "end":
                self.is_ended = True

    def packet(self, packet: TapPacket) -> None:
        """Of a track that was told."""
        found = self._tracks.get(packet.track_number)
        if found is None:
            return
        now_ms = self._axis.at(packet.arrival_ms)
        slot, kind, rid = found
        if kind is MediaKind.AUDIO and self._voice_track is not None:
            self._voice_track.push(packet.packet, now_ms)
        elif kind is MediaKind.VIDEO and rid in self._sources[slot].layers:
            self._sources[slot].layers[rid].track.push(packet.packet, now_ms)

    def _open_track(self, fields: dict[str, Any]) -> None:
        slot, kind = Slot(fields["slot"]), MediaKind(fields["kind"])
        codec, rid = Codec(fields["codec"]), str(fields["rid"])
        if slot is Slot.STAGE or (slot is Slot.SCREEN and kind is MediaKind.AUDIO):
            return  # children's pictures and voices are not for an audience
        if slot is Slot.LEAD and all(its is not Slot.LEAD for its, _, _ in self._tracks.values()):
            # perhaps another publisher: its clock is its own
            self._clock = self._sources[Slot.LEAD].clock = PublicationClock()
        self._tracks[int(fields["number"])] = (slot, kind, rid)
        if kind is MediaKind.AUDIO:
            if self._voice_track is not None:
                self._voice.extend(self._voice_track.samples)
            self._voice_track = VoiceTrack(self._clock, self._line)
            self._voice_track.wait_ms = WAIT_MS
        elif self._sources[slot].open(rid, codec, str(fields.get("source", ""))) is None:
            self._say("state", reason=f"no-h264-{slot.value}")
        elif self._sources[slot].refused:
            self._sources[slot].refused.clear()
            self._say("state", reason=None)  # made of it, or another publisher's

    def _add_board(self, fields: dict[str, Any]) -> None:
        events = "".join(self._pieces) + str(fields["events"])
        self._pieces.clear()
        at_ms, is_state = int(fields["at_ms"]), bool(fields["is_state"])
        file, data = self._board.add(at_ms, events, is_state=is_state)
        self._folder.write(file, data)
        self._keep_dates()

    def _keep_dates(self) -> None:
        self._folder.append(naming.BOARD_DATES, self._board.unsaved().encode())

    def _note_screen(self, now_ms: float, wall_ms: int) -> None:
        is_shared = "screen" in self._renditions and any(
            slot is Slot.SCREEN for slot, _, _ in self._tracks.values()
        )
        playlist = self._screen.see(is_shared, now_ms)
        if playlist is not None:
            self._board.note_screen(wall_ms, playlist)
            self._keep_dates()

    # ---- time

    def advance(self, wall_ms: int, now: float) -> None:
        """It is `wall_ms`. Raises OSError when the disk does not take it."""
        now_ms = self._axis.now(wall_ms)
        if self._opened_ms is None:
            self._opened_ms = now_ms
        self._take_voice(now_ms)
        for slot in self._sources:
            self._take_pictures(slot, now_ms)
        if now_ms - self._opened_ms >= RETURN_MS:
            self._bring_back(now_ms)
        self._note_screen(now_ms, wall_ms)
        told = [one for one in self._renditions.values() if self._cut(one, now_ms, now)]
        if told:
            self._publish(told)

    def finish(self, wall_ms: int, now: float) -> None:
        """The lesson is over: the last playlists say so. Raises OSError."""
        self.advance(wall_ms, now)
        self._bring_back(self._axis.now_ms)
        for rendition in self._renditions.values():
            for stream in rendition.streams:
                stream.end()
                stream.write_playlists(self._board.dates, [], is_whole=True)
        self._say("ended")

    def close(self) -> None:
        """Free the muxers."""
        for rendition in self._renditions.values():
            for stream in rendition.streams:
                stream.close()

    # ---- voice

    def _take_voice(self, now_ms: float) -> None:
        track = self._voice_track
        if track is not None:
            track.advance(now_ms)
            self._voice.extend(track.samples)
            track.samples = []
        if self._line.end is None and self._renditions:
            self._line.begin_at(now_ms - self._part_ms)
        if self._line.end is not None:
            self._voice.extend(self._line.fill_to(now_ms - self._voice_wait_ms))

    @property
    def _voice_wait_ms(self) -> float:
        """A teacher's way may become longer for good: her clock follows that for minutes."""
        late_ms = self._voice_track.late_ms if self._voice_track is not None else 0.0
        if late_ms > MOST_VOICE_WAIT_MS:
            return VOICE_WAIT_MS  # a clock that was set
        return max(VOICE_WAIT_MS, late_ms + LATE_SLACK_MS)

    # ---- pictures

    def _take_pictures(self, slot: Slot, now_ms: float) -> None:
        sources = self._sources[slot]
        for layer in sources.layers.values():
            layer.track.advance(now_ms)
            for picture in layer.track.pictures:
                layer.note(picture, now_ms)
                self._feed(slot, layer.rid, picture, now_ms)
            layer.track.pictures.clear()
        if sources.place(now_ms):
            self._make_renditions(slot)
        if slot is Slot.LEAD and self._is_without_picture(now_ms):
            cutter = PartCutter(self._part_ms)
            cutter.begin(now_ms)
            self._make(NAMES[0], cutter)
            self._make_voice(now_ms)

    def _is_without_picture(self, now_ms: float) -> bool:
        if NAMES[0] in self._renditions or self._sources[Slot.LEAD].layers:
            return False
        return self._voice_track is not None and now_ms - (self._opened_ms or 0.0) > NO_PICTURE_MS

    def _bring_back(self, now_ms: float) -> None:
        """Streams of the packager before whose layer has not come back go on all the same, blank or
        with what the next smaller one shows: whoever watches them would wait for ever."""
        for name in sorted(self._missing - self._renditions.keys()):
            if name == "voice":
                self._make_voice(now_ms)
            elif name in (*NAMES, "screen"):
                cutter = PartCutter(self._part_ms)
                cutter.begin(now_ms)
                self._make(name, cutter)
        self._missing.clear()

    def _feed(self, slot: Slot, rid: str, picture: Any, now_ms: float) -> None:
        sources = self._sources[slot]
        names = NAMES if slot is Slot.LEAD else ("screen",)
        for place, name in enumerate(names if sources.places else ()):
            rendition = self._renditions.get(name)
            if rendition is None:
                continue
            cutter = rendition.cutter
            assert isinstance(cutter, PartCutter)
            if (
                sources.feeding(min(place, len(sources.places) - 1), now_ms) in (None, rid)
                and rendition.fed_by != rid
                and picture.is_keyframe
            ):
                rendition.fed_by = rid
                cutter.lose()
            if rendition.fed_by == rid:
                cutter.add_picture(picture)

    def _make_renditions(self, slot: Slot) -> None:
        sources = self._sources[slot]
        for place, rid in enumerate(sources.places):
            if _name(slot, place) not in self._renditions:
                rendition = self._make(_name(slot, place), PartCutter(self._part_ms))
                rendition.fed_by = rid
            rendition = self._renditions[_name(slot, place)]
            cutter, layer = rendition.cutter, sources.layers[rid]
            if rendition.fed_by in (None, rid) and isinstance(cutter, PartCutter):
                rendition.fed_by = rid
                for picture in layer.since_keyframe:
                    cutter.add_picture(picture)
            layer.since_keyframe.clear()
        if slot is Slot.LEAD:
            self._make_voice(self._axis.now_ms)

    def _make_voice(self, start_ms: float) -> None:
        cutter = VoiceCutter(self._part_ms)
        cutter.begin(start_ms)
        self._make("voice", cutter)

    def _make(self, name: str, cutter: PartCutter | VoiceCutter) -> Rendition:
        known = self._renditions.get(name)
        if known is not None:
            return known
        streams = [Stream(self._place, name, audio) for audio in STREAMS]
        made = self._renditions[name] = Rendition(name, cutter, streams)
        return made

    # ---- parts

    def _cut(self, rendition: Rendition, now_ms: float, now: float) -> bool:
        """Write every part that is certain; True if there was one."""
        is_told = False
        while (part := self._next_part(rendition, now_ms)) is not None:
            for stream in rendition.streams:
                voice = self._voice.rows[stream.audio].between(part.start_ms, part.end_ms)
                stream.add(part, voice, now)
            is_told = True
        return is_told

    def _next_part(self, rendition: Rendition, now_ms: float) -> CutPart | None:
        if isinstance(rendition.cutter, VoiceCutter):
            return rendition.cutter.next_part(self._voice.end_ms)
        return rendition.cutter.next_part(now_ms, self._voice.end_ms)

    def _publish(self, told: list[Rendition]) -> None:
        streams = [stream for one in self._renditions.values() for stream in one.streams]
        newest = {}
        for stream in [stream for one in told for stream in one.streams]:
            if stream.shelf.newest is not None:
                same = [one for one in streams if _family(one.name) == _family(stream.name)]
                newest[stream.name] = stream.reached
                is_whole = stream.reached[2] or stream.shelf.is_first
                stream.write_playlists(self._board.dates, same, is_whole=is_whole)
        self._write_main(streams)
        self._say("published", newest=newest)

    def _write_main(self, streams: list[Stream]) -> None:
        """The addresses of all; again only when something of them has changed."""
        if any(s.variant is None or s.shelf.newest and s.shelf.newest.part == 0 for s in streams):
            for stream in streams:
                stream.variant = stream.describe()
        mine: dict[str, list[Variant]] = {}
        for stream in streams:
            if stream.variant is not None:
                file = naming.multivariant_file(_family(stream.name), stream.audio)
                mine.setdefault(file, []).append(stream.variant)
        for file, variants in mine.items():
            words = multivariant(variants)
            if self._mains.get(file) != words:
                self._folder.write(file, words.encode())
                self._mains[file] = words


def _name(slot: Slot, place: int) -> str:
    return NAMES[place] if slot is Slot.LEAD else "screen"


def _family(name: str) -> str:
    """Which multivariant playlist names a stream."""
    first = name.split("-", maxsplit=1)[0]
    return first if first in ("voice", "screen") else "main"


def _next_run(folder: LiveFolder) -> int:
    """How many packagers this folder has had, and one."""
    found = [re.search(r"init-(\d+)-", path.name) for path in folder.path.glob("*/init-*.mp4")]
    return max((int(one[1]) for one in found if one), default=0) + 1
