"""``Clip``: a video file that is read offline, every frame with its own time."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from weakref import WeakKeyDictionary

import av
import numpy as np

from realtime.ending import Closing, closed_on_error
from realtime.errors import SourceError
from realtime.frame import Alpha, Frame, Matte, Pixels
from realtime.media.animation import open_clip
from realtime.media.deinterlace import Deinterlace
from realtime.media.failures import cannot_read
from realtime.media.video_pixels import over_black
from realtime.media.video_reader import VideoReader


class Clip(Closing):
    """An open clip.

    Its frames carry their time in the clip as ``captured_s``, from 0. Uneven times stay uneven, and a moving background
    keeps step. Damaged packets are skipped, as players do. What is transparent is black in its frames, and ``within``
    keeps mattes inside the clip's own alpha.

    Args:
        path: a file that FFmpeg plays, or an animated image.
        deinterlace: what becomes of interlaced frames.
        from_s: leave out all frames before this time.

    Raises:
        SourceError: the file is missing, may not be read, or holds no video; from ``frames``, its disk failed.
    """

    def __init__(self, path: Path, *, deinterlace: Deinterlace = "frame", from_s: float = 0.0) -> None:
        self.path = path
        self._from_s = from_s
        self._alphas: WeakKeyDictionary[Frame, Pixels] = WeakKeyDictionary()
        try:
            self._reader = open_clip(path, hold_size=True, deinterlace=deinterlace)
            if from_s > 0 and isinstance(self._reader, VideoReader):
                self._reader.seek(from_s)
        except (av.FFmpegError, OSError) as error:
            raise _unreadable(path, error) from error
        self.cut_out = self._reader.cut_out
        """Whether its own alpha is the matte already, because greenless wrote it."""
        with closed_on_error(self):
            if self._reader.still:
                raise SourceError(f"{path} is not a video", cure="For images type greenless image")
            frames = self._read()
            if (first := next(frames, None)) is None:
                raise SourceError(f"no frame of {path} can be decoded", cure="Check that a player plays it")
        self.fps, self.count = self._reader.fps, self._reader.count
        """Frames per second, on average, and about how many there are; 0 if the file does not say."""
        self.width_px, self.height_px = first.width_px, first.height_px
        self.frames: Iterator[Frame] = chain([first], frames)
        """Every frame, once, all of one size."""

    @property
    def damaged(self) -> int:
        """Packets so far that could not be decoded."""
        return self._reader.damaged

    def within(self, matte: Matte) -> Matte:
        """Return the matte of one of its frames, multiplied by the frame's own alpha."""
        own = self._alphas.get(matte.frame)
        return matte if own is None else Matte(alpha=matte.alpha * _in_ones(own), frame=matte.frame)

    def mattes(self) -> Iterator[Matte]:
        """Yield the own alpha of each frame as its matte; a frame without one is opaque."""
        for frame in self.frames:
            opaque = np.full(frame.pixels.shape[:2], 255, np.uint8)
            yield Matte(alpha=_in_ones(self._alphas.get(frame, opaque)), frame=frame)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._reader.close()

    def _read(self) -> Iterator[Frame]:
        try:
            for index, frame in enumerate(self._reader.frames()):
                if frame.time_s < self._from_s:
                    continue
                pixels, alpha = frame.convert(), None
                if pixels.shape[2] == 4:
                    alpha = pixels[..., 3].copy()
                    pixels = np.ascontiguousarray(pixels[..., :3]) if self.cut_out else over_black(pixels)
                read = Frame(pixels=pixels, index=index, captured_s=frame.time_s)
                if alpha is not None:
                    self._alphas[read] = alpha
                yield read
        except (av.FFmpegError, OSError) as error:  # its disk failed
            raise _unreadable(self.path, error) from error


def _in_ones(alpha8: Pixels) -> Alpha:
    return alpha8.astype(np.float32) / np.float32(255)


def _unreadable(path: Path, error: Exception) -> SourceError:
    if not isinstance(error, av.InvalidDataError):
        return cannot_read(path, error, "Copy the file again")
    _, ours, why = str(error.strerror).partition("Invalid data: ")  # FFmpeg's own reasons say less
    what = f"cannot read {path}: {why}" if ours else f"{path} is not a video, or is damaged"
    return SourceError(what, cure="Check that a player plays it as a video")
