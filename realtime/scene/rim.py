"""``Rim``: the pixels of a matte that are partly person, partly room. Edge processing works on them alone."""

from dataclasses import dataclass

import cv2
import numpy as np

from realtime.frame import Alpha, Pixels
from realtime.media.edge_pixels import Floats, PixelRuns

FAINT, FULL = 2, 253
"""8-bit alpha up to which a pixel counts as room, and from which it counts as person.

A third of a soft matte's rim is too faint to see.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rim:
    """The rim of one matte, as ``n`` pixels in runs. The runs include other pixels, which ``put`` leaves unchanged."""

    alpha8: Pixels
    """``(H, W) uint8``, the whole matte in 8 bits."""

    runs: PixelRuns
    """The runs that cover the rim."""

    inside: Pixels
    """``(n,)``: 255 for the rim's pixels, 0 for the others."""

    alpha: Floats
    """``(n, 4)``: alpha in steps of 1 / 255, repeated for each channel, because numpy is fastest on equal shapes."""

    @classmethod
    def of(cls, alpha: Alpha | Pixels) -> "Rim":
        """Find the rim of ``(H, W)``, float32 in [0, 1] or uint8. NaN counts as room."""
        alpha8 = np.asarray(alpha if alpha.dtype == np.uint8 else cv2.convertScaleAbs(alpha, alpha=255), np.uint8)
        partly = np.asarray(cv2.inRange(alpha8, FAINT + 1, FULL - 1), np.uint8)
        runs = PixelRuns.of(partly)
        share = runs.take(alpha8) * np.float32(1 / 255)
        fours = cv2.merge((share,) * 4) if len(share) else share
        return cls(alpha8=alpha8, runs=runs, inside=runs.take(partly), alpha=np.reshape(fours, (-1, 4)))

    def put(self, pixels: Pixels, values: Floats) -> None:
        """Write ``(n, 4)`` from 0 to 255 into ``(H, W, 3) uint8``, rounded and clipped."""
        if not len(self.runs):
            return
        levels = cv2.cvtColor(cv2.convertScaleAbs(np.maximum(values, 0))[None], cv2.COLOR_BGRA2BGR)
        there = self.runs.take(pixels)
        cv2.copyTo(levels, self.inside[None], there[None])
        self.runs.put(pixels, there)
