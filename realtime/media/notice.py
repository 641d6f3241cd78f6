"""Draws a notice: a plain image with a few words, shown if there is no frame to show."""

from functools import lru_cache

import cv2
import numpy as np

from realtime.frame import Composite, Frame, Matte, Pixels

_DARK = (48, 40, 36)
_LIGHT = (230, 226, 222)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def notice(text: tuple[str, ...], like: Frame, *, captured_s: float) -> Composite:
    """Return a composite that is a notice: it holds no person and no pixel of the camera.

    Args:
        text: lines as for ``draw_notice``.
        like: a frame; only its size and index are used.
        captured_s: capture time of the composite.
    """
    pixels = draw_notice(text, like.width_px, like.height_px)
    frame = Frame(pixels=pixels, index=like.index, captured_s=captured_s)
    nobody = np.zeros(pixels.shape[:2], np.float32)
    return Composite(pixels=pixels, matte=Matte(alpha=nobody, frame=frame), person=pixels, notice=True)


@lru_cache(maxsize=4)
def draw_notice(text: tuple[str, ...], width_px: int, height_px: int) -> Pixels:
    """Draw lines of ASCII text in the middle of a dark image, the first one larger.

    Returns:
        ``(height_px, width_px, 3) uint8 BGR``, the same array each time. Never write to it.
    """
    pixels = np.full((height_px, width_px, 3), _DARK, np.uint8)
    sizes = [1.0, *[0.6] * (len(text) - 1)]
    widest = max(_extent_px(line, size)[0] for line, size in zip(text, sizes, strict=True))
    unit = min(height_px / 400, 0.8 * width_px / widest)
    middle_px = height_px / 2 - 30 * unit * (len(text) - 1)
    for line, size in zip(text, sizes, strict=True):
        wide_px, high_px = _extent_px(line, size * unit)
        corner = (round((width_px - wide_px) / 2), round(middle_px + high_px / 2))
        cv2.putText(pixels, line, corner, _FONT, size * unit, _LIGHT, _thickness_px(size * unit), cv2.LINE_AA)
        middle_px += 60 * unit
    return pixels


def _extent_px(line: str, scale: float) -> tuple[int, int]:
    (wide_px, high_px), _ = cv2.getTextSize(line, _FONT, scale, _thickness_px(scale))
    return wide_px, high_px


def _thickness_px(scale: float) -> int:
    return max(1, round(1.5 * scale))
