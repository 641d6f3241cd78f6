"""A composite as one JPEG that keeps its alpha: colour above, alpha below, for a page that puts the two together again.

Goes in: a ``Composite``. Comes out: the file's bytes and the row where the alpha begins.
"""

import cv2
import numpy as np

from realtime.frame import Composite, Pixels

BLOCK_PX = 16
"""JPEG codes colour in squares of this size. The alpha begins on a new one, with padding above, so that no colour
reaches into the alpha."""

QUALITY = 90


def stacked(composite: Composite) -> tuple[bytes, int]:
    """The person alone, ``(H, W)``, as a JPEG of ``(alpha_top_px + H, W)``.

    The colour is premultiplied: it fades with the alpha, so that what JPEG blurs at an edge is never seen, and the room
    behind a nearly transparent pixel does not travel.

    Returns:
        The JPEG; and ``alpha_top_px``, the row where the alpha begins, as grey from 0 to 255.
    """
    height, width = composite.matte.alpha.shape
    top = (height // BLOCK_PX + 1) * BLOCK_PX
    stack = np.empty((top + height, width, 3), np.uint8)
    colour, padding, alpha = stack[:height], stack[height:top], stack[top:]
    cv2.cvtColor(cv2.convertScaleAbs(composite.matte.alpha, alpha=255), cv2.COLOR_GRAY2BGR, alpha)
    cv2.multiply(composite.foreground, alpha, colour, scale=1 / 255)
    padding[:] = colour[-1]
    return jpeg(stack, QUALITY), top


def jpeg(pixels: Pixels, quality: int) -> bytes:
    """``(H, W, 3) uint8 BGR`` or ``(H, W) uint8`` grey as a JPEG of this quality, 0 to 100."""
    return cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()
