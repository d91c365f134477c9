"""One invited room in a live lesson: is it here, what reaches it, who helps there.

Evidence decides. Quick evidence (its own link report, every 2 s, or its media session heard by the
relay) is missed after 4 s; a page that sends only pings, or a link that broke without a word, has
the same 4 s from the break. `absent` is only a room that never came or left on purpose.
"""

from dataclasses import replace
from typing import Literal

from signaling.protocol.behind import PICTURES_FROM_MS, BehindReport, ToldBehind
from signaling.protocol.lesson_views import HelperView, LinkSignal, RoomView
from signaling.protocol.signal import ALL_WELL, NOTHING, SteadyLink, lesser
from signaling.protocol.told_ladder import ToldLadder, seen_place
from streamsvc.base.sessions import HeldBy, LadderPlace, LinkPolicy
from streamsvc.school.attendance import RoomSignal, room_signal
from streamsvc.school.records import Room

LOST_AFTER_MS = 4_000
SILENT_PAGE_MS = 25_000
"""A page that never reported its link is believed this long after its last word (pings: 10 s)."""
REPORT_FRESH_MS = 6_000
SETTLES_MS = 4_000
"""A room that was behind had its live pictures withheld; so long after it the relay may still tell
of that, which is no administrator's word."""
LEAVING_MS = 1_000
"""Packets already under way when a page leaves are no evidence that it stayed."""

Presence = Literal["absent", "online", "lost"]


