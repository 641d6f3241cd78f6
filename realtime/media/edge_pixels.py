"""PixelRuns: the pixels of a picture that fine work is done on, taken out and put back in runs of four.

Goes in: a mask. Comes out: ``PixelRuns``. The edge of a person is a tenth of a picture or less, so to take it out, work
on it and put it back costs less than to go over all pixels; and to move four pixels at once takes numpy a fraction of
the time of moving one by one (eight, of which more are not wanted, took 5 percent longer in all). Colours are taken in
four channels, which OpenCV and numpy are fastest with.
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
"""Length of a run. Where a picture's width is no multiple of it, it is the greatest one of 4, 2 and 1 that divides it,
so that no run goes from one row into the next."""

_ROW = 4096
"""Pixels in a row of what ``cv2.remap`` is given, a multiple of all runs: it takes no longer rows than 32767."""

_Array = TypeVar("_Array", npt.NDArray[np.uint8], npt.NDArray[np.float32])


@dataclass(frozen=True, kw_only=True, eq=False)
class PixelRuns:
    """Some of a picture's runs; ``n`` is their number times their length."""

    at: npt.NDArray[np.intp]
    """``(m,)``: their places among all runs of the picture, row by row."""

    length: int
    """Pixels in a run."""

    shape: tuple[int, int]
    """``(H, W)`` of the picture."""

    @classmethod
    def of(cls, mask: Pixels) -> "PixelRuns":
        """The runs that hold every pixel of ``(H, W) uint8`` that is not 0."""
        length = math.gcd(mask.shape[1], RUN_PX)
        # As one number, and compared first: numpy finds what is True in a fifth of the time.
        at = np.flatnonzero(mask.reshape(-1).view(f"u{length}") != 0)
        return cls(at=at, length=length, shape=(mask.shape[0], mask.shape[1]))

    @classmethod
    def under(cls, mask: Pixels, shape: tuple[int, int]) -> "PixelRuns":
        """The runs of a picture of ``shape`` whose middles a mask of another size covers, ``(h, w) uint8``."""
        length = math.gcd(shape[1], RUN_PX)
        rows = cv2.resize(mask, (shape[1] // length, shape[0]), interpolation=cv2.INTER_NEAREST)
        return cls(at=np.flatnonzero(np.asarray(rows) != 0), length=length, shape=shape)

    def __len__(self) -> int:
        """n."""
        return len(self.at) * self.length

    def take(self, picture: _Array) -> _Array:
        """``(n,)`` or ``(n, C)``: the pixels of ``(H, W)`` or ``(H, W, C)``."""
        channels = picture.shape[2:]
        runs = picture.reshape(-1, self.length * math.prod(channels))
        return np.take(runs, self.at, axis=0).reshape(-1, *channels)

    def put(self, picture: _Array, values: _Array) -> None:
        """Write ``(n,)`` or ``(n, C)`` into ``(H, W)`` or ``(H, W, C)``, which is one piece of memory."""
        run = np.dtype(f"V{values.itemsize * math.prod(picture.shape[2:]) * self.length}")  # which numpy moves at once
        picture.reshape(-1).view(run)[self.at] = values.reshape(-1).view(run)

    def colours(self, picture: Pixels) -> Floats:
        """``(n, 4)``: the pixels of ``(H, W, 3)``, 255 in the fourth place."""
        if not len(self):
            return np.empty((0, 4), np.float32)
        return np.asarray(cv2.cvtColor(self.take(picture)[None], cv2.COLOR_BGR2BGRA)[0], np.float32)

    def sample(self, *reduced: Floats) -> list[Floats]:
        """``(n,)`` or ``(n, C)`` each: the values of reduced pictures of one size, between their pixels."""
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
    """``(side_px,)``: where a side's pixels stand in a reduced one; pixels are counted from their middles."""
    scale = reduced_px / side_px
    return np.arange(side_px, dtype=np.float32) * np.float32(scale) + np.float32(scale / 2 - 0.5)
