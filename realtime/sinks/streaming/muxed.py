"""``MuxedPublisher``: publishes by RTMP and RTSP through FFmpeg, and MPEG-TS by SRT through libsrt."""

import socket
from contextlib import ExitStack, suppress
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from realtime.ending import closed_on_error
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
    "flv": "Check the stream key and the rest of the address, and that nobody streams there already",
    "rtsp": "Check user, password and path in the address, and that nobody streams there already",
    "mpegts": "Check streamid=... and passphrase=... in the address",
}
"""What to check if a server refuses a stream, by the format."""


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
        self._open = ExitStack()
        self._muxer = MUXERS[destination.kind]
        with closed_on_error(self), av.logging.Capture(local=False) as said:
            av.logging.set_level(av.logging.ERROR)
            file: Any = destination.url
            try:
                if destination.kind == "srt":
                    file = self._open.enter_context(SrtSocket(destination))
                else:
                    socket.getaddrinfo(destination.host, None)  # FFmpeg reports an unknown host as an I/O error
                container = av.open(file, "w", self._muxer, options=OPTIONS[self._muxer], buffer_size=PACKET_BYTES)
                self._container = self._open.enter_context(container)
                self._video, self._sound = container.add_stream("libx264"), container.add_stream("aac")
                self._h264, self._silence = H264(self._video.codec_context, frames), Silence(self._sound.codec_context)
                container.start_encoding()
            except (av.FFmpegError, OSError) as error:
                raise self._refused(error, "; ".join(dict.fromkeys(line.strip() for _, _, line in said))) from error

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
                f"{self._destination.label} ended the stream: {self._why(error)}", cure=CHECK[self._muxer]
            ) from error

    def close(self) -> None:
        """End the stream. May be called twice."""
        with suppress(av.FFmpegError, OSError):  # the server may be gone
            self._open.close()

    def _refused(self, error: Exception, said: str) -> SinkError:
        """Word the error of a connection that did not open; FFmpeg logged what it ``said``."""
        to = self._destination
        if isinstance(error, av.error.ProtocolNotFoundError):
            cure = "pip install --force-reinstall --only-binary :all: av"
            return to.failed(f"PyAV {av.__version__} cannot send {to.kind}", cure=cure)
        if isinstance(error, ConnectionRefusedError):
            return to.failed("no server listens there", cure="Start the server, or check host and port")
        if isinstance(error, socket.gaierror):
            why = f"{to.host} is no known host: {error.strerror}"
            return to.failed(why, cure="Check the host and the network connection")
        why = to.without_secrets(said) or self._why(error)
        return to.failed(f"the server refused it: {why}", cure=CHECK[self._muxer])

    def _why(self, error: Exception) -> str:
        return self._destination.without_secrets(str(getattr(error, "strerror", None) or error))
