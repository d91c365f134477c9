"""A lesson through the relay: real UDP, ICE, DTLS and SRTP, aiortc at both ends."""

import asyncio
import os
import socket
from itertools import pairwise

import pytest

from relay.forwarding import pressure
from streamsvc.base.errors import EnvironmentFault, Overload, ProtocolError, UserError
from streamsvc.base.ids import LessonId, MediaSessionId
from streamsvc.base.media import Codec, MediaKind, Slot
from streamsvc.base.sessions import ClosedBecause
from tests.support.rtp_peers import (
    LESSON,
    PLAYER_SLOTS,
    Picture,
    RunningRelay,
    Tone,
    Watched,
    party,
    running_relay,
)
from tests.support.waiting import until

pytestmark = pytest.mark.integration

BOTH = frozenset(MediaKind)


async def frames_grow(watched: Watched, by: int = 10, seconds: float = 10) -> None:
    """Wait until so many more frames were decoded."""
    before = watched.frames
    await until(lambda: watched.frames >= before + by, seconds, f"{by} more frames")


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])
async def test_a_viewer_sees_and_hears_the_lead_teacher(codec: Codec) -> None:
    async with running_relay() as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture(200), codec=codec)
        await until(lambda: running.reported.opened == [(Slot.LEAD, BOTH)])
        viewer = await running.watch(party("room"))
        await until(lambda: viewer.video(Slot.LEAD).frames >= 20, 10, "frames")
        await until(lambda: viewer.audio(Slot.LEAD).frames >= 50, 10, "voice")
        assert viewer.video(Slot.LEAD).lumas[-1] == pytest.approx(200, abs=12)
        assert max(viewer.audio(Slot.LEAD).loudness) > 1000
        assert viewer.audio(Slot.STAGE).frames == viewer.video(Slot.STAGE).frames == 0


async def test_a_viewer_who_came_first_sees_whoever_starts_later() -> None:
    async with running_relay() as running:
        viewer = await running.watch(party("room"))
        await until(lambda: running.reported.connected == [viewer.session_id], 10)
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture())
        await frames_grow(viewer.video(Slot.LEAD))
        await frames_grow(viewer.audio(Slot.LEAD))


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])
async def test_another_publisher_in_a_slot_goes_on_in_the_same_stream(codec: Codec) -> None:
    async with running_relay() as running:
        viewer = await running.watch(party("room"))
        await running.publish(party("a"), Slot.STAGE, Tone(), Picture(60), codec=codec)
        await frames_grow(viewer.video(Slot.STAGE), 15)
        await running.publish(
            party("b"), Slot.STAGE, Tone(880), Picture(210), codec=codec, take_over=True
        )
        seen = viewer.video(Slot.STAGE)
        await until(lambda: seen.lumas[-1] == pytest.approx(210, abs=15), 10, "the second's gray")
        await frames_grow(seen, 10)
        assert running.reported.closed == [(Slot.STAGE, ClosedBecause.REPLACED)]
        steps = [later - earlier for earlier, later in pairwise(seen.pts)]
        assert min(steps) > 0, "time goes forward"
        wall = (seen.at[-1] - seen.at[0]) * 90_000
        assert seen.pts[-1] - seen.pts[0] == pytest.approx(wall, abs=90_000)


async def test_nobody_is_sent_what_comes_from_her_own_place() -> None:
    async with running_relay() as running:
        await running.publish(party("cam", "room-1"), Slot.STAGE, Tone(), Picture())
        itself = await running.watch(party("screen", "room-1"))
        other = await running.watch(party("screen2", "room-2"))
        await frames_grow(other.video(Slot.STAGE))
        await frames_grow(other.audio(Slot.STAGE))
        assert itself.is_connected
        assert itself.video(Slot.STAGE).frames == itself.audio(Slot.STAGE).frames == 0


async def test_a_room_called_on_stage_does_not_interrupt_the_lead_teacher() -> None:
    async with running_relay() as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture(), codec=Codec.VP8)
        viewer = await running.watch(party("room"))
        lead = viewer.video(Slot.LEAD)
        await frames_grow(lead, 15)
        before = lead.frames
        await running.publish(party("b"), Slot.STAGE, Tone(), Picture(60), codec=Codec.VP8)
        await frames_grow(viewer.video(Slot.STAGE), 10)
        steps = [later - earlier for earlier, later in pairwise(lead.pts[before - 2 :])]
        assert max(steps) <= 2 * 90_000 / 15


