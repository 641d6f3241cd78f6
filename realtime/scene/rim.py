"""The rim of a person: the pixels that are partly person, partly room. Fine work at the edges is done there.

Goes in: a matte. Comes out: a ``Rim``, which takes the rim out of a picture and puts it back.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from realtime.frame import Alpha, Pixels
from realtime.media.edge_pixels import Floats, PixelRuns

FAINT, FULL = 2, 253
"""Alpha in 8 bits up to which a pixel counts as room, and from which on as person: a third of a soft matte's rim is
fainter than eyes can tell."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rim:
    """The rim of one matte. It is taken out in runs: there are other pixels among its ``n``, which stay as they are."""

    alpha8: Pixels
    """``(H, W) uint8``, the whole matte in 8 bits."""

    runs: PixelRuns
    """Where the rim is."""

    inside: Pixels
    """``(n,)``: 255 for the rim's pixels, 0 for the others."""

    alpha: Floats
    """``(n, 4)``: the pixels' alpha in steps of 1 / 255, once for each channel: numpy is fast where forms agree."""

    @classmethod
    def of(cls, alpha: Alpha | Pixels) -> "Rim":
        """The rim of ``(H, W)``, float32 in [0, 1] or uint8; what is no number counts as room."""
        alpha8 = np.asarray(alpha if alpha.dtype == np.uint8 else cv2.convertScaleAbs(alpha, alpha=255), np.uint8)
        partly = np.asarray(cv2.inRange(alpha8, FAINT + 1, FULL - 1), np.uint8)
        runs = PixelRuns.of(partly)
        share = runs.take(alpha8) * np.float32(1 / 255)
        fours = cv2.merge((share,) * 4) if len(share) else share
        return cls(alpha8=alpha8, runs=runs, inside=runs.take(partly), alpha=np.reshape(fours, (-1, 4)))

    def __len__(self) -> int:
        """n."""
        return len(self.runs)

    def gather(self, pixels: Pixels) -> Floats:
        """``(n, 4)``: the pixels of a picture ``(H, W, 3) uint8``, 255 in the fourth place."""
        return self.runs.colours(pixels)

    def put(self, pixels: Pixels, values: Floats) -> None:
        """Write ``(n, 4)`` in levels of 255 into a picture ``(H, W, 3) uint8``, rounded and clipped."""
        if not len(self):
            return
        levels = cv2.cvtColor(cv2.convertScaleAbs(np.maximum(values, 0))[None], cv2.COLOR_BGRA2BGR)
        there = self.runs.take(pixels)
        cv2.copyTo(levels, self.inside[None], there[None])
        self.runs.put(pixels, there)
