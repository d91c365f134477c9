"""Publishes aiortc tracks through a WHIP door."""

from collections.abc import Sequence

import httpx
from aiortc import MediaStreamTrack
from aiortc.rtcrtpsender import RTCRtpSender

from relay.client.http_session import GrantSource
from relay.client.peer import MediaPeer


class WhipPublisher:
    """One publication. H.264 and Opus; a track may give encoded packets or frames."""

    def __init__(
        self, url: str, grant: GrantSource, *, http: httpx.AsyncClient, near: str = ""
    ) -> None:
        self.url = url
        self.peer = MediaPeer(http, grant, near)

    async def publish(self, tracks: Sequence[MediaStreamTrack], *, take_over: bool = False) -> None:
        """Go on air. Raises like `MediaPeer.open`."""
        for track in tracks:
            transceiver = self.peer.connection.addTransceiver(track, direction="sendonly")
            if track.kind == "video":
                codecs = RTCRtpSender.getCapabilities("video").codecs
                wanted = ("video/h264", "video/rtx")
                transceiver.setCodecPreferences(
                    [codec for codec in codecs if codec.mimeType.lower() in wanted]
                )
        url = httpx.URL(self.url)
        await self.peer.open(str(url.copy_merge_params({"take_over": "1"}) if take_over else url))

    async def wait_broken(self) -> None:
        """Return when this publication has ended, for whatever reason."""
        await self.peer.wait_broken()

    async def close(self) -> None:
        """Go off air."""
        await self.peer.close()
