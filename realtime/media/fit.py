"""Fits an image into another size: a background into the frame, a composite into a sink."""

from typing import Literal

import cv2
import numpy as np

from realtime.frame import Pixels

Fit = Literal["cover", "contain", "stretch"]
"""cover crops the edges, contain adds black bars, stretch changes the proportions."""


def fit(pixels: Pixels, *, width_px: int, height_px: int, how: Fit) -> Pixels:
    """Fit an image into a size. Returns ``pixels`` itself, not a copy, if it has that size already.

    Args:
        pixels: ``(H, W, C) uint8``.
        width_px: width of the result.
        height_px: height of the result.
        how: cover and contain keep the proportions and centre the image.

    Returns:
        ``(height_px, width_px, C) uint8``; bars are zero (black, and transparent if there is an alpha channel).
    """
    height, width = pixels.shape[:2]
    if (width, height) == (width_px, height_px):
        return pixels
    if how == "stretch":
        return _resize(pixels, width_px, height_px)
    ratios = (width_px / width, height_px / height)
    if how == "cover":
        scale = max(ratios)
        seen_w, seen_h = max(1, round(width_px / scale)), max(1, round(height_px / scale))
        left, top = (width - seen_w) // 2, (height - seen_h) // 2
        return _resize(pixels[top : top + seen_h, left : left + seen_w], width_px, height_px)
    scale = min(ratios)
    inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
    canvas = np.zeros((height_px, width_px, *pixels.shape[2:]), np.uint8)
    left, top = (width_px - inner_w) // 2, (height_px - inner_h) // 2
    canvas[top : top + inner_h, left : left + inner_w] = _resize(pixels, inner_w, inner_h)
    return canvas


def _resize(pixels: Pixels, width_px: int, height_px: int) -> Pixels:
    """Shrink by area averaging, which avoids aliasing; enlarge linearly."""
    smaller = width_px <= pixels.shape[1] and height_px <= pixels.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    if pixels.shape[2] != 4:
        return np.asarray(cv2.resize(pixels, (width_px, height_px), interpolation=how), np.uint8)
    # Colours are weighted by alpha, so that transparent pixels do not tint the edge.
    alpha = pixels[..., 3:] / np.float32(255)
    weighed = np.concatenate([pixels[..., :3] * alpha, alpha], axis=2)
    resized = cv2.resize(weighed, (width_px, height_px), interpolation=how)
    colour = resized[..., :3] / np.maximum(resized[..., 3:], np.float32(1e-6))
    return np.asarray(np.rint(np.concatenate([colour, resized[..., 3:] * 255], axis=2)), np.uint8)


def even(pixels: Pixels) -> Pixels:
    """Cut the last row or column of an odd size, because resizing would cost sharpness and add a bar."""
    height_px, width_px = pixels.shape[:2]
    return np.ascontiguousarray(pixels[: height_px & ~1 or 1, : width_px & ~1 or 1])
