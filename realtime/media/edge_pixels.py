"""``PixelRuns``: the pixels of a frame that need fine work, taken out and put back in runs of four.

The edge of a person is a tenth of a frame or less. To take it out, work on it and put it back costs less than work on
all pixels. numpy moves four pixels at once in a fraction of the time of single ones. Runs of eight took 5 percent
longer in all, because they hold more pixels that need no work. Colours have four channels, because OpenCV and numpy
are fastest with four.
"""

import math
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Pixels

Floats = npt.NDArray[np.float32]

RUN_PX = 4
"""Length of a run. If the width is not a multiple of it, the run is 2 or 1 pixels long, so that no run spans two
rows."""

_ROW = 4096
"""Pixels in a row of the maps for ``cv2.remap``, which takes at most 32767. A multiple of every run length."""

_Array = TypeVar("_Array", npt.NDArray[np.uint8], npt.NDArray[np.float32])


@dataclass(frozen=True, kw_only=True, eq=False)
class PixelRuns:
    """Some runs of a frame; ``n`` is their number of pixels."""

    at: npt.NDArray[np.intp]
    """``(m,)``: their indices among all runs of the frame, row by row."""

    length: int
    """Pixels in a run."""

    shape: tuple[int, int]
    """``(H, W)`` of the frame."""

    @classmethod
    def of(cls, mask: Pixels) -> "PixelRuns":
        """Return the runs that hold every non-zero pixel of a mask, ``(H, W) uint8``."""
        length = math.gcd(mask.shape[1], RUN_PX)
        # A run is viewed as one number and compared first: numpy finds True in a fifth of the time.
        at = np.flatnonzero(mask.reshape(-1).view(f"u{length}") != 0)
        return cls(at=at, length=length, shape=(mask.shape[0], mask.shape[1]))

    @classmethod
    def under(cls, mask: Pixels, shape: tuple[int, int]) -> "PixelRuns":
        """Return the runs of a frame of ``shape`` whose centres a mask of another size covers, ``(h, w) uint8``."""
        length = math.gcd(shape[1], RUN_PX)
        rows = cv2.resize(mask, (shape[1] // length, shape[0]), interpolation=cv2.INTER_NEAREST)
        return cls(at=np.flatnonzero(np.asarray(rows) != 0), length=length, shape=shape)

    def __len__(self) -> int:
        """Number of pixels, n."""
        return len(self.at) * self.length

    def take(self, picture: _Array) -> _Array:
        """Return the pixels of ``(H, W)`` or ``(H, W, C)`` as ``(n,)`` or ``(n, C)``."""
        channels = picture.shape[2:]
        runs = picture.reshape(-1, self.length * math.prod(channels))
        return np.take(runs, self.at, axis=0).reshape(-1, *channels)

    def put(self, picture: _Array, values: _Array) -> None:
        """Write ``(n,)`` or ``(n, C)`` into ``(H, W)`` or ``(H, W, C)``, which must be contiguous."""
        run = np.dtype(f"V{values.itemsize * math.prod(picture.shape[2:]) * self.length}")  # numpy moves it at once
        picture.reshape(-1).view(run)[self.at] = values.reshape(-1).view(run)

    def colours(self, picture: Pixels) -> Floats:
        """Return the pixels of ``(H, W, 3)`` as ``(n, 4)``, with 255 in the fourth channel."""
        if not len(self):
            return np.empty((0, 4), np.float32)
        return np.asarray(cv2.cvtColor(self.take(picture)[None], cv2.COLOR_BGR2BGRA)[0], np.float32)

    def sample(self, *reduced: Floats) -> list[Floats]:
        """Interpolate reduced arrays of one size at the pixels: ``(n,)`` or ``(n, C)`` each."""
        (high, wide), (height, width) = reduced[0].shape[:2], self.shape
        row, column = np.divmod(self.at.astype(np.int32), np.int32(width // self.length))
        maps = np.zeros((2, max(1, -(-len(self) // _ROW)) * (_ROW // self.length), self.length), np.float32)
        maps[0, : len(self.at)] = np.take(_places(width, wide).reshape(-1, self.length), column, axis=0)
        maps[1, : len(self.at)] = np.take(_places(height, high), row)[:, None]
        across, down = maps.reshape(2, -1, _ROW)
        found = []
        for values in reduced:
            sampled = cv2.remap(values, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            found.append(np.asarray(sampled, np.float32).reshape(-1, *values.shape[2:])[: len(self)])
        return found


def _places(side_px: int, reduced_px: int) -> Floats:
    """``(side_px,)``: positions of the pixels of a side in the reduced side, measured between pixel centres."""
    scale = reduced_px / side_px
    return np.arange(side_px, dtype=np.float32) * np.float32(scale) + np.float32(scale / 2 - 0.5)
