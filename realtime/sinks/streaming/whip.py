"""``WhipPublisher``: publishes by WebRTC to a WHIP server (RFC 9725), through aiortc."""

import asyncio
import importlib
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import av
import numpy as np
import numpy.typing as npt
import requests

from realtime.ending import closed_on_error
from realtime.errors import SinkError, from_extra
from realtime.sinks.streaming.destination import Destination
from realtime.sinks.streaming.encoding import H264, Silence
from realtime.sinks.streaming.publisher import Format, Publisher

ANSWER_S = 10.0
"""How long the server may take to answer, and then again to connect."""

CHECK = "Check the address whip:https://HOST/PATH; a bearer token stands before the host, as TOKEN@HOST"

_T = TypeVar("_T")


class WhipPublisher(Publisher):
    """A WebRTC session with one H.264 and one Opus track. An event loop in a separate thread sends its packets.

    No server but the destination is asked, so no STUN server learns of the stream.

    Args:
        destination: the server. A user name in its URL is a bearer token; with a password, both log in by HTTP.
        frames: the frames that ``send`` gets.

    Raises:
        MissingExtra: aiortc is not installed.
        SinkError: the server does not answer, or refuses the stream.
    """

    def __init__(self, destination: Destination, frames: Format) -> None:
        with from_extra("whip"):
            self._rtc = importlib.import_module("aiortc")
        self._destination = destination
        self._url, self._headers, self._login = _access(destination.url)
        self._session = ""
        self._lost = ""
        encoders: tuple[Any, Any] = (av.CodecContext.create("libx264", "w"), av.CodecContext.create("libopus", "w"))
        self._h264, self._silence = H264(encoders[0], frames, profile="baseline"), Silence(encoders[1])
        encoders[1].open()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="webrtc", daemon=True)
        self._thread.start()
        with closed_on_error(self):
            self._done(self._connect())

    def send(self, i420: npt.NDArray[np.uint8], time_s: float) -> None:
        """Send one frame, after the silence before it."""
        if self._lost:
            what = f"{self._destination.label} ended the stream: the connection is {self._lost}"
            raise SinkError(what, cure=CHECK)
        for sound in self._silence.until(time_s) if self._takes_sound else ():
            self._loop.call_soon_threadsafe(self._sound.put, sound)
        for packet in self._h264.encode(i420, time_s):
            self._loop.call_soon_threadsafe(self._video.put, packet)

    def close(self) -> None:
        """End the session. May be called twice."""
        if self._loop.is_closed():
            return
        with suppress(requests.RequestException):
            if self._session:
                requests.delete(self._session, headers=self._headers, auth=self._login, timeout=1)
        with suppress(Exception):  # aiortc's errors have no common base
            self._done(self._peer.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(self) -> None:
        rtc = self._rtc
        self._peer = rtc.RTCPeerConnection(rtc.RTCConfiguration(iceServers=[]))
        self._video, self._sound = (_track(rtc, kind) for kind in ("video", "audio"))
        transceivers = []
        for track, codec in ((self._video, "video/h264"), (self._sound, "audio/opus")):
            known = rtc.RTCRtpSender.getCapabilities(track.kind).codecs
            transceiver = self._peer.addTransceiver(track, direction="sendonly")
            transceiver.setCodecPreferences([each for each in known if each.mimeType.lower() == codec])
            transceivers.append(transceiver)
        await self._peer.setLocalDescription(await self._peer.createOffer())
        answer = await asyncio.to_thread(self._offer, self._peer.localDescription.sdp)
        settled = asyncio.Event()

        def changed() -> None:
            state = self._peer.connectionState
            self._lost = state if state in ("failed", "closed", "disconnected") else ""
            if state != "connecting":
                settled.set()

        self._peer.on("connectionstatechange", changed)
        await self._peer.setRemoteDescription(rtc.RTCSessionDescription(sdp=answer, type="answer"))
        takes_video, self._takes_sound = (each.currentDirection == "sendonly" for each in transceivers)
        if not takes_video:
            raise self._destination.failed("the server takes no H.264 video", cure="Allow H.264 on the server")
        with suppress(TimeoutError):
            await asyncio.wait_for(settled.wait(), ANSWER_S)
        if self._peer.connectionState != "connected":
            cure = "Check the firewall, and the addresses that the server announces"
            raise self._destination.failed("the server answered, but its UDP ports do not", cure=cure)

    def _offer(self, sdp: str) -> str:
        """Send the offer by HTTP; return the answer."""
        headers = {**self._headers, "Content-Type": "application/sdp"}
        try:
            reply = requests.post(self._url, data=sdp, headers=headers, auth=self._login, timeout=ANSWER_S)
        except requests.RequestException as error:
            why = "does not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
            raise self._destination.failed(f"the server {why}", cure="Check host and port") from error
        if reply.status_code in (401, 403):
            raise self._destination.failed("the server refused the token", cure=CHECK)
        if not reply.ok or not reply.text.startswith("v="):
            raise self._destination.failed(f"the server answers {reply.status_code} {reply.reason}", cure=CHECK)
        self._session = urljoin(reply.url, reply.headers.get("Location", ""))
        return reply.text

    def _done(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run ``work`` in the event loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _access(url: str) -> tuple[str, dict[str, str], tuple[str, str] | None]:
    """Split the login from a URL; return the rest, the headers with the bearer token, and the user with password."""
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    user, password = unquote(parts.username or ""), parts.password
    if password is not None:
        return bare, {}, (user, unquote(password))
    return bare, {"Authorization": f"Bearer {user}"} if user else {}, None


def _track(rtc: Any, kind: str) -> Any:
    """Make a track that sends encoded packets as they come."""

    class Track(rtc.MediaStreamTrack):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.kind = kind
            self._packets: asyncio.Queue[Any] = asyncio.Queue()
            self.put = self._packets.put_nowait

        async def recv(self) -> Any:
            return await self._packets.get()

    return Track()