async def test_ipv4_and_ipv6_share_one_socket() -> None:
    try:
        async with running_relay(media_host="::") as running:
            await running.publish(party("teacher"), Slot.LEAD, Tone())
            await until(lambda: running.reported.opened != [], 10)
            (publisher,), _ = running.relay.flows(LESSON)
            assert publisher.bitrate_bps[MediaKind.AUDIO] > 0
    except EnvironmentFault:
        pytest.skip("this machine has no IPv6")


async def test_a_taken_port_is_said_at_the_start() -> None:
    async with running_relay() as running:
        taken = running.relay.media_port
        with pytest.raises(EnvironmentFault, match="media-port-taken"):
            async with running_relay(media_port=taken):
                pass


async def test_a_full_node_refuses_more() -> None:
    async with running_relay(max_peers=1) as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone())
        with pytest.raises(Overload, match="relay-full"):
            await running.watch(party("room"))


async def until_refused(running: RunningRelay) -> None:
    """Until the relay has looked at its engine again."""
    for number in range(100):
        stranger = party("curious", lesson_id=LessonId(f"les_{number}"))
        try:
            viewer = await running.watch(stranger)
        except Overload:
            return
        assert viewer.session_id is not None
        await running.relay.close(viewer.session_id)
        await asyncio.sleep(0.1)
    pytest.fail("nobody is refused")


async def test_a_busy_node_refuses_newcomers_and_nobody_who_was_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running_relay() as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone())
        await running.publish(party("teacher"), Slot.SCREEN, Picture())
        room = await running.watch(party("room"))
        gone = await running.watch(party("gone"))
        await until(lambda: len(running.reported.connected) == 2, 10)
        assert gone.session_id is not None
        await running.relay.close(gone.session_id)
        monkeypatch.setattr(pressure, "FULL_SHARE", 0.0)
        await until_refused(running)
        for refused in (party("newcomer"), party("room", lesson_id=LessonId("les_other"))):
            with pytest.raises(Overload, match="relay-busy"):
                await running.watch(refused)
        with pytest.raises(Overload, match="relay-busy"):
            await running.publish(party("b", lesson_id=LessonId("les_other")), Slot.LEAD, Tone())
        for back in (party("room"), party("gone"), party("teacher", origin="at-her-phone")):
            again = await running.watch(back)
            await frames_grow(again.audio(Slot.LEAD))
        await running.publish(party("teacher"), Slot.LEAD, Tone(), take_over=True)
        await frames_grow(room.audio(Slot.LEAD))


async def test_a_taken_slot_is_refused_unless_it_is_taken_over() -> None:
    async with running_relay() as running:
        relay = running.relay
        first = await running.publish(party("a"), Slot.LEAD, Tone())
        with pytest.raises(UserError, match="slot-taken"):
            await running.publish(party("b"), Slot.LEAD, Tone())
        second = await running.publish(party("b"), Slot.LEAD, Tone(), take_over=True)
        assert running.reported.closed == [(Slot.LEAD, ClosedBecause.REPLACED)]
        with pytest.raises(UserError, match="media-session-unknown"):
            await relay.close(first.session_id)
        await relay.close(second.session_id)
        assert running.reported.closed[-1] == (Slot.LEAD, ClosedBecause.ASKED)


async def test_the_same_teacher_comes_back_without_being_asked_to_take_over() -> None:
    async with running_relay(ghost_seconds=0.5) as running:
        netem = running.netem()
        teacher = party("a")
        await running.publish(teacher, Slot.LEAD, Tone(), netem=netem)
        await until(lambda: running.reported.opened != [], 10)
        with pytest.raises(UserError, match="slot-taken"):
            await running.publish(teacher, Slot.LEAD, Tone())
        netem.is_cut = True

        def silence_ms() -> int:
            (flow,), _ = running.relay.flows(LESSON)
            return flow.heard_from_ms_ago

        await until(lambda: silence_ms() > 500, 10, "silent")
        with pytest.raises(UserError, match="slot-taken"):
            await running.publish(party("b"), Slot.LEAD, Tone())
        await running.publish(teacher, Slot.LEAD, Tone())
        assert running.reported.closed == [(Slot.LEAD, ClosedBecause.REPLACED)]


