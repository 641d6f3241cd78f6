"""Finds where each part of a frame was one frame before, and where that is uncertain.

``MotionSearch`` compares two frames at the small size of ``small_picture``, inside a box.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, Frame, Pixels
from realtime.media.shrink import shrink

SMALL_PX = 160
"""Long side of the frame in which the motion is found."""

_STRIDE_PX = 6
"""Distance of the tracked patches; OpenCV's fastest preset has 4. This saves the time that the finest scale takes."""

_ROUND_PX = 3
"""Side of the square over which the difference is averaged, in px of the small frame."""

Flow = npt.NDArray[np.float32]
"""``(h, w, 2) float32``: offset (x, y) in px from each pixel to its place in the previous frame."""

Box = tuple[slice, slice]
"""Rows and columns of an array."""

_Array = TypeVar("_Array", Alpha, Pixels)


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """The change between two frames, for each pixel in a box of the second one."""

    flow: Flow
    """In px of the small frame."""

    difference: npt.NDArray[np.uint8]
    """``(h, w) uint8``: difference of the frames around each pixel along the motion, after the exposure is matched."""

    stretch: npt.NDArray[np.float32]
    """``(h, w) float32 >= 0``: the share by which the motion pulls pixels apart. There it uncovers something new."""


class MotionSearch:
    """Dense inverse search flow (Kroeger et al., ECCV 2016); owns its buffers."""

    def __init__(self) -> None:
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._search.setFinestScale(0)
        self._search.setPatchStride(_STRIDE_PX)

    def between(self, before: Pixels, picture: Pixels, box: Box) -> Motion:
        """Find the motion from ``before`` to ``picture``, both ``(h, w, 3) uint8 BGR`` of one size, inside the box."""
        grey, grey_before = (cv2.cvtColor(np.ascontiguousarray(p[box]), cv2.COLOR_BGR2GRAY) for p in (picture, before))
        flow = np.asarray(self._search.calc(grey, grey_before, None), np.float32)  # type: ignore[call-overload]
        return Motion(
            flow=flow,
            difference=_difference(picture[box], fetched(before, flow, box, cv2.INTER_LINEAR)),
            stretch=_stretch(flow),
        )


def small_picture(frame: Frame) -> Pixels:
    """Return the frame at the size for motion search, its long side at most ``SMALL_PX``."""
    sides = frame.height_px, frame.width_px
    scale = min(1.0, SMALL_PX / max(sides))
    height, width = (max(16, round(side * scale)) for side in sides)
    return shrink(frame.reduced(min(height, width)), (width, height))


def fetched(array: _Array, flow: Flow, box: Box, interpolation: int) -> _Array:
    """Move the box of ``array`` along the motion: each pixel comes from its old place, which may be outside the box.

    Args:
        array: of the whole previous frame.
        flow: for the pixels of the box, in px of ``array``.
        box: of ``array``.
        interpolation: OpenCV's.
    """
    places = cv2.add(flow, _grid(*array.shape[:2])[box])
    moved = cv2.remap(array, places, None, interpolation, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(moved, array.dtype)


@lru_cache(maxsize=8)
def _grid(height: int, width: int) -> Flow:
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2).astype(np.float32)


def _difference(picture: Pixels, before: Pixels) -> npt.NDArray[np.uint8]:
    gains = np.divide(cv2.mean(picture)[:3], np.maximum(cv2.mean(before)[:3], 1))
    exposed = cv2.merge([cv2.convertScaleAbs(c, alpha=g) for c, g in zip(cv2.split(before), gains, strict=True)])
    blue, green, red = cv2.split(cv2.absdiff(picture, exposed))
    return np.asarray(cv2.blur(cv2.max(cv2.max(blue, green), red), (_ROUND_PX, _ROUND_PX)), np.uint8)


def _stretch(flow: Flow) -> npt.NDArray[np.float32]:
    """Return the negative divergence of the flow: there, many pixels come from few."""
    x, y = cv2.split(flow)
    divergence = cv2.add(cv2.Sobel(x, -1, 1, 0, scale=1 / 8), cv2.Sobel(y, -1, 0, 1, scale=1 / 8))
    return np.asarray(cv2.blur(np.maximum(-divergence, 0), (3, 3)), np.float32)
