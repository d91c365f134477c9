"""Data channels of aiortc's own client over real loopback UDP, on good and bad links."""

import asyncio
import subprocess
import sys

import pytest

from relay.io import channels
from relay.io.channels import LANES
from relay.io.media_session import SubscriberSession
from relay.metrics import CHANNEL_OPEN_SECONDS, HANDSHAKES, PEERS
from relay.rtp.sctp_limits import MOST_MESSAGE_BYTES
from streamsvc.base.ids import MediaSessionId
from streamsvc.base.sessions import MediaParty
from tests.support.channel_peers import (
    VOICE,
    Heard,
    PagePeer,
    TwoPaths,
    invited,
    look_at,
    room,
)
from tests.support.netem import Netem
from tests.support.rtp_peers import LESSON, RunningRelay, Viewer, party, running_relay
from tests.support.waiting import SECOND, until

pytestmark = pytest.mark.timeout(60 * SECOND)


def begun(
    running: RunningRelay, media: Viewer, lane: int = 0, netem: Netem | None = None
) -> PagePeer:
    page = PagePeer(media, lane, netem)
    running.peers.append(page)
    return page


async def page_of(
    running: RunningRelay, media: Viewer, lane: int = 0, netem: Netem | None = None
) -> PagePeer:
    page = begun(running, media, lane, netem)
    await page.join(running)
    await until(lambda: page.is_open, 20, "the channel is open")
    return page


async def test_messages_go_both_ways_and_how_long_it_took_is_counted() -> None:
    before = opened()
    async with running_relay() as running:
        page = await page_of(running, await invited(running))
        page.channel.send('{"heard":3}')
        page.channel.send('{"heard":3}')
        await until(lambda: page.heard.messages == ['{"heard":3}'] * 2)
        assert PEERS.labels("channel")._value.get() == 1  # noqa: SLF001
        assert opened() == before + 1
        number = page.number_in(running)
        running.relay.send_on_channel(number, "words")
        running.relay.send_on_channel(number, b"x" * MOST_MESSAGE_BYTES)
        await until(lambda: len(page.got) == 2)
        assert page.got == ["words", b"x" * MOST_MESSAGE_BYTES]
        running.relay.send_on_channel(MediaSessionId("chn_unknown"), "nobody")


def opened() -> float:
    """Channels that were counted."""
    return counted("_count")


def seconds_to_open() -> float:
    """Of all of them."""
    return counted("_sum")


def counted(end: str) -> float:
    samples = next(iter(CHANNEL_OPEN_SECONDS.collect())).samples
    return next(sample.value for sample in samples if sample.name.endswith(end))


async def test_where_two_of_five_are_lost_the_others_come() -> None:
    async with running_relay() as running:
        netem = running.netem(seed=7)
        page = await page_of(running, await invited(running), netem=netem)
        netem.loss_up = netem.loss_down = 0.4
        netem.delay = 0.1
        number = page.number_in(running)
        for count in range(100):
            running.relay.send_on_channel(number, f"{count} {'x' * 400}")
            await asyncio.sleep(0.03)
        # With a window as RFC 9260 has it, most of them still wait to be sent.
        await until(lambda: len(page.got) >= 45, 1)
        assert len(page.got) == len(set(page.got))


async def test_it_ends_with_its_participant_and_with_the_lesson() -> None:
    async with running_relay() as running:
        page = await page_of(running, await invited(running))
        other = await page_of(running, await invited(running, room("other")))
        running.relay.close_party(LESSON, room("other").participant_id)
        assert (page.heard.has_ended, other.heard.has_ended) == (0, 1)
        await running.relay.close_lesson(LESSON)
        assert page.heard.has_ended == 1


async def test_it_outlives_its_media_session_and_nobody_comes_by_that_any_more() -> None:
    async with running_relay() as running:
        media = await invited(running)
        page = await page_of(running, media)
        await running.relay.close(media.session_id)
        late = begun(running, media, lane=1)
        await late.join(running)
        await asyncio.sleep(2)
        page.channel.send('{"heard":3}')
        await until(lambda: page.heard.messages == ['{"heard":3}'])
        assert (page.heard.has_ended, late.heard) == (0, Heard())
        assert len(running.reported.channels) == 1


