"""Light wrap: lets the background's light spill over the person's edge, as it does in a real scene."""

import cv2
import numpy as np

from realtime.frame import Pixels
from realtime.scene.blend import blend
from realtime.scene.reduce import reduced
from realtime.scene.rim import Rim

REACH = 0.02
"""Half the side of the neighbourhood whose light reaches a pixel, as a share of the frame's shorter side."""

_REDUCED_PX = 90


def light_wrap(person: Pixels, plate: Pixels, rim: Rim, strength: float) -> Pixels:
    """Add the plate's blurred light at the person's edge; it fades inwards.

    Args:
        person: ``(H, W, 3) uint8 BGR``.
        plate: ``(H, W, 3) uint8 BGR``.
        rim: rim of the matte.
        strength: from 0 to 1; at 1 a pixel at a straight edge takes half of its colour from the plate.

    Returns:
        ``(H, W, 3) uint8 BGR``.
    """
    alpha = reduced(rim.alpha8, _REDUCED_PX) * np.float32(1 / 255)
    side = 2 * max(1, round(REACH * min(alpha.shape))) + 1
    around = cv2.blur(1 - alpha, (side, side))
    weight = np.asarray(cv2.resize(around * np.float32(strength), rim.alpha8.shape[::-1]), np.float32)
    weight = np.asarray(cv2.copyTo(weight, rim.alpha8), np.float32)
    light = cv2.blur(reduced(plate, _REDUCED_PX), (side, side))
    return blend(np.asarray(cv2.resize(light, rim.alpha8.shape[::-1]), np.uint8), person, Rim.of(weight))
