"""Encodes frames as H.264 with little latency, and silence beside them. For the process that sends."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from realtime.sinks.streaming.publisher import Format

TICKS_HZ = 90_000
"""Resolution of the times of frames: the clock of MPEG-TS and RTP."""

KEY_FRAME_S = 2.0
"""Time between key frames. A viewer who joins waits for one; YouTube and Twitch ask for at most two to four seconds."""

BITS_PER_PIXEL = 0.1
"""Bit rate, by pixel and frame: 2.8 Mbit/s for 1280x720 at 30 fps. Twitch and YouTube recommend 2.5 to 4 for it."""

LEAST_BITS_S, MOST_BITS_S = 300_000, 6_000_000
"""Limits of the bit rate, in bits per second. Twitch takes at most 6 Mbit/s."""

SOUND_HZ = 48_000


def bit_rate(width_px: int, height_px: int, fps: float) -> int:
    """Return the bit rate for a size, in bits per second."""
    wanted = BITS_PER_PIXEL * width_px * height_px * fps
    return round(min(max(wanted, LEAST_BITS_S), MOST_BITS_S) / 10_000) * 10_000


class H264:
    """Sets up an H.264 encoder, and encodes frames at their times: no frame waits in it.

    Args:
        encoder: a libx264 encoder that is not open yet.
        frames: the frames that ``encode`` gets.
        profile: ``baseline`` for WebRTC, else ``high``.
    """

    def __init__(self, encoder: VideoCodecContext, frames: Format, *, profile: str = "high") -> None:
        bits_s = bit_rate(frames.width_px, frames.height_px, frames.fps)
        encoder.width, encoder.height, encoder.pix_fmt = frames.width_px, frames.height_px, "yuv420p"
        encoder.framerate, encoder.time_base = Fraction(frames.fps).limit_denominator(1001), Fraction(1, TICKS_HZ)
        encoder.bit_rate = bits_s
        encoder.colorspace, encoder.color_range = Colorspace.ITU709, ColorRange.MPEG
        encoder.color_primaries, encoder.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        encoder.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "profile": profile,
            "bf": "0",
            "forced-idr": "1",
            # Key frames come by time, below; this is for a source that speeds up.
            "g": str(max(1, round(2 * KEY_FRAME_S * frames.fps))),
            "maxrate": str(bits_s),
            "bufsize": str(bits_s),
        }
        self._encoder = encoder
        self._last, self._key_s = -1, -KEY_FRAME_S
        self._half_s = 0.5 / frames.fps

    def encode(self, i420: npt.NDArray[np.uint8], time_s: float) -> "list[Packet[VideoStream]]":
        """Encode one frame.

        Args:
            i420: ``(H * 3 / 2, W) uint8``: Y, U and V by BT.709 with a limited range, one below the other.
            time_s: when it is shown, from 0. A time that does not grow is moved behind the last.
        """
        frame = av.VideoFrame.from_ndarray(i420, "yuv420p")
        self._last = max(round(time_s * TICKS_HZ), self._last + 1)
        frame.pts, frame.time_base = self._last, Fraction(1, TICKS_HZ)
        frame.pict_type = PictureType.NONE
        if time_s - self._key_s >= KEY_FRAME_S - self._half_s:
            frame.pict_type, self._key_s = PictureType.I, time_s
        return self._encoder.encode(frame)


class Silence:
    """A silent sound track, because most servers expect one.

    Args:
        encoder: an audio encoder that is not open yet.
    """

    def __init__(self, encoder: AudioCodecContext) -> None:
        encoder.sample_rate, encoder.layout = SOUND_HZ, "stereo"
        if encoder.codec.audio_formats:
            encoder.format = encoder.codec.audio_formats[0]
        encoder.time_base = Fraction(1, SOUND_HZ)
        encoder.bit_rate = 64_000
        self._encoder = encoder
        self._samples = 0

    def until(self, time_s: float) -> Iterator["Packet[AudioStream]"]:
        """Encode the silence that begins before ``time_s``. The encoder must be open."""
        while self._samples < time_s * SOUND_HZ:
            frame = av.AudioFrame(self._encoder.format.name, "stereo", self._encoder.frame_size)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, self._samples, Fraction(1, SOUND_HZ)
            self._samples += frame.samples
            yield from self._encoder.encode(frame)
