"""``VideoReader``: the one way to read a video file or stream, frame by frame.

Sources, moving backgrounds, offline clips and the check of uploads read through it. It never takes cover art for the
video, skips damaged packets as players do, and applies one rule for the frame rate and the time of a frame. Frames come
progressive, in the colours of an SDR screen, and with their alpha.
"""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from io import FileIO
from pathlib import Path
from typing import cast

import av
from av.codec.codec import UnknownCodecError
from av.container import Container, InputContainer
from av.error import tag_to_code
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from models.regular import check_regular, descriptor_of
from models.shown import masked
from models.waiting import NOTICE
from realtime.ending import Closing
from realtime.frame import Pixels
from realtime.media.clock import Clock
from realtime.media.deinterlace import Deinterlace, Deinterlacer
from realtime.media.fit import fit
from realtime.media.tone_map import change_of
from realtime.media.video_pixels import LARGEST_PX, over_black, with_alpha

log = logging.getLogger("greenless")

USUAL_FPS = Fraction(30)
"""Frame rate of a file that states none."""

CUT_OUT = "greenless cut-out"
"""Name of the video track of a person who is cut out already, with straight alpha."""

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that see the alpha of a WebM file. FFmpeg's own are faster, but show hidden colours."""

HEIC_BRANDS = frozenset({"heic", "heim", "heis", "heix", "mif1"})
"""Of the images that share a format with MP4. Moving ones have others."""

DAMAGED_IN_A_ROW = 1000
"""After so many damaged packets in a row an endless stream is given up. One joined between two key frames has fewer."""


@dataclass(frozen=True, kw_only=True)
class TimedFrame:
    """A decoded frame and when a player shows it."""

    time_s: float
    """Seconds from the start of the video track; never before the previous frame."""

    lasts_s: float
    """Seconds that the file shows it, or one frame at the average rate."""

    convert: Callable[[], Pixels]
    """Converts it to ``(H, W, 3) uint8 BGR``, upright, with square pixels; with alpha to ``(H, W, 4) uint8 BGRA``,
    straight. Works after the reader is closed, too."""

    def pixels(self) -> Pixels:
        """Convert it to ``(H, W, 3) uint8 BGR``. What is transparent becomes black, so that no hidden colour shows."""
        pixels = self.convert()
        return pixels if pixels.shape[2] == 3 else over_black(pixels)


class VideoReader(Closing):
    """The frames of a video. Damaged packets are skipped and counted.

    Args:
        container: what ``open_container`` returned, or a stream; ``close`` closes it.
        hold_size: fit every frame into the size of the first; otherwise frames follow a change of size.
        deinterlace: what becomes of interlaced frames.
        key_frames: decode only key frames, as they are, in one thread, because each thread holds frames in memory.
        largest_px: FFmpeg refuses a frame of more pixels as damaged, before it allocates memory.

    Raises:
        av.InvalidDataError: there is no video track.
    """

    def __init__(
        self,
        container: InputContainer,
        *,
        hold_size: bool = False,
        deinterlace: Deinterlace = "frame",
        key_frames: bool = False,
        largest_px: int = 0,
    ) -> None:
        self._container = container
        if (stream := video_stream(container)) is None:
            container.close()
            raise _invalid("there is no video track that can be decoded", container.name)
        self._stream = stream
        self._decoder = stream.codec_context if key_frames else _decoder(stream)
        self._decoder.options = {"max_pixels": str(largest_px or LARGEST_PX)}
        self._decoder.thread_type = "AUTO"
        if key_frames:
            self._decoder.thread_type, self._decoder.thread_count = "NONE", 1
            self._decoder.skip_frame = "NONKEY"
        self._deinterlacer = Deinterlacer("off" if key_frames else deinterlace)
        self._doubles = deinterlace == "field"
        self._pixel_shape = stream.sample_aspect_ratio or Fraction(1)
        self._hold_size = hold_size
        self._size: tuple[int, int] | None = None
        self.damaged = 0
        """Packets so far that could not be decoded."""
        self._coded_fps = stream.average_rate or stream.guessed_rate or USUAL_FPS
        self.cut_out = CUT_OUT in (stream.metadata.get("handler_name"), stream.metadata.get("HANDLER_NAME"))
        """Whether greenless wrote it, with the matte as its alpha."""
        self.endless = container.duration is None
        """Whether the container states no duration, as live streams do."""
        self.still = container.format.name.endswith("_pipe") or container.format.name in ("image2", "tty")
        self.still |= container.metadata.get("major_brand") in HEIC_BRANDS
        """Whether it is an image or a text, which FFmpeg plays as well."""

    @property
    def fps(self) -> Fraction:
        """Frames per second, on average. It doubles with the first interlaced frame if each field becomes a frame."""
        return self._coded_fps * (2 if self._doubles and self._deinterlacer.found else 1)

    @property
    def count(self) -> int:
        """Approximate number of frames; 0 if the file does not say. Only while the reader is open."""
        if self._stream.duration:  # first, because an edit list hides frames that the file counts
            return round(_seconds(self._stream.duration, self._stream) * self.fps)
        if self._stream.frames:
            return round(self._stream.frames * self.fps / self._coded_fps)
        lasts = (self._container.duration or 0) - max(self._container.start_time or 0, 0)  # Matroska counts from time 0
        return round(Fraction(max(lasts, 0), av.time_base) * self.fps)

    def seek(self, time_s: float) -> None:
        """Let ``frames`` begin at a key frame that is not later than ``time_s``.

        Raises:
            OSError, av.FFmpegError: the file cannot seek.
        """
        start_s = stream_start_s(self._stream) + Fraction(time_s)
        self._container.seek(int(start_s / (self._stream.time_base or 1)), stream=self._stream)

    def frames(self) -> Iterator[TimedFrame]:
        """Every frame that can be decoded, once.

        Raises:
            OSError, av.FFmpegError: the disk or the network fails. A file that is cut off just ends.
        """
        clock: Clock | None = None
        time_s, next_s = Fraction(0), Fraction(0)
        for frame in self._progressive():
            usual_s, at_s = 1 / self.fps, next_s
            if frame.pts is not None:
                known = self._stream.start_time is not None
                start_s = stream_start_s(self._stream) if known else _seconds(frame.pts, frame)
                clock = clock or Clock(start_s, self._container.format.name)
                at_s = clock(_seconds(frame.pts, frame), usual_s)
            time_s = max(at_s, time_s)
            lasts_s = _seconds(frame.duration, frame) or usual_s
            next_s = time_s + usual_s
            yield TimedFrame(time_s=float(time_s), lasts_s=float(lasts_s), convert=partial(self._pixels, frame))

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._container.close()

    def _progressive(self) -> Iterator[av.VideoFrame]:
        deinterlacer, name = self._deinterlacer, _label(self._container)
        for frame in self._decoded():
            if (change := change_of(frame)) is not None:
                say_once(f"{name}: {change}")
            yield from deinterlacer(frame)
            if deinterlacer.telecined:
                say_once(f"{name} looks like telecined film; its frame rate stays")
        yield from deinterlacer.flush()

    def _decoded(self) -> Iterator[av.VideoFrame]:
        packets, in_a_row = self._container.demux(self._stream), 0
        while True:
            try:
                if (packet := next(packets, None)) is None:
                    return
            except av.InvalidDataError:  # the file is cut off here
                self.damaged += 1
                return
            if not packet.size and packet.dts is not None:  # repeats a frame; the decoder refuses it
                continue
            try:
                for frame in self._decoder.decode(packet):
                    in_a_row = 0
                    yield frame
            except av.FFmpegError:
                self.damaged, in_a_row = self.damaged + 1, in_a_row + 1
                if self.endless and in_a_row >= DAMAGED_IN_A_ROW:
                    raise

    def _pixels(self, frame: av.VideoFrame) -> Pixels:
        pixels = with_alpha(frame, self._pixel_shape)
        if not self._hold_size:
            return pixels
        self._size = self._size or (pixels.shape[1], pixels.shape[0])
        return fit(pixels, width_px=self._size[0], height_px=self._size[1], how="contain")


