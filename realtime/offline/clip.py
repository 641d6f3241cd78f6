"""``Clip``: a video file that is read offline, every frame with its own time."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Self

import av

from realtime.errors import SourceError
from realtime.frame import Frame
from realtime.media.video_reader import VideoReader, open_container


class Clip:
    """An open clip.

    Its frames carry their time in the clip as ``captured_s``, from 0. Uneven times stay uneven, and a moving background
    keeps step. Damaged packets are skipped, as players do.

    Args:
        path: a file that FFmpeg plays.

    Raises:
        SourceError: the file is missing, may not be read, or holds no video; from ``frames``, its disk failed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._reader = VideoReader(open_container(path), hold_size=True)
        except (av.FFmpegError, OSError) as error:
            raise _unreadable(path, error) from error
        self.fps, self.count = self._reader.fps, self._reader.count
        """Frames per second, on average, and about how many there are; 0 if the file does not say."""
        try:
            if self._reader.still:
                raise SourceError(f"{path} is not a video", cure="For images type greenless image")
            frames = self._read()
            if (first := next(frames, None)) is None:
                raise SourceError(f"no frame of {path} can be decoded", cure="Check that a player plays it")
        except SourceError:
            self.close()
            raise
        self.width_px, self.height_px = first.width_px, first.height_px
        self.frames: Iterator[Frame] = chain([first], frames)
        """Every frame, once, all of one size."""

    @property
    def damaged(self) -> int:
        """Packets so far that could not be decoded."""
        return self._reader.damaged

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _read(self) -> Iterator[Frame]:
        try:
            for index, frame in enumerate(self._reader.frames()):
                yield Frame(pixels=frame.pixels(), index=index, captured_s=frame.time_s)
        except (av.FFmpegError, OSError) as error:  # its disk failed
            raise _unreadable(self.path, error) from error


def _unreadable(path: Path, error: Exception) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError(f"there is no file {path}", cure="Check the path")
    if isinstance(error, PermissionError):
        return SourceError(f"{path} may not be read", cure="Change the file's permissions")
    if isinstance(error, av.InvalidDataError):
        return SourceError(f"{path} is not a video, or is damaged", cure="Check that a player plays it")
    return SourceError(f"cannot read {path}: {getattr(error, 'strerror', error)}", cure="Copy the file again")
