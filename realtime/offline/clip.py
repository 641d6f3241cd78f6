"""Reading a clip off line. In: a video file. Out: every one of its frames, the right way up and with its own time."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.stream import Disposition

from realtime.errors import SourceError
from realtime.frame import Frame
from realtime.media.fit import fit
from realtime.media.video_pixels import bounded, open_film, upright

USUAL_FPS = Fraction(30)
"""For a file that does not tell its rate."""


class Clip:
    """An open clip: its ``frames``, to be taken once.

    They carry their time in the clip as ``captured_s``, from 0 at its first picture, so that uneven ones stay so
    and a moving background keeps step. What is damaged in the middle is left out, as players do.

    Args:
        path: a file that FFmpeg plays.

    Raises:
        SourceError: the file is missing, may not be read, or holds no video; from ``frames`` when its disk is gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        """Packets so far that could not be decoded."""
        try:
            self._container = open_film(path)
        except (av.FFmpegError, OSError) as error:
            raise _unreadable(path, error) from error
        videos = [
            stream for stream in self._container.streams.video if not stream.disposition & Disposition.attached_pic
        ]
        if not videos or _is_still(self._container.format.name):
            self._container.close()
            raise SourceError(f"{path} is no video", cure="For pictures type greenless image")
        self._stream = bounded(videos[0])
        frames = self._upright_frames()
        if (first := next(frames, None)) is None:
            self._container.close()
            raise SourceError(f"{path} holds no picture that can be decoded", cure="Try whether a player plays it")
        self.width_px, self.height_px = first.width_px, first.height_px
        self.frames: Iterator[Frame] = chain([first], frames)
        """Every frame, once, all of one size."""

    @property
    def fps(self) -> Fraction:
        """Frames a second, on average."""
        return self._stream.average_rate or self._stream.guessed_rate or USUAL_FPS

    @property
    def count(self) -> int:
        """About how many frames there are; 0 when the file does not say."""
        if self._stream.frames:
            return self._stream.frames
        if self._stream.duration and self._stream.time_base:
            return round(self._stream.duration * self._stream.time_base * self.fps)
        return round(Fraction(self._container.duration or 0, av.time_base) * self.fps)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _upright_frames(self) -> Iterator[Frame]:
        size: tuple[int, int] | None = None
        for index, (time_s, picture) in enumerate(self._timed()):
            pixels = upright(picture, self._stream.sample_aspect_ratio or Fraction(1))
            size = size or (pixels.shape[1], pixels.shape[0])  # a stream may change its size; the first one holds
            pixels = fit(pixels, width_px=size[0], height_px=size[1], how="contain")
            yield Frame(pixels=pixels, index=index, captured_s=float(time_s))

    def _timed(self) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        """Each picture with its time in seconds; one without a time follows the last at the usual rate."""
        start_s = (self._stream.start_time or 0) * Fraction(self._stream.time_base or 0)
        time_s = -1 / self.fps
        for picture in self._decoded():
            if picture.pts is None or picture.time_base is None:
                time_s += 1 / self.fps
            else:
                time_s = max(picture.pts * picture.time_base - start_s, Fraction(0))
            yield time_s, picture

    def _decoded(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.InvalidDataError:  # the file is cut off: this is its end
                self.damaged += 1
                return
            except (av.FFmpegError, OSError) as error:  # its disk is gone
                raise _unreadable(self.path, error) from error
            if packet is None:
                return
            try:
                yield from packet.decode()
            except av.FFmpegError:
                self.damaged += 1


def _is_still(format_name: str) -> bool:
    """FFmpeg plays pictures and text as well."""
    return format_name.endswith("_pipe") or format_name in ("image2", "tty")


def _unreadable(path: Path, error: Exception) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError(f"there is no file {path}", cure="Check the path")
    if isinstance(error, PermissionError):
        return SourceError(f"{path} may not be read", cure="Change the file's permissions")
    if isinstance(error, av.InvalidDataError):
        return SourceError(f"{path} is no video, or a damaged one", cure="Try whether a player plays it")
    return SourceError(f"cannot read {path}: {getattr(error, 'strerror', error)}", cure="Copy it anew")