async def test_a_teacher_replaces_the_session_that_she_names() -> None:
    async with running_relay() as running:
        first = await running.publish(party("a"), Slot.LEAD, Tone())
        with pytest.raises(UserError, match="slot-taken"):
            await running.publish(party("b"), Slot.LEAD, Tone(), replaces=first.session_id)
        second = await running.publish(party("a"), Slot.LEAD, Tone(), replaces=first.session_id)
        with pytest.raises(UserError, match="slot-taken"):
            await running.publish(party("a"), Slot.LEAD, Tone(), replaces=first.session_id)
        assert running.reported.closed == [(Slot.LEAD, ClosedBecause.REPLACED)]
        await running.relay.close(second.session_id)


async def test_a_muted_slot_is_silent_and_comes_back() -> None:
    async with running_relay() as running:
        relay = running.relay
        await running.publish(party("a"), Slot.STAGE, Tone(), Picture())
        viewer = await running.watch(party("room"))
        voice = viewer.audio(Slot.STAGE)
        await until(lambda: voice.frames >= 50 and voice.loudness[-1] > 1000, 10, "voice")
        relay.set_muted(LESSON, Slot.STAGE, is_muted=True)
        await frames_grow(viewer.video(Slot.STAGE), 20)
        heard = voice.frames
        await frames_grow(viewer.video(Slot.STAGE), 10)
        assert voice.frames == heard
        relay.set_muted(LESSON, Slot.STAGE, is_muted=False)
        await frames_grow(voice, 25)
        assert voice.loudness[-1] > 1000


async def test_lost_packets_are_repaired_on_both_legs() -> None:
    async with running_relay() as running:
        up, down = running.netem(7), running.netem(8)
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture(180, 640, 360), netem=up)
        viewer = await running.watch(party("room"), down, PLAYER_SLOTS)
        await frames_grow(viewer.video(Slot.LEAD), 15)
        up.loss_up, down.loss_down = 0.05, 0.05
        seen, before = viewer.video(Slot.LEAD), viewer.video(Slot.LEAD).frames
        async with asyncio.timeout(30):
            await frames_grow(seen, 60, 20)
        assert up.lost > 5 and down.lost > 5
        steps = [later - earlier for earlier, later in pairwise(seen.pts[before:])]
        skipped = sum(step > 1.5 * 90_000 / 15 for step in steps)
        print(f"lost up {up.lost}, down {down.lost}; frames skipped {skipped} of {len(steps)}")
        assert skipped <= len(steps) // 10


async def test_a_router_that_forgets_does_not_end_the_lesson() -> None:
    async with running_relay() as running:
        netem = running.netem()
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture())
        viewer = await running.watch(party("room"), netem, PLAYER_SLOTS)
        await frames_grow(viewer.video(Slot.LEAD))
        netem.rebind()
        await frames_grow(viewer.video(Slot.LEAD), 30, 25)
        assert running.reported.gone == []


async def test_a_peer_that_falls_silent_is_closed() -> None:
    async with running_relay(silence_seconds=1.5) as running:
        netem = running.netem()
        await running.publish(party("teacher"), Slot.LEAD, Tone(), netem=netem)
        await until(lambda: running.reported.opened != [], 10)
        netem.is_cut = True
        expected = [(Slot.LEAD, ClosedBecause.SILENT)]
        await until(lambda: running.reported.closed == expected, 10, "closed for silence")


async def test_a_peer_that_never_comes_frees_its_slot() -> None:
    async with running_relay(handshake_seconds=0.3) as running:
        netem = running.netem()
        netem.is_cut = True
        await running.publish(party("teacher"), Slot.LEAD, Tone(), netem=netem)
        expected = [(Slot.LEAD, ClosedBecause.HANDSHAKE)]
        await until(lambda: running.reported.closed == expected, 10)


async def test_garbage_at_the_port_disturbs_nobody() -> None:
    async with running_relay() as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture())
        viewer = await running.watch(party("room"))
        await frames_grow(viewer.video(Slot.LEAD))
        await _storm(running)
        await frames_grow(viewer.video(Slot.LEAD), 15)
        assert running.reported.gone == []
        assert running.reported.closed == []