async def test_a_page_tries_all_lanes_at_once_and_comes_back_by_each() -> None:
    async with running_relay() as running:
        media = await invited(running)
        lanes = [begun(running, media, lane) for lane in range(LANES)]
        for page in lanes:
            await page.join(running)
        await until(lambda: all(page.is_open for page in lanes), 20)
        for page in lanes:
            await page.connection.close()
        await until(lambda: PEERS.labels("channel")._value.get() == 0, 5)  # noqa: SLF001
        again = await page_of(running, media)
        again.channel.send('{"heard":3}')
        await until(lambda: again.heard.messages == ['{"heard":3}'])


async def test_of_those_that_a_page_tried_the_first_that_says_a_word_stays() -> None:
    async with running_relay() as running:
        media, screen = await invited(running), await invited(running)
        second = await page_of(running, screen)
        left, chosen = [await page_of(running, media, lane) for lane in (0, 1)]
        netem = running.netem()
        netem.delay = 0.5
        trying = begun(running, media, 2, netem)
        await trying.join(running)
        await until(lambda: PEERS.labels("channel")._value.get() == 4)  # noqa: SLF001
        failed = failed_handshakes()
        chosen.channel.send('{"heard":3}')
        await until(lambda: left.heard.has_ended == trying.heard.has_ended == 1, 5)
        assert chosen.heard == Heard(['{"heard":3}'])
        assert second.heard == Heard()
        again = await page_of(running, media)
        again.channel.send('{"heard":4}')
        await until(lambda: again.heard.messages == ['{"heard":4}'])
        assert chosen.heard.has_ended == 0
        assert failed_handshakes() == failed


async def test_an_address_that_changes_during_the_handshake_goes_on_with_it() -> None:
    async with running_relay() as running:
        netem = TwoPaths(("127.0.0.1", running.relay.media_port))
        running.netems.append(netem)
        netem.start()
        media = await invited(running)
        netem.delay = 0.25
        page = begun(running, media, netem=netem)
        await page.join(running)
        await until(lambda: netem.has_nominated and len(running.reported.channels) == 1, 5)
        await asyncio.sleep(0.1)
        assert not page.is_open
        netem.nominate_other()
        await until(lambda: page.is_open, 5)
        assert len(running.reported.channels) == 1
        page.channel.send('{"heard":3}')
        await until(lambda: page.heard.messages == ['{"heard":3}'])


async def test_who_comes_from_elsewhere_after_ten_seconds_is_another_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "TRY_SECONDS", 0.5)
    async with running_relay() as running:
        media = await invited(running)
        netem = running.netem()
        netem.delay = 0.5
        first = begun(running, media, netem=netem)
        await first.join(running)
        await until(lambda: len(running.reported.channels) == 1, 5)
        netem.is_cut = True
        await asyncio.sleep(0.6)
        second = await page_of(running, media)
        assert (first.heard.has_ended, second.heard.has_ended) == (1, 0)


@pytest.mark.parametrize("has_given_up", [True, False])
async def test_how_long_it_took_is_counted_from_the_first_try_unless_it_was_given_up(
    monkeypatch: pytest.MonkeyPatch, has_given_up: bool
) -> None:
    monkeypatch.setattr(channels, "GIVEN_UP_SECONDS", 0.5 if has_given_up else 30.0)
    before = seconds_to_open()
    async with running_relay(handshake_seconds=4.0) as running:
        media = await invited(running)
        netem = running.netem()
        netem.delay = 0.5
        first = begun(running, media, netem=netem)
        await first.join(running)
        await until(lambda: len(running.reported.channels) == 1)
        netem.is_cut = True
        await until(lambda: first.heard.has_ended == 1)
        await asyncio.sleep(0.6)
        second = await page_of(running, media, 1)
        second.channel.send('{"heard":3}')
        await until(lambda: second.heard.messages)
        assert (seconds_to_open() - before > 4.0) is not has_given_up


