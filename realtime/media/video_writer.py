"""``VideoWriter``: writes a video file, frame by frame, for the recording sink and the offline commands.

The file is written as ``NAME.unfinished.mp4`` and renamed when it is finished. Until then it can be played however the
writing ends.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, cast

import av
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from realtime.ending import undisturbed
from realtime.media.codecs import PALETTE, codec_of
from realtime.media.companions import Companions
from realtime.media.failures import cannot_write, write_errors
from realtime.media.large_image import padded
from realtime.media.palette import Palette
from realtime.media.unfinished import Unfinished
from realtime.media.video_pixels import as_bt709
from realtime.media.video_reader import CUT_OUT

FINEST_TICK_HZ = 60_000
"""Lowest resolution of times. A frame lasts a whole number of ticks, so that rates like 30000/1001 stay exact."""


class VideoWriter:
    """A video file that is being written. One thread writes; any may close it, as at the end of a process.

    Args:
        path: the file; its suffix chooses container and codec (``realtime.media.codecs``).
        width_px: width of the frames.
        height_px: height of the frames.
        fps: frames per second; it spaces frames that come without a time.
        alpha: keep an alpha channel; frames are BGRA then.
        companions_of: a file whose sound, subtitles, chapters and tags are added; time 0 is the start of its video.

    Raises:
        SinkError: the suffix is unknown or cannot hold alpha, or the file cannot be created.
    """

    _better: ClassVar[Mapping[str, dict[str, str]]] = {}
    """More options, by encoder."""

    def __init__(
        self,
        path: Path,
        *,
        width_px: int,
        height_px: int,
        fps: Fraction | float,
        alpha: bool = False,
        companions_of: Path | None = None,
    ) -> None:
        self.path = path
        self._codec = codec_of(path)
        self._pixel_format = self._codec.pixel_format(alpha=alpha)
        self._yuv = self._pixel_format.startswith("yuv")
        self._shape = (height_px, width_px, 4 if alpha else 3)
        self._rate = _rate_of(fps)
        self._tick_s = tick_of(fps)
        self._ticks_each = round(1 / (self._rate * self._tick_s))
        self._last = -self._ticks_each
        self._companions: Companions | None = None
        self._palette = Palette()
        self._too_early = 0
        self._before: Packet[VideoStream] | None = None
        self._container: OutputContainer | None = None
        self._at_work = threading.RLock()
        with write_errors(path):
            self._unfinished = Unfinished(path)
        self.part = self._unfinished.path
        with self._failing(self.abort):
            file, options = os.path.abspath(self.part), self._codec.container_options
            self._container = av.open(file, "w", self._codec.container, options=dict(options))
            self._stream = self._add_video(self._container)
            if companions_of is not None:
                self._companions = Companions(companions_of, self._container, self._codec)
            # The header waits for the first packet: FFmpeg's fragmented MP4 crashes if it is closed without one.

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the file does not hold of ``companions_of``, and of the frames so far, in words."""
        left_out = [] if self._companions is None else self._companions.left_out
        return (*left_out, *([f"{self._too_early} frames that come too soon after another"] * bool(self._too_early)))

    def write(self, pixels: npt.NDArray[np.uint8], pts_s: float | None = None) -> None:
        """Append a frame.

        Args:
            pixels: ``(H, W, 3) uint8 BGR``; with alpha ``(H, W, 4) uint8 BGRA``, straight.
            pts_s: when it is shown, from 0; None is one frame after the last. A time that does not grow is moved
                behind the last.

        Raises:
            SinkError: the disk is full, or the file cannot be written.
        """
        if pixels.shape != self._shape or pixels.dtype != np.uint8:
            raise ValueError(f"expected pixels {self._shape} uint8, got {pixels.shape} {pixels.dtype}")
        with self._at_work:
            if self._container is None:
                raise ValueError(f"expected an open writer, got a closed one: {self.path}")
            now = (
                self._last + self._ticks_each if pts_s is None else max(round(pts_s / self._tick_s), self._last + 1, 0)
            )
            if self._last >= 0 and (now - self._last + 1) * self._tick_s < self._codec.shortest_s:
                self._too_early += 1
                return
            self._last = now
            with self._failing(self._release_broken):
                self._encode(self._container, self._frame(pixels))

    def close(self) -> None:
        """Finish the file and rename it; without a frame, leave no file. May be called twice.

        Raises:
            SinkError: the disk is full, or the file cannot be written; the frames so far stay in ``part``.
        """
        with undisturbed(), self._at_work:
            if self._container is None:  # closed before, or broken: a broken file is never renamed
                return
            if self._last < 0:
                self.abort()
                return
            with self._failing(self._release_broken):
                self._encode(self._container, None)
                self._release()
                self.path = self._unfinished.finish()

    def abort(self) -> None:
        """Discard the file. May be called twice; a file that ``close`` finished stays."""
        with undisturbed(), self._at_work:
            self._release_broken()
            self._unfinished.discard()

    @contextlib.contextmanager
    def _failing(self, undo: Callable[[], None]) -> Iterator[None]:
        """Undo what is half written if the block fails, and report why."""
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            undo()
            raise cannot_write(self.path, error) from error

    def _add_video(self, container: OutputContainer) -> VideoStream:
        height_px, width_px = self._shape[:2]
        encoder, odd = self._codec.encoder_of(width_px, height_px)
        added = container.add_stream(
            encoder,
            self._rate,
            options=self._codec.options | self._better.get(encoder, {}),
            width=width_px + (width_px & odd),
            height=height_px + (height_px & odd),
            time_base=self._tick_s,
        )
        stream = cast(VideoStream, added)
        context = stream.codec_context
        context.pix_fmt = self._pixel_format
        if self._yuv:
            context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
            context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        if self._shape[2] == 4:
            stream.metadata["handler_name"] = CUT_OUT
        return stream

    def _frame(self, pixels: npt.NDArray[np.uint8]) -> av.VideoFrame:
        width, height = self._stream.codec_context.width, self._stream.codec_context.height
        if pixels.shape[:2] != (height, width):  # an odd size, and the codec needs an even one
            if self._last == 0:
                self._codec.say_padded(self.path, pixels.shape, (height, width))
            pixels = padded(pixels, (width, height))
        frame = av.VideoFrame.from_ndarray(pixels, "bgra" if self._shape[2] == 4 else "bgr24")
        if not self._yuv:
            frame = frame.reformat(format="bgra")
            return self._palette(frame) if self._pixel_format == PALETTE else frame
        return as_bt709(frame, self._pixel_format)

    def _encode(self, container: OutputContainer, frame: av.VideoFrame | None) -> None:
        """Encode and write a frame; None flushes the encoder."""
        if frame is not None:
            frame.pts, frame.time_base = self._last, self._tick_s
        self._mux(container, self._stream.encode(frame), over=frame is None)

    def _mux(self, container: OutputContainer, packets: "list[Packet[VideoStream]]", *, over: bool) -> None:
        """Write packets of the video, and the sound before them; at the end, all sound up to the end of the video.

        With sound, a packet waits for the next one, which tells its duration. A fragment that ends with audio needs
        it; FFmpeg would guess the time of the next frame.
        """
        if not self._companions:
            container.mux(packets)
            return
        for packet in [*packets, None] if over else packets:
            before, self._before = self._before, packet
            if before is not None:
                starts = before.pts or 0
                before.duration = before.duration if packet is None else (packet.pts or 0) - starts
                container.mux(list(self._companions.until(float(starts * before.time_base))))
                container.mux(before)
        if over:
            container.mux(list(self._companions.until(float((self._last + self._ticks_each) * self._tick_s))))

    def _release(self) -> None:
        container, self._container = self._container, None
        if self._companions is not None:
            self._companions.close()
        if container is not None:
            container.close()

    def _release_broken(self) -> None:
        with contextlib.suppress(av.FFmpegError, OSError):
            self._release()
        self._unfinished.unlock()


def tick_of(fps: Fraction | float) -> Fraction:
    """Return the unit of the times in a file of this frame rate, in seconds."""
    rate = _rate_of(fps)
    return 1 / (rate * rate.denominator * -(-FINEST_TICK_HZ // rate.numerator))


def _rate_of(fps: Fraction | float) -> Fraction:
    return Fraction(fps).limit_denominator(1001)