async def _storm(running: RunningRelay) -> None:
    target = ("127.0.0.1", running.relay.media_port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for number in range(3000):
            size = number % 1600
            sock.sendto(bytes((number % 256,)) + os.urandom(size), target)
            if number % 100 == 0:
                await asyncio.sleep(0)


async def test_the_lesson_ends_for_everybody() -> None:
    async with running_relay() as running:
        relay = running.relay
        await running.publish(party("teacher"), Slot.LEAD, Tone())
        viewer = await running.watch(party("room"))
        await until(lambda: running.reported.connected != [], 10)
        await relay.close_lesson(LESSON)
        assert running.reported.closed == [(Slot.LEAD, ClosedBecause.LESSON_ENDED)]
        assert running.reported.gone == [(viewer.session_id, ClosedBecause.LESSON_ENDED)]
        await until(lambda: viewer.connection.connectionState == "closed", 5, "goodbye arrived")


async def test_a_participant_who_is_sent_away_is_out_at_once() -> None:
    async with running_relay() as running:
        relay = running.relay
        room = party("room")
        teacher = await running.publish(party("teacher"), Slot.LEAD, Tone())
        await running.publish(room, Slot.STAGE, Tone())
        first, second = await running.watch(room), await running.watch(room)
        other = await running.watch(party("other"))
        await until(lambda: len(running.reported.connected) == 3, 10)
        relay.close_party(LESSON, room.participant_id)
        relay.close_party(LESSON, room.participant_id)
        assert running.reported.closed == [(Slot.STAGE, ClosedBecause.ASKED)]
        assert {session_id for session_id, _ in running.reported.gone} == {
            first.session_id,
            second.session_id,
        }
        await until(lambda: first.connection.connectionState == "closed", 5, "goodbye arrived")
        assert relay.session_party(other.session_id).participant_id == party("other").participant_id
        assert relay.session_party(teacher.session_id)


async def test_what_is_recorded_is_what_was_sent() -> None:
    async with running_relay() as running:
        relay = running.relay
        relay.set_tapped(LESSON, is_tapped=True)
        teacher = await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture())
        sink = running.sink
        await until(lambda: len(sink.opened) == 2, 10, "two tracks")
        await until(lambda: all(len(packets) > 60 for packets in sink.packets.values()), 20)
        kinds = {track.kind: track for track in sink.opened}
        assert kinds[MediaKind.VIDEO].codec is Codec.H264
        assert kinds[MediaKind.AUDIO].label == "teacher"
        reports = [p for packets in sink.packets.values() for p in packets if p[1] == 200]
        assert reports, "sender reports are recorded too"
        relay.request_keyframe(LESSON, kinds[MediaKind.VIDEO].number)
        await relay.close(teacher.session_id)
        assert sorted(sink.closed) == sorted(track.number for track in sink.opened)


async def test_flows_tell_what_arrives() -> None:
    async with running_relay() as running:
        relay = running.relay
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture())
        viewer = await running.watch(party("room"))
        await frames_grow(viewer.video(Slot.LEAD), 30)
        relay.flows(LESSON)
        await frames_grow(viewer.video(Slot.LEAD), 45)
        (publisher,), (subscriber,) = relay.flows(LESSON)
        assert publisher.slot is Slot.LEAD and publisher.bitrate_bps[MediaKind.AUDIO] > 5_000
        assert publisher.keyframe_age_ms is not None and publisher.heard_from_ms_ago < 1_000
        assert subscriber.voice_packets is not None and subscriber.picture_packets is not None
        assert subscriber.voice_packets > 10 and subscriber.picture_packets > 5  # of one report
        assert subscriber.fraction_lost == 0 and subscriber.round_trip_ms is not None


async def test_a_session_is_changed_only_with_its_tag() -> None:
    async with running_relay() as running:
        relay = running.relay
        teacher = await running.publish(party("teacher"), Slot.LEAD, Tone())
        fragment = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
        with pytest.raises(UserError, match="etag-required"):
            await relay.trickle(teacher.session_id, fragment, None)
        with pytest.raises(UserError, match="etag-mismatch"):
            await relay.trickle(teacher.session_id, fragment, '"old"')
        with pytest.raises(UserError, match="media-session-unknown"):
            await relay.trickle(MediaSessionId("pub_none"), fragment, "*")
        restarted = await relay.trickle(teacher.session_id, fragment, "*")
        assert restarted.fragment is not None and "a=ice-ufrag:" in restarted.fragment
        again = await relay.trickle(teacher.session_id, fragment, restarted.etag)
        assert again.fragment is None and again.etag == restarted.etag


async def test_an_offer_that_can_not_be_answered_leaves_nothing_behind() -> None:
    async with running_relay() as running:
        with pytest.raises(ProtocolError):
            await running.relay.publish(party("x"), Slot.LEAD, "garbage", take_over=True)
        with pytest.raises(ProtocolError):
            await running.relay.subscribe(party("x"), "garbage")
        assert running.relay.flows(LESSON) == ([], [])