async def test_a_try_that_nobody_answers_is_ended_soon_and_the_next_check_asks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("relay.io.dtls.UNANSWERED_SECONDS", 0.5)
    async with running_relay() as running:
        netem = running.netem()
        page = begun(running, await invited(running), netem=netem)
        cut_when_it_comes(running, page, netem)
        await page.begin(running)
        failed = failed_handshakes()
        await until(lambda: page.heard.has_ended == 1, 3)
        assert failed_handshakes() == failed + 1
        netem.is_cut = False
        await until(lambda: page.is_open, 20)
        assert (len(running.reported.channels), page.heard.has_ended) == (2, 1)


def cut_when_it_comes(running: RunningRelay, page: PagePeer, netem: Netem) -> None:
    """The page's link, as soon as its first check is here."""

    def listener() -> Heard:
        netem.is_cut = not any(known is page.heard for known in running.reported.channels.values())
        return page.heard

    running.reported.listener = listener


async def test_a_try_that_its_page_left_for_another_is_no_failed_handshake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("relay.io.dtls.UNANSWERED_SECONDS", 0.5)
    async with running_relay() as running:
        media, netem = await invited(running), running.netem()
        chosen, left = await page_of(running, media), begun(running, media, 1, netem)
        failed = failed_handshakes()
        cut_when_it_comes(running, left, netem)
        await left.begin(running)
        await until(lambda: left.heard.has_ended == 1)
        assert (failed_handshakes(), chosen.heard) == (failed, Heard())


def failed_handshakes() -> float:
    return float(HANDSHAKES.labels("failed")._value.get())  # noqa: SLF001


async def test_of_one_participant_the_oldest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MOST_OF_PARTY", 2)
    async with running_relay() as running:
        media = await invited(running)
        first, second = [await page_of(running, media, lane) for lane in (0, 1)]
        assert first.heard.has_ended == 0
        third = await page_of(running, media, 2)
        await until(lambda: first.heard.has_ended == 1)
        assert (second.heard.has_ended, third.heard.has_ended) == (0, 0)


async def test_a_page_that_lost_the_goodbye_has_it_again_when_it_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("relay.io.channel.SILENT_SECONDS", 1.0)
    monkeypatch.setattr("relay.io.dtls.GOODBYE_AGAIN_SECONDS", 0.2)
    async with running_relay() as running:
        netem = running.netem()
        page = await page_of(running, await invited(running), netem=netem)
        page.channel.send('{"heard":3}')
        await until(lambda: page.heard.messages)
        netem.is_cut = True
        await until(lambda: page.heard.has_ended == 1)
        await asyncio.sleep(0.25)
        netem.is_cut = False
        assert page.is_open
        page.channel.send('{"heard":4}')
        sctp = page.connection.sctp
        assert sctp is not None
        await until(lambda: sctp.transport.state == "closed")
        assert page.heard.messages == ['{"heard":3}']


async def test_it_ends_when_the_page_leaves() -> None:
    async with running_relay() as running:
        page = await page_of(running, await invited(running))
        await page.connection.close()
        await until(lambda: page.heard.has_ended == 1)


async def nothing_of(running: RunningRelay, page: PagePeer) -> None:
    await page.join(running)
    await asyncio.sleep(3)
    assert not page.is_open


async def test_who_has_another_certificate_than_the_media_gets_none() -> None:
    async with running_relay() as running:
        page = PagePeer(await invited(running), is_known=False)
        running.peers.append(page)
        await nothing_of(running, page)
        await until(lambda: page.heard.has_ended == 1, 5)
        assert page.heard.messages == []


@pytest.mark.parametrize(
    ("who", "lost", "round_trip", "has_way"),
    [
        (party("person"), 0.4, 0.6, False),
        (room(), 0.05, 0.1, False),
        (room(), 0.2, 0.1, True),
        (room(), 0.0, 0.25, True),
    ],
)
async def test_only_rooms_whose_links_are_far_or_lose_have_a_way_in(
    who: MediaParty, lost: float, round_trip: float, has_way: bool
) -> None:
    async with running_relay() as running:
        media = await running.watch(who, slots=VOICE)
        await until(lambda: media.is_connected, 20)
        look_at(running, media.session_id, fraction_lost=lost, round_trip=round_trip)
        page = begun(running, media)
        if has_way:
            await page.join(running)
            await until(lambda: page.is_open, 20)
        else:
            await nothing_of(running, page)
        assert (len(running.reported.channels) == 1) is has_way


