"""Encodes a composite as one JPEG with its alpha: colour above, alpha below. The overlay page recombines them."""

import cv2
import numpy as np

from realtime.frame import Composite, Pixels

BLOCK_PX = 16
"""JPEG encodes colour in squares of this size, and decoders smooth across their edges.

So that neither part bleeds into the other, the colour's last row is repeated to the next square, and the alpha's first
row fills one square before it.
"""

QUALITY = 90


def stacked(composite: Composite) -> tuple[bytes, int]:
    """Encode the person, ``(H, W)``, as a JPEG of ``(alpha_top_px + H, W)``.

    The colour is premultiplied: it fades with the alpha. This hides JPEG's blur at the edges, and the JPEG does not
    contain the room behind nearly transparent pixels.

    Returns:
        The JPEG and ``alpha_top_px``, its row where the alpha begins, as grey from 0 to 255.
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
    """Encode ``(H, W, 3) uint8 BGR`` or ``(H, W) uint8`` grey as a JPEG of ``quality``, 0 to 100."""
    return cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()
