"""``MuxedPublisher``: publishes by RTMP and RTSP through FFmpeg, and MPEG-TS by SRT through libsrt."""

import socket
from contextlib import ExitStack, suppress
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from realtime.errors import SinkError
from realtime.sinks.streaming.destination import Destination
from realtime.sinks.streaming.encoding import H264, Silence
from realtime.sinks.streaming.publisher import Format, Publisher
from realtime.sinks.streaming.srt import PACKET_BYTES, SrtSocket

MUXERS = {"rtmp": "flv", "rtmps": "flv", "rtsp": "rtsp", "srt": "mpegts"}
"""FFmpeg's name of the format, by the kind of destination."""

OPTIONS = {
    "flv": {"flvflags": "no_duration_filesize"},
    "rtsp": {"rtsp_transport": "tcp"},
    "mpegts": {"flush_packets": "1", "pat_period": "0.5"},
}

CHECK = {
    "rtmp": "Check the stream key and the rest of the address, and that nobody streams there already",
    "rtmps": "Check the stream key and the rest of the address, and that nobody streams there already",
    "rtsp": "Check user, password and path in the address, and that nobody streams there already",
    "srt": "Check streamid=... and passphrase=... in the address",
}
"""What to check if a server refuses a stream, by the kind of destination."""


class MuxedPublisher(Publisher):
    """A stream that FFmpeg muxes.

    Args:
        destination: the server.
        frames: the frames that ``send`` gets.

    Raises:
        SinkError: the server does not answer, or refuses the stream.
    """

    def __init__(self, destination: Destination, frames: Format) -> None:
        self._destination = destination
        self._srt: SrtSocket | None = None
        muxer = MUXERS[destination.kind]
        with ExitStack() as opened, av.logging.Capture(local=False) as said:
            self._said = said
            av.logging.set_level(av.logging.ERROR)
            try:
                if destination.kind == "srt":
                    self._srt = opened.enter_context(SrtSocket(destination))
                else:
                    _resolve(destination)
                self._container = self._open(muxer)
                opened.callback(self.close)
                self._video, self._sound = self._add_tracks(frames)
                self._container.start_encoding()
            except (av.FFmpegError, OSError) as error:
                raise self._refused(error) from error
            opened.pop_all()

    def send(self, i420: npt.NDArray[np.uint8], time_s: float) -> None:
        """Send one frame, after the silence before it."""
        try:
            for sound in self._silence.until(time_s):
                sound.stream = self._sound
                self._container.mux(sound)
            for packet in self._h264.encode(i420, time_s):
                packet.stream = self._video
                self._container.mux(packet)
        except (av.FFmpegError, OSError) as error:
            raise SinkError(
                f"{self._destination.label} ended the stream: {self._why(error)}", cure=CHECK[self._destination.kind]
            ) from error

    def close(self) -> None:
        """End the stream. May be called twice."""
        with suppress(av.FFmpegError, OSError):  # the server may be gone
            self._container.close()
        if self._srt is not None:
            self._srt.close()

    def _open(self, muxer: str) -> OutputContainer:
        if self._srt is None:
            return av.open(self._destination.url, "w", muxer, options=OPTIONS[muxer])
        file = cast(Any, self._srt)
        return av.open(file, "w", muxer, options=OPTIONS[muxer], buffer_size=PACKET_BYTES)

    def _add_tracks(self, frames: Format) -> tuple[VideoStream, AudioStream]:
        video, sound = self._container.add_stream("libx264"), self._container.add_stream("aac")
        self._h264, self._silence = H264(video.codec_context, frames), Silence(sound.codec_context)
        return video, sound

    def _refused(self, error: Exception) -> SinkError:
        """Word the error of a connection that did not open, with what FFmpeg logged."""
        label, host = self._destination.label, self._destination.host
        said = self._destination.without_secrets("; ".join(dict.fromkeys(line.strip() for _, _, line in self._said)))
        if isinstance(error, av.error.ProtocolNotFoundError):
            kind = self._destination.kind
            return SinkError(
                f"PyAV {av.__version__} cannot send {kind}", cure="pip install --force-reinstall --only-binary :all: av"
            )
        if isinstance(error, ConnectionRefusedError):
            cure = "Start the server, or check host and port"
            return SinkError(f"cannot stream to {label}: no server listens there", cure=cure)
        if isinstance(error, socket.gaierror):
            cure = "Check the host and the network connection"
            return SinkError(f"cannot stream to {label}: {host} is no known host: {error.strerror}", cure=cure)
        return SinkError(
            f"cannot stream to {label}: the server refused it: {said or self._why(error)}",
            cure=CHECK[self._destination.kind],
        )

    def _why(self, error: Exception) -> str:
        return self._destination.without_secrets(str(getattr(error, "strerror", None) or error))


def _resolve(destination: Destination) -> None:
    """Look up the host, because FFmpeg reports an unknown one as an input/output error."""
    socket.getaddrinfo(destination.host, None)
