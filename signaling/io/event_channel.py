"""A room's lesson events over its data channel: a second strand whose datagrams may be lost.

It joins the lesson as a second strand does, from where the page says it is, and again when it was
closed or the page was silent; so it has the same rules, and the relay's channel stays meanwhile.
So it also stays while the link loses too little for it: it costs hardly anything until it speaks.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from signaling import metrics
from signaling.io.runner import LessonRunner
from signaling.io.services import Services
from signaling.protocol.heard import Heard, read_heard
from signaling.protocol.inputs import Participant
from signaling.protocol.repeats import Repeats
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import LessonId, MediaSessionId, new_id
from streamsvc.base.sessions import MediaParty
from streamsvc.base.tasks import TaskScope

LEAST_LOST = 0.28
"""TCP and a second strand are enough where a link loses less, also 10 % in bursts, which are more
for a while; and a thin link has no room for a channel beside its picture. A page can't tell: what a
full queue drops it counts over and over."""
SILENT_SECONDS = 10.0
"""A page says something every 2 s; nothing is sent to one that did not for so long."""
JOIN_EVERY_SECONDS = 1.0
LOOK_SECONDS = 1.0


class EventChannel:
    """`ChannelListener` of the relay's channel of that number."""

    def __init__(
        self,
        party: MediaParty,
        session_id: MediaSessionId,
        services: Services,
        runner_of: Callable[[LessonId], LessonRunner | None],
        scope: TaskScope,
    ) -> None:
        self._party = party
        self._session_id = session_id
        self._services = services
        self._runner_of = runner_of
        self._scope = scope
        self._strand: _Strand | None = None
        self._joined_at = float("-inf")
        self._is_over = False

    def heard(self, message: str | bytes) -> None:
        """See `ChannelListener`: the page says how far it is."""
        heard, now = read_heard(message), self._services.clock.now()
        if heard is None or self._is_over:
            return
        if self._strand is None or self._strand.is_closed:
            self._join(heard, now)
        else:
            self._strand.heard(heard, now)

    def ended(self) -> None:
        """See `ChannelListener`."""
        self._is_over = True
        if self._strand is not None:
            self._strand.close(1001, "gone")

    def _join(self, heard: Heard, now: float) -> None:
        lesson_id, participant_id = self._party.lesson_id, self._party.participant_id
        runner = self._runner_of(lesson_id)
        if runner is None or now - self._joined_at < JOIN_EVERY_SECONDS:
            return
        participant = runner.connected(participant_id)
        lost = self._services.relay.fraction_lost(lesson_id, participant_id)
        if participant is None or lost < LEAST_LOST:
            return  # the page says it again
        self._joined_at = now
        strand = _Strand(
            participant, self._services, runner, self._session_id, is_packed=heard.packed
        )
        strand.heard(heard, now)
        with suppress(UserError):  # the lesson is busy; the page says it again
            runner.join_second(strand.id, participant, heard.heard, strand)
            self._strand = strand
            self._scope.start(strand.id, strand.run())


class _Strand:
    """From a join to its end: `signaling.io.outbox.Mailbox` of the audience."""

    def __init__(
        self,
        participant: Participant,
        services: Services,
        runner: LessonRunner,
        session_id: MediaSessionId,
        *,
        is_packed: bool,
    ) -> None:
        self.id = new_id("con")
        self.is_closed = False
        self._participant_id = participant.id
        self._services = services
        self._runner = runner
        self._session_id = session_id
        self._repeats = Repeats(services.clock.now(), is_packed=is_packed)
        self._heard_at = services.clock.now()
        self._wake = asyncio.Event()

    def heard(self, heard: Heard, now: float) -> None:
        """The page is so far. What it lacks and is said no more it gets when it joins again."""
        self._heard_at = now
        self._repeats.confirm(heard.heard)
        if self._repeats.has_hole(heard.heard):
            self.close(1000, "hole")

    # ---- Mailbox

    def put(self, text: str) -> None:
        """What has no number is the first connection's."""

    def put_event(self, text: str, seq: int) -> None:
        """The next event."""
        if not self.is_closed:
            self._repeats.put(seq, text, self._services.clock.now())
            self._wake.set()

    def put_fleeting(self, text: str) -> None:
        """Never of a second strand."""

    def close_with(self, error: StreamsvcError) -> None:
        """Until the page speaks again."""
        self.close(1000, error.error_id)

    def close(self, code: int, reason: str) -> None:
        """Nothing more is sent. Harmless to repeat."""
        self.is_closed = True
        self._wake.set()

    # ---- sending

    async def run(self) -> None:
        """Until it is closed, or the page is silent."""
        metrics.CONNECTIONS.labels("channel").inc()
        try:
            while not self.is_closed:
                await self._pause()
                self._send(self._services.clock.now())
        finally:
            self.is_closed = True
            metrics.CONNECTIONS.labels("channel").dec()
            self._runner.leave(self.id, on_purpose=True)

    async def _pause(self) -> None:
        due_at = self._repeats.next_at()
        seconds = LOOK_SECONDS if due_at is None else due_at - self._services.clock.now()
        if seconds <= 0:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, LOOK_SECONDS)):
                await self._wake.wait()
        self._wake.clear()

    def _send(self, now: float) -> None:
        if now - self._heard_at > SILENT_SECONDS:
            self.is_closed = True
        due_at = self._repeats.next_at()
        if self.is_closed or due_at is None or due_at > now:
            return
        relay, lesson_id = self._services.relay, self._runner.machine.lesson.id
        self._repeats.allow(relay.data_bps(lesson_id, self._participant_id))
        before = self._counted()
        for datagram in self._repeats.take(now):
            relay.send_on_channel(self._session_id, datagram)
        for what, was, is_now in zip(_COUNTED, before, self._counted(), strict=True):
            metrics.CHANNEL_EVENTS.labels(what).inc(is_now - was)

    def _counted(self) -> tuple[int, int, int]:
        return self._repeats.sent, self._repeats.repeated, self._repeats.dropped


_COUNTED = ("sent", "repeated", "dropped")
