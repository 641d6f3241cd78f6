"""``Framing``: keeps head and shoulders in view, as a camera operator does.

    alpha ──▶ box of the person ──▶ target crop ──▶ dead zone ──▶ glide ──▶ crop

The crop ignores small movements. Beyond them it glides, critically damped, so that it neither jerks nor overshoots. If
nobody is in view, it returns slowly to the whole frame.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from realtime.frame import Alpha

FILLED = 0.55
"""Largest share of the crop's width that the person, arms included, fills."""

HEADROOM = 0.14
"""Space above the head, as a share of the crop's height."""

MOVED, GROWN = 0.07, 0.15
"""The dead zone: the crop follows if the target differs by more than this share, in position or in size."""

GLIDE_S, LEAVE_S = 0.45, 1.5
"""Time constant of a move: towards a person, and back to the whole frame."""

GONE_AFTER_S = 2.0
"""Time without a person after which the crop returns to the whole frame."""

_SMALL_PX = 96
_LEAST_PART = 0.1
_LONGEST_STEP_S = 0.1


class Crop(NamedTuple):
    """A part of a frame with the frame's aspect ratio, in shares of its width and height."""

    x: float
    """Centre, from the left."""

    y: float
    """Centre, from the top."""

    size: float
    """Width and height; 1 is the whole frame."""


WHOLE = Crop(0.5, 0.5, 1.0)


class Framing:
    """The framing of one stream.

    Args:
        zoom: largest enlargement; 1 is the whole frame.
    """

    def __init__(self, zoom: float) -> None:
        self._zoom = zoom
        self._goal = self._crop = WHOLE
        self._retarget = False  # take the next target as goal, even inside the dead zone
        self._speed = np.zeros(3)
        self._time_s: float | None = None
        self._seen_s = -math.inf

    def zoom(self, zoom: float) -> None:
        """Glide from the current crop to another ``zoom``."""
        self._retarget = self._retarget or zoom != self._zoom
        self._zoom = zoom

    def crop(self, alpha: Alpha, time_s: float) -> Crop:
        """Return the part of the frame to show at ``time_s``.

        Args:
            alpha: ``(H, W) float32 in [0, 1]``.
            time_s: when the frame was captured, in seconds on any clock.
        """
        target = target_crop(alpha, 1 / self._zoom)
        if target is not None:
            self._seen_s = time_s
            if self._retarget or _differs(target, self._goal):
                self._goal, self._retarget = target, False
        elif time_s - self._seen_s > GONE_AFTER_S:
            self._goal = WHOLE
        step_s = 0.0 if self._time_s is None else min(max(time_s - self._time_s, 0.0), _LONGEST_STEP_S)
        self._time_s = time_s
        self._glide(step_s, GLIDE_S if target is not None else LEAVE_S)
        return self._crop

    def _glide(self, step_s: float, constant_s: float) -> None:
        """Take one exact step of a critically damped spring towards the goal."""
        rate = 2 / constant_s
        apart = np.subtract(self._crop, self._goal)
        pull = self._speed + rate * apart
        decay = math.exp(-rate * step_s)
        apart = (apart + pull * step_s) * decay
        self._speed = (self._speed - rate * pull * step_s) * decay
        self._crop = _inside(Crop(*(self._goal + apart)))


def target_crop(alpha: Alpha, least_size: float) -> Crop | None:
    """Return the crop that shows the person's head and shoulders; None if nobody is in view.

    Args:
        alpha: ``(H, W) float32 in [0, 1]``.
        least_size: smallest size of the crop.
    """
    step_px = max(1, alpha.shape[1] // _SMALL_PX)
    mask = np.ascontiguousarray(alpha[::step_px, ::step_px] > 0.5).astype(np.uint8)
    count, labels, parts, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    areas = parts[1:, cv2.CC_STAT_AREA]
    if count < 2 or areas.max() < 0.002 * mask.size:
        return None
    large = 1 + np.flatnonzero(areas >= _LEAST_PART * areas.max())  # all persons, no specks
    person = np.isin(labels, large)
    rows, columns = np.flatnonzero(person.any(axis=1)), person.sum(axis=0).cumsum()
    left, right = np.searchsorted(columns, (0.02 * columns[-1], 0.98 * columns[-1]))
    top = rows[0] / len(person)
    size = min(1.0, max(least_size, (right - left + 1) / person.shape[1] / FILLED))
    # Head and neck, the upper half of the crop, decide its centre, so that a stretched arm does not move it.
    upper = person[rows[0] : rows[0] + max(1, round(0.5 * size * len(person)))]
    x = (float(np.median(np.nonzero(upper)[1])) + 0.5) / person.shape[1]
    x = min(max(x, (right + 1) / person.shape[1] - size / 2), left / person.shape[1] + size / 2)
    return _inside(Crop(x, top + (0.5 - HEADROOM) * size, size))


def _differs(target: Crop, goal: Crop) -> bool:
    away = max(abs(target.x - goal.x), abs(target.y - goal.y)) / goal.size
    return away > MOVED or abs(math.log(target.size / goal.size)) > GROWN


def _inside(crop: Crop) -> Crop:
    size = min(1.0, crop.size)
    half = size / 2
    return Crop(min(max(crop.x, half), 1 - half), min(max(crop.y, half), 1 - half), size)
