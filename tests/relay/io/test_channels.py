"""Data channels of aiortc's own client over real loopback UDP, on good and bad links."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from aiortc import RTCDataChannel

from relay.io import channels
from relay.io.channels import MOST_ASKED
from relay.io.media_session import SubscriberSession
from relay.io.relay import Relay
from relay.metrics import PEERS
from relay.sdp.data_channel import MOST_MESSAGE_BYTES
from streamsvc.base.errors import Overload, ProtocolError
from streamsvc.base.ids import MediaSessionId
from tests.support.netem import Netem
from tests.support.rtp_peers import LESSON, Peer, RunningRelay, party, running_relay
from tests.support.waiting import SECOND, until

pytestmark = pytest.mark.timeout(60 * SECOND)


@dataclass
class Heard:
    """A `ChannelListener` that keeps everything."""

    messages: list[str | bytes] = field(default_factory=list)
    has_ended: int = 0

    def heard(self, message: str | bytes) -> None:
        self.messages.append(message)

    def ended(self) -> None:
        self.has_ended += 1


class PagePeer(Peer):
    """As a page opens it: one channel, agreed beforehand."""

    channel: RTCDataChannel

    def __init__(self, netem: Netem | None = None) -> None:
        super().__init__(netem)
        self.got: list[str | bytes] = []
        self.heard = Heard()
        self.channel = self.connection.createDataChannel(
            "events", negotiated=True, id=0, ordered=False, maxRetransmits=0
        )
        self.channel.on("message", self.got.append)

    async def join(self, relay: Relay, name: str = "room") -> None:
        offer = await self.offer()
        answer = await relay.open_channel(party(name), offer, self.heard)
        self.session_id = answer.session_id
        await self.accept(answer.sdp, relay.media_port)

    @property
    def is_open(self) -> bool:
        return bool(self.channel.readyState == "open")


async def page_of(
    running: RunningRelay, name: str = "room", netem: Netem | None = None
) -> PagePeer:
    page = PagePeer(netem)
    running.peers.append(page)
    await page.join(running.relay, name)
    await until(lambda: page.is_open, 20, "the channel is open")
    return page


async def test_messages_go_both_ways() -> None:
    async with running_relay() as running:
        page = await page_of(running)
        page.channel.send('{"heard":3}')
        await until(lambda: page.heard.messages == ['{"heard":3}'])
        await until(lambda: PEERS.labels("channel")._value.get() == 1)  # noqa: SLF001
        running.relay.send_on_channel(page.session_id, "words")
        running.relay.send_on_channel(page.session_id, b"x" * MOST_MESSAGE_BYTES)
        await until(lambda: len(page.got) == 2)
        assert page.got == ["words", b"x" * MOST_MESSAGE_BYTES]
        running.relay.send_on_channel(MediaSessionId("chn_unknown"), "nobody")


async def test_where_two_of_five_are_lost_the_others_come() -> None:
    async with running_relay() as running:
        netem = running.netem(seed=7)
        page = await page_of(running, netem=netem)
        netem.loss_up = netem.loss_down = 0.4
        netem.delay = 0.1
        for number in range(100):
            running.relay.send_on_channel(page.session_id, f"{number} {'x' * 400}")
            await asyncio.sleep(0.03)
        # With a window as RFC 9260 has it, most of them still wait to be sent.
        await until(lambda: len(page.got) >= 45, 1)
        assert len(page.got) == len(set(page.got))


async def test_a_participant_has_two_screens_and_they_end_with_the_lesson() -> None:
    async with running_relay() as running:
        first = await page_of(running)
        second = await page_of(running)
        assert first.heard.has_ended == 0
        third = await page_of(running)
        await until(lambda: first.heard.has_ended == 1)
        assert (second.heard.has_ended, third.heard.has_ended) == (0, 0)
        other = await page_of(running, "other")
        running.relay.close_party(LESSON, party("other").participant_id)
        assert (second.heard.has_ended, other.heard.has_ended) == (0, 1)
        await running.relay.close_lesson(LESSON)
        assert second.heard.has_ended == 1


async def test_the_answer_that_comes_counts_though_the_page_asked_again() -> None:
    async with running_relay() as running:
        page = PagePeer()
        running.peers.append(page)
        offer, later = await page.offer(), [Heard() for _ in range(MOST_ASKED)]
        answer = await running.relay.open_channel(party("room"), offer, page.heard)
        for heard in later[: MOST_ASKED - 1]:
            await running.relay.open_channel(party("room"), offer, heard)
        await page.accept(answer.sdp, running.relay.media_port)
        await until(lambda: page.is_open, 20)
        for heard in later[MOST_ASKED - 1 :]:  # asked long ago, and only now here
            await running.relay.open_channel(party("room"), offer, heard)
        page.channel.send('{"heard":3}')
        await until(lambda: page.heard.messages == ['{"heard":3}'])
        assert page.heard.has_ended == 0


async def test_it_ends_when_the_page_leaves() -> None:
    async with running_relay() as running:
        page = await page_of(running)
        await page.connection.close()
        await until(lambda: page.heard.has_ended == 1)


async def test_an_offer_of_media_or_one_too_many_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "MOST_CHANNELS", 1)
    async with running_relay(max_peers=1) as running:
        media = Peer()
        running.peers.append(media)
        media.connection.addTransceiver("audio", direction="recvonly")
        with pytest.raises(ProtocolError, match="sdp-no-data-channel"):
            await running.relay.open_channel(party("room"), await media.offer(), Heard())
        await page_of(running)
        late = PagePeer()
        running.peers.append(late)
        with pytest.raises(Overload, match="relay-full"):
            await late.join(running.relay, "late")
        await running.watch(party("beside"))  # media have places of their own


async def test_what_a_link_loses_is_told_by_what_is_believed_of_its_voice() -> None:
    async with running_relay() as running:
        room = party("room")
        await running.watch(room)
        assert running.relay.fraction_lost(LESSON, room.participant_id) == 0
        (session,) = running.relay._sessions.of_party(LESSON, room.participant_id)  # noqa: SLF001
        assert isinstance(session, SubscriberSession)
        session.voice.lost = 0.4
        assert running.relay.fraction_lost(LESSON, room.participant_id) == 0.4
        assert running.relay.fraction_lost(LESSON, party("other").participant_id) == 0


def test_a_relay_without_channels_imports_no_aiortc() -> None:
    code = "import sys, relay.io.relay; sys.exit('aiortc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
