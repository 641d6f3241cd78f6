"""A WHIP server (RFC 9725) by aiortc: takes one offer after another, and decodes what comes."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import uvicorn
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.realtime.stand_ins import until


class WhipServer:
    """Serves at ``url`` until ``close``.

    Args:
        token: the bearer token that it wants; empty for none.
        takes: the kinds of tracks that it takes.

    Attributes:
        url: its address, without the word whip.
        frames: the decoded frames so far, as ``(H, W, 3) uint8 BGR``.
        sounds: the decoded pieces of sound so far.
        ended: the number of sessions that the publisher has ended by HTTP.
    """

    def __init__(self, token: str = "", takes: Sequence[str] = ("video", "audio")) -> None:
        self.frames: list[Any] = []
        self.sounds: list[Any] = []
        self.ended = 0
        self._token, self._takes = token, takes
        self._peers: list[RTCPeerConnection] = []
        self._jobs: set[asyncio.Task[None]] = set()
        routes = [Route("/live/whip", self._offer, methods=["POST"]), Route("/s/1", self._end, methods=["DELETE"])]
        config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="error", lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until(lambda: self._server.started)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/live/whip"

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def hang_up(self) -> None:
        """End the sessions, and serve on."""
        loop = self._server.servers[0].get_loop()
        asyncio.run_coroutine_threadsafe(self._leave(), loop).result()

    async def _offer(self, request: Request) -> Response:
        if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
            return Response("no", status_code=401)
        assert request.headers["content-type"] == "application/sdp"
        peer = RTCPeerConnection()
        self._peers.append(peer)
        peer.on("track", lambda track: self._start(self._receive(track)))
        await peer.setRemoteDescription(RTCSessionDescription((await request.body()).decode(), "offer"))
        for transceiver in peer.getTransceivers():
            if transceiver.kind not in self._takes:
                transceiver.direction = "inactive"
        await peer.setLocalDescription(await peer.createAnswer())
        headers = {"Location": "/s/1", "Content-Type": "application/sdp"}
        return Response(peer.localDescription.sdp, status_code=201, headers=headers)

    async def _end(self, request: Request) -> Response:
        self.ended += 1
        await self._leave()
        return Response()

    async def _leave(self) -> None:
        while self._peers:
            await self._peers.pop().close()

    def _start(self, job: Any) -> None:
        self._jobs.add(asyncio.ensure_future(job))

    async def _receive(self, track: Any) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                self.frames.append(frame.to_ndarray(format="bgr24"))
            elif isinstance(frame, AudioFrame):
                self.sounds.append(frame.to_ndarray())
