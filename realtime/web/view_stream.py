"""Sends a view over a WebSocket: always the newest frame, and never more than two unacknowledged ones.

Each binary message is a header and a JPEG:

    bytes  0..3    number of the frame, unsigned; the client sends it back as text after it has shown the frame
           4..5    width of the frame in px
           6..7    height of the frame in px
           8..9    first row of the alpha in the JPEG; 0 if there is none
          10..11   1 if the frame is a notice, which a mirrored preview does not mirror; else 0
          12..15   float: latency in ms from camera to screen of the last frame that this client showed; NaN at first
          16..     the JPEG

All numbers are little-endian. While two frames are unacknowledged, newer frames replace each other here. So a slow
client gets fewer frames, none of them old, and delays no other client.
"""

import asyncio
import math
import struct
import time
from collections.abc import Callable
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from realtime.sinks.broadcast import Broadcast, EncodedView, View

HEADER = struct.Struct("<IHHHHf")
ON_THE_WAY = 2

GONE = (WebSocketDisconnect, RuntimeError, OSError)
"""The exceptions that Starlette raises for a client that has disconnected."""


class Viewer:
    """One client of one view.

    Args:
        websocket: an accepted WebSocket.
        broadcast: the source of the frames.
        view: the view to send.
        shown: gets the age of each frame that the client has displayed, in seconds since its capture.
    """

    def __init__(self, websocket: WebSocket, broadcast: Broadcast, view: View, shown: Callable[[float], None]) -> None:
        self._websocket = websocket
        self._broadcast = broadcast
        self._view: View = view
        self._shown = shown
        self._newest: EncodedView | None = None
        self._sent: dict[int, float] = {}
        self._age_ms = math.nan
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Send frames until the client disconnects."""
        loop = asyncio.get_running_loop()
        leave = self._broadcast.watch(self._view, lambda picture: loop.call_soon_threadsafe(self._offer, picture))
        sending = asyncio.create_task(self._send())
        try:
            await self._hear()
        finally:
            leave()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _offer(self, picture: EncodedView) -> None:
        self._newest = picture
        self._changed.set()

    async def _send(self) -> None:
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                if (picture := self._newest) is None or len(self._sent) >= ON_THE_WAY:
                    continue
                self._newest = None
                self._sent[picture.number] = picture.captured_s
                await self._websocket.send_bytes(message(picture, self._age_ms))
        except GONE:  # _hear ends as well
            return

    async def _hear(self) -> None:
        while True:
            try:
                number = int(await self._websocket.receive_text())
            except (*GONE, KeyError):  # KeyError: the message is not text
                return
            except ValueError:
                await closed(self._websocket, 1003)
                return
            captured_s = self._sent.pop(number, None)
            if captured_s is not None:
                age_s = time.perf_counter() - captured_s
                self._age_ms = 1000 * age_s
                self._shown(age_s)
            self._changed.set()


async def accepted(websocket: WebSocket) -> bool:
    """Accept a client; return False if it has disconnected."""
    try:
        await websocket.accept()
    except GONE:
        return False
    return True


async def closed(websocket: WebSocket, code: int) -> None:
    """Close the socket of a client, which may have disconnected."""
    with suppress(*GONE):
        await websocket.close(code)


def message(picture: EncodedView, age_ms: float) -> bytes:
    """Return the message for a frame."""
    header = HEADER.pack(
        picture.number & 0xFFFFFFFF, picture.width_px, picture.height_px, picture.alpha_top_px, picture.notice, age_ms
    )
    return header + picture.jpeg