def open_container(path: Path, demuxer: str | None = None) -> InputContainer:
    """Open a video or audio file. FFmpeg reads it, and the files that a playlist names, only if they are regular files.

    Args:
        path: the file.
        demuxer: FFmpeg's name of the only format to accept; None accepts all.

    Raises:
        models.regular.NotRegular: it is a FIFO, a device or a socket, which would block.
        OSError: it is missing or cannot be read; ``av.FFmpegError`` if it is not a media file.
    """
    if not check_regular(path).st_size:  # FFmpeg would report "Invalid argument"
        raise _invalid("the file is empty", str(path))
    whole = os.path.abspath(path)  # "10:30.mp4" would name a protocol
    url = whole.encode("utf-8", "backslashreplace").decode()  # PyAV passes only Unicode names back

    def opened(named: str, flags: int, options: dict[str, str]) -> _File:
        return _File(descriptor_of(whole if named == url else named.removeprefix("file:")))

    return av.open(url, format=demuxer, io_open=opened, metadata_errors="replace")


def video_stream(container: InputContainer) -> VideoStream | None:
    """The video track of a file; None if it has none but cover art, or none whose codec FFmpeg knows."""
    known = (stream for stream in container.streams.video if stream.codec_context is not None)
    return next((stream for stream in known if not stream.disposition & Disposition.attached_pic), None)


def stream_start_s(stream: Stream) -> Fraction:
    """When a track starts on the clock of its file, in seconds."""
    return _seconds(stream.start_time, stream)


@lru_cache(maxsize=1024)
def say_once(what: str) -> None:
    """Log a line at the first time. A background opens its clip for each round, and Clip twice."""
    log.log(NOTICE, "%s", what)


def _decoder(stream: VideoStream) -> VideoCodecContext:
    """Return the decoder that sees the alpha, or the usual one."""
    name = ALPHA_DECODERS.get(stream.codec_context.codec.canonical_name)
    if name is None or stream.metadata.get("alpha_mode") != "1":
        return stream.codec_context
    try:
        return cast(VideoCodecContext, av.CodecContext.create(name, "r"))
    except UnknownCodecError:  # an FFmpeg without libvpx
        say_once(f"{_label(stream.container)}: its alpha is ignored, because FFmpeg lacks {name}")
        return stream.codec_context


def _label(container: Container) -> str:
    return masked(container.name) if "://" in container.name else container.name


class _File(FileIO):
    """Closes itself with the container, because PyAV closes only the files that a playlist names."""

    def __del__(self) -> None:
        self.close()


def _seconds(ticks: int | None, of: Stream | av.VideoFrame) -> Fraction:
    return Fraction(ticks or 0) * (of.time_base or 0)


def _invalid(why: str, path: str) -> av.InvalidDataError:
    return av.InvalidDataError(tag_to_code(b"INDA"), f"Invalid data: {why}", path)
