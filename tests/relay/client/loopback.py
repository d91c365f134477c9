"""A WHIP and WHEP server of forty lines on stock aiortc: the other end for our client's tests."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from fastapi import FastAPI, Request, Response
from starlette.responses import JSONResponse


@dataclass
class Loopback:
    """What the server knows; a test sets `refusal` to make it say no."""

    url: str = ""
    refusal: str | None = None
    opened: int = 0
    patched: int = 0
    peers: dict[str, RTCPeerConnection] = field(default_factory=dict)
    tracks: list[MediaStreamTrack] = field(default_factory=list)

    def is_on_air(self, session: str) -> bool:
        """Whether ICE and DTLS of a session are up."""
        peer = self.peers.get(session)
        return peer is not None and peer.connectionState == "connected"

    async def end(self, session: str) -> None:
        """Hang up, as when somebody else takes the slot."""
        await self.peers.pop(session).close()


@asynccontextmanager
async def loopback() -> AsyncIterator[Loopback]:
    state = Loopback()
    listener = socket.create_server(("127.0.0.1", 0))
    state.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(_app(state), log_level="warning", lifespan="off"))
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        yield state
    finally:
        for session in list(state.peers):
            await state.end(session)
        server.should_exit = True
        await serving


def _app(state: Loopback) -> FastAPI:
    app = FastAPI()
    relay = MediaRelay()

    @app.post("/{door}")
    async def open_session(door: str, request: Request) -> Response:
        if state.refusal is not None:
            return JSONResponse({"error": {"id": state.refusal}}, 409)
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        connection.on("track", state.tracks.append)
        offer = RTCSessionDescription((await request.body()).decode(), "offer")
        await connection.setRemoteDescription(offer)
        if door == "whep":
            for track in state.tracks:
                connection.addTrack(relay.subscribe(track))
        await connection.setLocalDescription(await connection.createAnswer())
        state.opened += 1
        session = f"{door}{state.opened}"
        state.peers[session] = connection
        headers = {"Location": f"/sessions/{session}", "ETag": '"1"'}
        return Response(connection.localDescription.sdp, 201, headers)

    @app.patch("/sessions/{session}")
    async def patch(session: str) -> Response:
        state.patched += 1
        return Response(status_code=204 if session in state.peers else 404)

    @app.delete("/sessions/{session}")
    async def delete(session: str) -> Response:
        if session not in state.peers:
            return Response(status_code=404)
        await state.end(session)
        return Response(status_code=200)

    return app
