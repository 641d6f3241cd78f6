"""The compositing equation: ``alpha * foreground + (1 - alpha) * plate``.

Goes in: foreground, background plate, the matte's rim. Comes out: the blended picture.
"""

import cv2
import numpy as np

from realtime.frame import Pixels
from realtime.media.edge_pixels import Floats
from realtime.scene.rim import FULL, Rim

_LEVELS = np.arange(256) / 255
_TO_LIGHT = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
"""sRGB's 256 levels as amounts of light (IEC 61966-2-1)."""

_FINE = 4095
_TO_LEVEL = np.interp(np.arange(_FINE + 1) / _FINE, _TO_LIGHT, 255 * _LEVELS).astype(np.float32)


def blend(
    foreground: Pixels,
    plate: Pixels,
    rim: Rim,
    *,
    colours: Floats | None = None,
    linear_light: bool = False,
    out: Pixels | None = None,
) -> Pixels:
    """The person before a new background.

    Exact where alpha is 0 or 1, else within 3 levels of the real-valued result.

    Args:
        foreground: ``(H, W, 3) uint8 BGR``, straight.
        plate: ``(H, W, 3) uint8 BGR``.
        rim: of the matte.
        colours: the person's in the rim, ``(n, 4)`` in levels of 255; those of ``foreground`` when None.
        linear_light: mix amounts of light, as a lens does, not sRGB's levels: half-covered pixels come out lighter.
        out: where the picture goes: ``plate`` itself, where nobody needs it afterwards; a fresh array when None.

    Returns:
        ``(H, W, 3) uint8 BGR``.
    """
    front = rim.gather(foreground) if colours is None else colours
    behind = rim.gather(plate)
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
