"""Who only listens is sent the lead's voice, whatever is offered."""

from dataclasses import replace
from pathlib import Path

from relay.io.media_session import SubscriberSession
from streamsvc.base.media import MediaKind, Slot
from tests.support.rtp_peers import party, running_relay

OFFER = Path(__file__).parents[1] / "sdp" / "offers" / "chromium-room.sdp"


async def test_a_listener_who_offers_all_slots_gets_one() -> None:
    offer = OFFER.read_text()
    async with running_relay() as running:
        await running.relay.subscribe(party("room"), offer)
        await running.relay.subscribe(replace(party("captions"), is_listener=True), offer)
        room, listener = (
            [(one.media.kind, one.media.slot) for one in session.subscriptions]
            for session in running.relay._sessions  # noqa: SLF001
            if isinstance(session, SubscriberSession)
        )
        assert len(room) == 5
        assert listener == [(MediaKind.AUDIO, Slot.LEAD)]
