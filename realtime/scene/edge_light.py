"""Light at the person's edge: takes off the colour that a wall casts, and adds the light of the new background."""

import cv2
import numpy as np

from realtime.frame import Pixels
from realtime.media.edge_pixels import Floats
from realtime.scene.blend import blend
from realtime.scene.rim import Rim
from realtime.scene.window_means import box, four, mean, reduced, weighed

SPILL_REACH = 0.05
"""Half the side of the neighbourhood in which a wall casts its colour, as a share of the frame's shorter side."""

COLOURED = (20.0, 60.0)
"""Distance of a wall's colour from grey, in levels: no spill up to the first, full spill from the second."""

_REDUCED_PX = 90


def without_spill(person: Pixels, pixels: Pixels, rim: Rim, strength: float) -> Pixels:
    """Remove the excess of the wall's colour at the person's edge over the person's inside; keep the lightness.

    Args:
        person: ``(H, W, 3) uint8 BGR``, from ``edge_colours.cut_out``.
        pixels: the frame's pixels, ``(H, W, 3) uint8 BGR``.
        rim: rim of the matte.
        strength: from 0 to 1.

    Returns:
        ``(H, W, 3) uint8 BGR``.
    """
    alpha8 = reduced(rim.alpha8, _REDUCED_PX)
    alpha = alpha8 * np.float32(1 / 255)
    side = 2 * max(1, round(SPILL_REACH * min(alpha.shape))) + 1
    room = np.asarray(cv2.LUT(255 - alpha8, np.linspace(0, 1, 256, dtype=np.float32) ** 4), np.float32)
    wall_sums = box(weighed(four(reduced(pixels, _REDUCED_PX)), room), side)
    inside = np.asarray(cv2.erode(alpha, np.ones((side, side), np.uint8)), np.float32)
    seen = four(reduced(person, _REDUCED_PX))
    wall, inner = _hue(mean(wall_sums)), _hue(mean(box(weighed(seen, inside), 6 * side + 1)))
    own = _hue(mean(box(weighed(seen, alpha), 3)))
    strong = np.sqrt(np.square(wall).sum(2))
    hue = wall / (strong + np.float32(1e-3))[..., None]
    low, high = COLOURED
    near = np.clip(2 * wall_sums[..., 3] / 255, 0, 1) * np.clip((strong - low) / (high - low), 0, 1)
    excess = np.maximum(((own - inner) * hue).sum(2), 0) * near * np.float32(strength)
    taken = cv2.resize(excess[..., None] * hue, rim.alpha8.shape[::-1])
    return np.asarray(cv2.copyTo(cv2.subtract(person, taken, dtype=cv2.CV_8U), rim.alpha8), np.uint8)


def _hue(colours: Floats) -> Floats:
    """Subtract the lightness (BT.601) from colours: ``(h, w, 3)``."""
    blue, green, red = (colours[..., channel] for channel in range(3))
    lightness = 0.114 * blue + 0.587 * green + 0.299 * red
    hue: Floats = colours[..., :3] - lightness[..., None]
    return hue


WRAP_REACH = 0.02
"""Half the side of the neighbourhood whose light reaches a pixel, as a share of the frame's shorter side."""


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
    side = 2 * max(1, round(WRAP_REACH * min(alpha.shape))) + 1
    around = cv2.blur(1 - alpha, (side, side))
    weight = np.asarray(cv2.resize(around * np.float32(strength), rim.alpha8.shape[::-1]), np.float32)
    weight = np.asarray(cv2.copyTo(weight, rim.alpha8), np.float32)
    light = cv2.blur(reduced(plate, _REDUCED_PX), (side, side))
    return blend(np.asarray(cv2.resize(light, rim.alpha8.shape[::-1]), np.uint8), person, Rim.of(weight))
