"""The compositing equation: ``alpha * foreground + (1 - alpha) * plate``."""

import cv2
import numpy as np

from realtime.frame import Pixels
from realtime.media.edge_pixels import Floats
from realtime.scene.rim import FULL, Rim

_LEVELS = np.arange(256) / 255
_TO_LIGHT = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
"""Linear light of sRGB's 256 levels (IEC 61966-2-1)."""

_FINE = 4095
_TO_LEVEL = np.interp(np.arange(_FINE + 1) / _FINE, _TO_LIGHT, 255 * _LEVELS).astype(np.float32)
"""sRGB levels of 4096 steps of linear light."""


def blend(
    foreground: Pixels,
    plate: Pixels,
    rim: Rim,
    *,
    colours: Floats | None = None,
    linear_light: bool = False,
    out: Pixels | None = None,
) -> Pixels:
    """Blend the person with a new background.

    The result is exact at alpha 0 and 1, and within 3 levels of the real-valued result between.

    Args:
        foreground: ``(H, W, 3) uint8 BGR``, straight.
        plate: ``(H, W, 3) uint8 BGR``.
        rim: rim of the matte.
        colours: the person's colours in the rim, ``(n, 4)`` from 0 to 255; None takes those of ``foreground``.
        linear_light: mix linear light, as a lens does, instead of sRGB levels: half-covered pixels become lighter.
        out: array for the result; may be ``plate`` if the caller no longer needs it. None makes a new array.

    Returns:
        ``(H, W, 3) uint8 BGR``.
    """
    front = rim.runs.colours(foreground) if colours is None else colours
    behind = rim.runs.colours(plate)
    out = plate.copy() if out is None else out
    cv2.copyTo(foreground, (rim.alpha8 >= FULL).view(np.uint8), out)
    if linear_light:
        front, behind = (np.take(_TO_LIGHT, (levels + 0.5).astype(np.uint8)) for levels in (front, behind))
        light = behind + rim.alpha * (front - behind)
        mixed = np.take(_TO_LEVEL, (light * _FINE + 0.5).astype(np.int32))
    else:
        mixed = front - behind
        mixed *= rim.alpha
        mixed += behind
    rim.put(out, mixed)
    return out
