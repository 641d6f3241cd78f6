"""The rim of a person: the pixels that are partly person, partly room. Fine work at the edges is done there.

Goes in: a matte. Comes out: a ``Rim``. They are a tenth of a picture or less, so to gather them, work on them and put
them back costs less than to go over all pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, Pixels

Floats = npt.NDArray[np.float32]

FAINT, FULL = 2, 253
"""Alpha in 8 bits up to which a pixel counts as room, and from which on as person: a third of a soft matte's rim is
fainter than eyes can tell."""

_PIXEL = np.dtype("V3")

_ROW = 4096
"""``cv2.remap`` takes maps of at most 32767 columns."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rim:
    """The rim of one matte."""

    alpha8: Pixels
    """``(H, W) uint8``, the whole matte in 8 bits."""

    x: npt.NDArray[np.int32]
    """``(n,)``: columns of the rim's pixels."""

    y: npt.NDArray[np.int32]
    """``(n,)``: their rows."""

    at: npt.NDArray[np.intp]
    """``(n,)``: their places in a flattened picture."""

    alpha: Floats
    """``(n,)``: their alpha in [0, 1]."""

    @classmethod
    def of(cls, alpha: Alpha) -> "Rim":
        """The rim of ``(H, W) float32 in [0, 1]``; what is no number counts as room."""
        alpha8 = np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)
        partly = np.asarray(cv2.inRange(alpha8, FAINT + 1, FULL - 1), np.uint8)
        at = np.flatnonzero(partly.view(np.bool_))
        y = at // alpha.shape[1]
        x = at - y * alpha.shape[1]
        return cls(alpha8=alpha8, x=x.astype(np.int32), y=y.astype(np.int32), at=at, alpha=np.take(alpha, at))

    def gather(self, pixels: Pixels) -> Floats:
        """``(3, n) float32``: the rim's pixels of a picture ``(H, W, 3) uint8``; in planes numpy is fast."""
        return np.take(pixels.reshape(-1, 3), self.at, axis=0).T.astype(np.float32, order="C")

    def put(self, pixels: Pixels, values: Floats) -> None:
        """Write ``(3, n)`` in levels of 255 into a picture ``(H, W, 3) uint8``, rounded and clipped."""
        levels = np.clip(values + np.float32(0.5), 0, 255).astype(np.uint8)
        if len(self.at):  # whole pixels as items of 3 bytes: half the time of channel by channel
            pixels.reshape(-1, 3).view(_PIXEL).reshape(-1)[self.at] = cv2.merge(list(levels)).view(_PIXEL).reshape(-1)

    def sample(self, reduced: Floats) -> Floats:
        """``(4, n)``: the values of a reduced picture, ``(h, w, 4) float32``, at the rim's pixels."""
        (high, wide), (height, width) = reduced.shape[:2], self.alpha8.shape
        rows = max(1, -(-len(self.at) // _ROW))
        maps = np.zeros((2, rows * _ROW), np.float32)
        for coordinates, full_px, scale in ((maps[0], self.x, wide / width), (maps[1], self.y, high / height)):
            coordinates[: len(full_px)] = full_px.astype(np.float32) * np.float32(scale) + np.float32(scale / 2 - 0.5)
        across, down = maps.reshape(2, rows, _ROW)
        found = cv2.remap(reduced, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.ascontiguousarray(found.reshape(rows * _ROW, 4)[: len(self.at)].T, np.float32)