class Seat:
    """Fed with what happens to one room; `view()` is how the wall shows it."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.presence: Presence = "absent"
        self.presence_since_ms = 0
        self.link = SteadyLink()
        self.ladder = ToldLadder()
        self.behind = ToldBehind()
        self.stage_count = 0
        self.still = 0
        # who is connected
        self._connections: set[str] = set()
        self._phones: dict[str, str] = {}
        self._helper: HelperView | None = None
        # evidence
        self._has_come = False
        self._left_at_ms: int | None = None
        self._broke_at_ms: int | None = None
        self._connected_at_ms = 0
        self._heard_ms = 0
        self._heard_quick_ms: int | None = None
        self._report: tuple[LinkSignal, int] | None = None
        self._behind: BehindReport | None = None
        self._was_behind_ms: int | None = None
        self._plays_pictures = False
        self._flow: LinkSignal | None = None
        self._place: LadderPlace | None = None
        self._is_media_due = False
        self._told_policy = room.policy

    @classmethod
    def restored(cls, room: Room, shown: RoomView) -> "Seat":
        """The seat after a restart: as it was shown; whoever was here is not heard yet."""
        seat = cls(room)
        seat.presence = shown.presence
        seat.presence_since_ms = shown.presence_since_ms
        seat.link.jump(shown.link)
        seat.stage_count = shown.stage_count
        seat.still = shown.still
        seat.ladder.jump(shown.ladder)
        seat._helper = shown.helper and shown.helper.model_copy(update={"is_online": False})
        seat._has_come = shown.presence != "absent"
        return seat

    # ---- connections ---------------------------------------------------------------------------

    def connected(self, connection_id: str, now_ms: int) -> None:
        """The room's page said hello."""
        self._connections.add(connection_id)
        self._has_come = True
        self._left_at_ms = self._broke_at_ms = self._heard_quick_ms = None
        self._connected_at_ms = self._heard_ms = now_ms
        self._settle_presence(now_ms)

    def disconnected(self, connection_id: str, now_ms: int, *, on_purpose: bool) -> None:
        """One of its connections ended."""
        self._connections.discard(connection_id)
        if self._connections:
            return
        if on_purpose:
            self._left_at_ms = now_ms
        else:
            self._broke_at_ms = now_ms
        self._settle_presence(now_ms)

    def phone_connected(self, connection_id: str, name: str) -> None:
        """A helper teacher is here, on a phone or another page."""
        self._phones[connection_id] = name
        self._helper = HelperView(name=name, is_online=True)

    def phone_disconnected(self, connection_id: str) -> None:
        """It went."""
        self._phones.pop(connection_id, None)
        if self._helper is not None:
            name = next(reversed(self._phones.values()), self._helper.name)
            self._helper = HelperView(name=name, is_online=bool(self._phones))

    # ---- evidence ------------------------------------------------------------------------------

    def heard(self, now_ms: int) -> None:
        """Any message of its page."""
        self._heard_ms = now_ms

    def reported(self, link: LinkSignal, now_ms: int, behind: BehindReport | None = None) -> None:
        """Its own view of its link, and how far behind the lesson it is."""
        self._report = (link, now_ms)
        if self._behind is not None:
            self._was_behind_ms = now_ms
        self._behind = None if behind is not None and behind.state == "offered" else behind
        if behind is not None and behind.speed > 0:
            self._plays_pictures = link.picture != "none"
        self.behind.feed(behind, now_ms)
        self._heard_quick_ms = self._heard_ms = now_ms
        self._settle_presence(now_ms)

    def flowed(
        self, signal: LinkSignal | None, heard_at_ms: int, place: LadderPlace | None = None
    ) -> None:
        """Its media session, as the relay sees it; None when nothing is sent that could arrive."""
        self._flow = signal
        self._place = place
        is_news = heard_at_ms >= self._connected_at_ms
        if self._left_at_ms is not None and heard_at_ms <= self._left_at_ms + LEAVING_MS:
            is_news = False
        if is_news and self._has_come:
            self._heard_quick_ms = max(self._heard_quick_ms or 0, heard_at_ms)

    def flows_nothing(self) -> None:
        """It has no media session."""
        self._flow = self._place = None

    def poll(self, now_ms: int, *, is_media_due: bool) -> None:
        """Let time pass: presence first, then the link. `is_media_due`: the lesson is live and the
        lead teacher is sending, so a room that shows no sign of sound has none."""
        self._is_media_due = is_media_due
        self._settle_presence(now_ms)
        if self.behind.value is not None and self._fresh_report(now_ms) is None:
            self._behind, self._was_behind_ms = None, now_ms
            self.behind.feed(None, now_ms)
        if self.presence == "online":
            self.link.feed(self._seen(now_ms), now_ms)
            self.ladder.feed(self.place(now_ms), now_ms)

    # ---- conclusions ---------------------------------------------------------------------------

    def evidence(self, now_ms: int) -> LinkSignal:
        """What reached it in the last second, unsmoothed: for the attendance."""
        return self._seen(now_ms) if self.presence == "online" else NOTHING

    def place(self, now_ms: int) -> LadderPlace | None:
        """Where it is on the ladder, unsmoothed: what the relay sends, as far as the room says that
        it arrives."""
        if self.presence != "online" or not self._is_media_due or self._place is None:
            return None
        if self._behind is not None:
            return None  # it sees something else than is sent to it
        was_ms = self._was_behind_ms
        is_settling = was_ms is not None and abs(now_ms - was_ms) < SETTLES_MS
        if is_settling and self._place.held_by is HeldBy.SETTING:
            return None
        report = self._fresh_report(now_ms)
        return self._place if report is None else seen_place(self._place, report)

    def signal(self, now_ms: int, *, is_on_stage: bool) -> RoomSignal:
        """What its attendance is counted by."""
        link, place = self.evidence(now_ms), self.place(now_ms)
        return room_signal(
            is_connected=self.presence == "online",
            has_voice=link.voice != "none",
            has_picture=link.picture != "none",
            is_on_stage=is_on_stage,
            level=None if place is None else place.level,
        )

    def face(self, hand_place: int | None) -> tuple[object, ...]:
        """What `view` shows, cheap to compare: first what changes seldom, then link,
        still and ladder."""
        shown = (self.presence, self.presence_since_ms, hand_place, self._helper, self.stage_count)
        return (shown, self.link.value, self.still, self.ladder.value, self.behind.value)

    def view(self, hand_place: int | None, hand_since_ms: int | None) -> RoomView:
        """How the wall shows it."""
        return RoomView(
            room_id=self.room.id,
            name=self.room.name,
            school_name=self.room.school_name,
            presence=self.presence,
            presence_since_ms=self.presence_since_ms,
            link=self.link.value,
            hand_place=hand_place,
            hand_since_ms=hand_since_ms,
            helper=self._helper,
            stage_count=self.stage_count,
            still=self.still,
            ladder=self.ladder.value,
            behind=self.behind.value,
        )

    @property
    def is_following(self) -> bool:
        """No live path reaches it: it can be neither heard nor seen on stage."""
        return self._behind is not None and self._behind.state == "following"

    @property
    def policy(self) -> LinkPolicy:
        """What holds for its link: an administrator's word, and no live pictures while it is too
        far behind to see them; what it plays needs the link."""
        if self._behind is None or (self._behind.ms < PICTURES_FROM_MS and self._plays_pictures):
            return self.room.policy
        return replace(self.room.policy, is_voice_and_slides=True)

    def policy_due(self) -> LinkPolicy | None:
        """The policy if it is another than was told; call when the relay is told of it."""
        policy = self.policy
        if policy == self._told_policy:
            return None
        self._told_policy = policy
        return policy

    def _settle_presence(self, now_ms: int) -> None:
        presence = self._presence(now_ms)
        if presence == self.presence:
            return
        self.presence = presence
        self.presence_since_ms = now_ms
        self.link.jump(self._seen(now_ms) if presence == "online" else NOTHING)
        if presence == "absent":
            self.ladder.jump(None)

    def _presence(self, now_ms: int) -> Presence:
        if not self._has_come:
            return "absent"
        if self._heard_quick_ms is not None and not self._has_left():
            return "online" if now_ms - self._heard_quick_ms <= LOST_AFTER_MS else "lost"
        if self._has_left():
            return "absent"
        if self._connections:
            return "online" if now_ms - self._heard_ms <= SILENT_PAGE_MS else "lost"
        broke_at_ms = self._broke_at_ms if self._broke_at_ms is not None else -LOST_AFTER_MS - 1
        return "online" if now_ms - broke_at_ms <= LOST_AFTER_MS else "lost"

    def _has_left(self) -> bool:
        """Left on purpose, and not heard since."""
        if self._left_at_ms is None or self._connections:
            return False
        quick_ms = self._heard_quick_ms
        return quick_ms is None or quick_ms <= self._left_at_ms + LEAVING_MS

    def _seen(self, now_ms: int) -> LinkSignal:
        report = self._fresh_report(now_ms)
        if report is not None and self._flow is not None:
            return lesser(report, self._flow)
        return report or self._flow or (NOTHING if self._is_media_due else ALL_WELL)

    def _fresh_report(self, now_ms: int) -> LinkSignal | None:
        if self._report is None or now_ms - self._report[1] > REPORT_FRESH_MS:
            return None
        return self._report[0]
