"""``Portrait``: a photograph as a moving person: scikit-image's ``astronaut`` (NASA, public domain).

It sways, under changing light, with sensor noise. Each frame is a pure function of its index.
"""

from math import cos, pi, sin

import cv2
import numpy as np
import numpy.typing as npt

from realtime.capture.sensor import Sensor
from realtime.errors import MissingExtra
from realtime.frame import Pixels

Floats = npt.NDArray[np.float32 | np.float64]

_SEEN_PX = 380, 430
"""Largest width and height of the visible part of the photograph; the rest is space for movement."""

_CENTRE_PX, _TOP_PX = 218, 5
"""Horizontal centre and upper edge of the visible part; the edge lies just above the hair."""


class Portrait:
    """The photograph, swaying like a person in front of a webcam.

    Args:
        width_px: width of the frames.
        height_px: height of the frames.
        fps: frame rate.

    Raises:
        MissingExtra: scikit-image is not installed.
    """

    def __init__(self, width_px: int, height_px: int, fps: float) -> None:
        try:
            from skimage import data
        except ImportError as error:
            raise MissingExtra("scikit-image", "demo") from error
        self._size_px, self._fps = (width_px, height_px), fps
        photo = np.ascontiguousarray(data.astronaut()[..., ::-1], np.uint8)  # type: ignore[no-untyped-call]
        # Enlarged once with a good interpolation, so that a cheap one is enough for every frame.
        self._zoom = max(1, round(width_px / _SEEN_PX[0]))
        self._photo = cv2.resize(photo, None, fx=self._zoom, fy=self._zoom, interpolation=cv2.INTER_CUBIC)
        self._sensor = Sensor(width_px, height_px)
        across, down = np.meshgrid(np.linspace(-1, 1, 32), np.linspace(-1, 1, 18))
        self._lamp = across - 0.5 * down
        self._corners = 0.06 * (across**2 + down**2)

    def pixels(self, index: int) -> Pixels:
        """Return frame ``index``, ``(H, W, 3) uint8 BGR``."""
        moment_s = index / self._fps
        flags, border = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_REFLECT_101
        moved = cv2.warpAffine(self._photo, self._view(moment_s), self._size_px, flags=flags, borderMode=border)
        gain = cv2.resize(self._light(moment_s), self._size_px)
        lit = cv2.multiply(moved, cv2.merge([gain, gain, gain]), dtype=cv2.CV_8U)
        return self._sensor.see(np.asarray(lit, np.uint8), index)

    def _view(self, moment_s: float) -> Floats:
        """Return the matrix ``(2, 3)`` from the frame to the enlarged photograph: slow sway, nod, roll and zoom."""
        width, height = self._size_px
        scale = min(_SEEN_PX[0] / width, _SEEN_PX[1] / height)
        x, y = _CENTRE_PX + 9 * _wave(moment_s, 5.3), _TOP_PX + scale * height / 2 + 4 * _wave(moment_s, 3.7)
        scale *= 0.97 + 0.03 * _wave(moment_s, 9.1)
        angle = 0.018 * _wave(moment_s, 7.3)
        turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]]) * scale
        view = self._zoom * np.column_stack([turn, (x, y) - turn @ (width / 2, height / 2)])
        view[:, 2] += (self._zoom - 1) / 2  # pixel coordinates refer to pixel centres
        return view

    def _light(self, moment_s: float) -> Floats:
        """Return the gain on a coarse grid: a moving lamp, an exposure that varies, darker corners."""
        lamp = 0.07 * _wave(moment_s, 11.0) * self._lamp
        return (1 + 0.03 * _wave(moment_s, 6.1) + lamp - self._corners).astype(np.float32)


def _wave(moment_s: float, period_s: float) -> float:
    return sin(2 * pi * moment_s / period_s)
