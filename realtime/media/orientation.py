"""The eight ways to turn and mirror an image, by their numbers in EXIF."""

from collections.abc import Callable
from typing import Any

import cv2

UPRIGHT: dict[int, Callable[[Any], Any]] = {
    2: lambda stored: cv2.flip(stored, 1),
    3: lambda stored: cv2.rotate(stored, cv2.ROTATE_180),
    4: lambda stored: cv2.flip(stored, 0),
    5: cv2.transpose,
    6: lambda stored: cv2.rotate(stored, cv2.ROTATE_90_CLOCKWISE),
    7: lambda stored: cv2.rotate(cv2.transpose(stored), cv2.ROTATE_180),
    8: lambda stored: cv2.rotate(stored, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""From stored to upright, by the orientation of EXIF; 1 is upright."""
