"""A composite as one JPEG that keeps its alpha: colour above, alpha below, for a page that puts the two together again.

Goes in: a ``Composite``. Comes out: the file's bytes and the row where the alpha begins.
"""

import cv2
import numpy as np

from realtime.frame import Composite, Pixels

BLOCK_PX = 16
"""JPEG codes colour in squares of this size, and decoders smooth it across their edges. Between the two parts the last
row goes on for one square, and the first row of the alpha begins one early, so that neither reaches into the other."""

QUALITY = 90


def stacked(composite: Composite) -> tuple[bytes, int]:
    """The person alone, ``(H, W)``, as a JPEG of ``(alpha_top_px + H, W)``.

    The colour is premultiplied: it fades with the alpha, so that what JPEG blurs at an edge is never seen, and the room
    behind a nearly transparent pixel does not travel.

    Returns:
        The JPEG; and ``alpha_top_px``, the row where the alpha begins, as grey from 0 to 255.
    """
    height, width = composite.pixels.shape[:2]
    middle = (height // BLOCK_PX + 1) * BLOCK_PX
    top = middle + BLOCK_PX
    stack = np.empty((top + height, width, 3), np.uint8)
    colour, alpha = stack[:height], stack[top:]
    cv2.cvtColor(composite.matte.alpha8, cv2.COLOR_GRAY2BGR, alpha)
    cv2.multiply(composite.foreground, alpha, colour, scale=1 / 255)
    stack[height:middle] = colour[-1]
    stack[middle:top] = alpha[0]
    return jpeg(stack, QUALITY), top


def jpeg(pixels: Pixels, quality: int) -> bytes:
    """``(H, W, 3) uint8 BGR`` or ``(H, W) uint8`` grey as a JPEG of this quality, 0 to 100."""
    return cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()