async def test_a_link_that_became_thin_has_no_way_in_until_it_takes_more() -> None:
    async with running_relay() as running:
        media = await invited(running)
        look_at(running, media.session_id, fraction_lost=0.4, round_trip=0.6, link_bps=64_000)
        await nothing_of(running, begun(running, media))
        assert not running.reported.channels
        look_at(running, media.session_id, fraction_lost=0.4, round_trip=0.6)
        page = begun(running, media)
        await page.join(running)
        await until(lambda: page.is_open, 20)


@pytest.mark.parametrize("bound", ["MOST_CONNECTED", "MOST_ASKED"])
async def test_one_too_many_gets_none_until_there_is_a_place(
    monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    async with running_relay(max_peers=1) as running:
        media = await invited(running)
        with monkeypatch.context() as patch:
            if bound == "MOST_CONNECTED":
                patch.setattr(channels, bound, 1)
                await page_of(running, media)
            else:
                patch.setattr(channels, bound, 0)
            late = begun(running, media, 1)
            await nothing_of(running, late)
            assert late.heard == Heard()
        await until(lambda: late.is_open, 20)


async def test_of_tries_that_connect_together_those_too_many_are_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "MOST_CONNECTED", 1)
    async with running_relay() as running:
        media = [await invited(running, room(name)) for name in ("first", "second")]
        pages = []
        for number, each in enumerate(media, 1):
            netem = running.netem()
            netem.delay = 0.4
            pages.append(begun(running, each, netem=netem))
            await pages[-1].join(running)
            await until(lambda number=number: len(running.reported.channels) == number)  # type: ignore[misc]
        await until(lambda: sum(page.heard.has_ended for page in pages) == 1, 20)
        stays, goes = sorted(pages, key=lambda page: page.heard.has_ended)
        await until(lambda: stays.is_open)
        stays.channel.send('{"heard":3}')
        await until(lambda: stays.heard.messages == ['{"heard":3}'])
        assert (stays.heard.has_ended, goes.heard) == (0, Heard([], 1))
        tasks = {task.get_name() for task in asyncio.all_tasks()}
        assert f"relay/{stays.number_in(running)}" in tasks
        assert f"relay/{goes.number_in(running)}" not in tasks
        assert PEERS.labels("channel")._value.get() == 1  # noqa: SLF001


async def test_where_the_engine_has_no_places_the_media_go_on_without_a_way_in() -> None:
    async with running_relay() as running:
        media = await invited(running, is_due=False, round_trip=0.1)
        places = running.relay._engine._ice  # type: ignore[attr-defined]  # noqa: SLF001
        taken = range(10**6, 10**6 + len(places._free) - LANES + 1)  # noqa: SLF001
        for number in taken:
            places.take(number)
        look_at(running, media.session_id, fraction_lost=0.4)
        assert len(places._free) == LANES - 1  # noqa: SLF001
        await nothing_of(running, begun(running, media))
        places.give_back(taken[0])
        look_at(running, media.session_id, fraction_lost=0.4)
        await page_of(running, media, 1)


async def test_who_loses_takes_the_way_in_of_who_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "MOST_INVITED", 1)
    async with running_relay() as running:
        first = await invited(running, is_due=False)
        second = await invited(running, room("second"), is_due=False)
        await nothing_of(running, begun(running, second))
        look_at(running, second.session_id, fraction_lost=0.4)
        await page_of(running, second, 1)
        look_at(running, first.session_id, fraction_lost=0.4)
        await nothing_of(running, begun(running, first))  # the way in is in use


async def test_nobody_listens_until_the_lesson_is_here() -> None:
    async with running_relay() as running:
        page = begun(running, await invited(running))
        running.reported.listener = lambda: None
        await page.begin(running)
        await asyncio.sleep(2)
        assert not page.is_open
        assert PEERS.labels("channel")._value.get() == 0  # noqa: SLF001
        running.reported.listener = lambda: page.heard
        await until(lambda: page.is_open, 20)


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
