"""A matte's way from the network's size to the picture's: by interpolation, or led by the picture's own edges.

Goes in: ``(h, w) float32 in [0, 1]``, and the picture. Comes out: ``(H, W) float32 in [0, 1]``. Pure functions.

``guided`` is the fast guided filter with a colour guide (He, Sun, "Fast Guided Filter", 2015): round each pixel of the
coarse matte alpha is taken for a linear function of the picture's colour, ``alpha = a . colour + b``; the function is
fitted at the network's size, where it is cheap, and applied to the picture's own colours, where the hair is. Only the
band round the edge goes that way; the figures are ``benchmarks/finish.py``'s.
"""

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, Pixels
from realtime.matting.resize import shrink

RADIUS_PX = 2
"""Half the side of the windows in which the functions are fitted, in px of the coarse matte."""

EPSILON = 1e-4
"""Added to the variances of the colours in [0, 1]: what varies less, sensor noise, leads nothing."""

LEAST_FACTOR = 1.1
"""A picture that is hardly larger than the coarse matte has no finer edges to offer."""

_CONTRAST = 0.05
"""Where the coarse matte varies by less within a window there is no edge."""

_WINDOW = np.ones((2 * RADIUS_PX + 1, 2 * RADIUS_PX + 1), np.uint8)

Floats = npt.NDArray[np.float32]


def bilinear(alpha: Alpha, size: tuple[int, int]) -> Alpha:
    """A matte at the picture's size, by interpolation alone; by area averaging where it shrinks.

    Args:
        alpha: ``(h, w) float32 in [0, 1]``.
        size: ``(width, height)`` of the picture in px.

    Returns:
        ``(height, width) float32 in [0, 1]``; ``alpha`` itself where it has that size.
    """
    height, width = alpha.shape
    if (width, height) == size:
        return alpha
    shrinks = width > size[0] or height > size[1]
    resized = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)


def guided(alpha: Alpha, pixels: Pixels) -> Alpha:
    """A matte at the picture's size, whose edges are the picture's.

    Args:
        alpha: ``(h, w) float32 in [0, 1]``.
        pixels: ``(H, W, 3) uint8 BGR``.

    Returns:
        ``(H, W) float32 in [0, 1]``; as ``bilinear`` away from the edges, and wherever the picture is not larger.
    """
    (height, width), (full_height, full_width) = alpha.shape, pixels.shape[:2]
    size = (full_width, full_height)
    enlarged = bilinear(alpha, size)
    if min(full_width / width, full_height / height) < LEAST_FACTOR:
        return enlarged
    contrast = np.asarray(cv2.subtract(cv2.dilate(alpha, _WINDOW), cv2.erode(alpha, _WINDOW)), np.float32)
    band = (contrast > _CONTRAST).view(np.uint8)
    at = np.flatnonzero(np.asarray(cv2.resize(band, size, interpolation=cv2.INTER_NEAREST)).view(np.bool_))
    if not len(at):
        return enlarged
    functions, left, top = _functions(alpha, _small(pixels, (width, height)), band)
    y = at // full_width
    x = at - y * full_width
    there = _sampled(functions, _scaled(x, width / full_width) - left, _scaled(y, height / full_height) - top)
    colour = np.ones((len(at), 4), np.float32)
    colour[:, :3] = np.take(pixels.reshape(-1, 3), at, axis=0)
    led = np.einsum("ij,ij->i", there, colour)
    enlarged.reshape(-1)[at] = np.clip(led, 0, 1, out=led)
    return enlarged


def _small(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """The guide at the matte's size; OpenCV halves fast."""
    if pixels.shape[1] >= 2 * size[0] and pixels.shape[0] >= 2 * size[1]:
        half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
        pixels = np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA), np.uint8)
    return shrink(pixels, size)


def _functions(alpha: Alpha, guide: Pixels, band: npt.NDArray[np.uint8]) -> tuple[Floats, int, int]:
    """``(h, w, 4) float32``: a (for B, G, R in 0..255) and b of every pixel; a is 0 and b alpha outside the band.

    They are those of the rectangle that holds the band; its column and row in the coarse matte come with them.
    """
    left, top, wide, high = cv2.boundingRect(band)
    rows = slice(max(0, top - RADIUS_PX), top + high + RADIUS_PX)
    columns = slice(max(0, left - RADIUS_PX), left + wide + RADIUS_PX)
    alpha, inside = alpha[rows, columns], np.flatnonzero(band[rows, columns] > 0)
    functions = np.zeros((alpha.size, 4), np.float32)
    functions[:, 3] = alpha.reshape(-1)
    blue, green, red = cv2.split(guide[rows, columns] * np.float32(1 / 255))

    def mean(plane: cv2.typing.MatLike) -> Floats:
        """The windows' mean in the band, ``(n,)``."""
        return np.take(np.asarray(cv2.blur(plane, _WINDOW.shape), np.float32), inside)

    b, g, r, p = mean(blue), mean(green), mean(red), mean(alpha)
    bb, gg, rr = (mean(cv2.multiply(c, c)) - m * m + np.float32(EPSILON) for c, m in ((blue, b), (green, g), (red, r)))
    bg, br = mean(cv2.multiply(blue, green)) - b * g, mean(cv2.multiply(blue, red)) - b * r
    gr = mean(cv2.multiply(green, red)) - g * r
    bp, gp, rp = (mean(cv2.multiply(c, alpha)) - m * p for c, m in ((blue, b), (green, g), (red, r)))
    # The symmetric 3x3 system by its cofactors; EPSILON keeps the determinant above 0.
    c_bb, c_bg, c_br = gg * rr - gr * gr, gr * br - bg * rr, bg * gr - gg * br
    c_gg, c_gr, c_rr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    scale = 1 / (bb * c_bb + bg * c_bg + br * c_br)
    a_b = (c_bb * bp + c_bg * gp + c_br * rp) * scale
    a_g = (c_bg * bp + c_gg * gp + c_gr * rp) * scale
    a_r = (c_br * bp + c_gr * gp + c_rr * rp) * scale
    functions[inside] = np.column_stack((a_b / 255, a_g / 255, a_r / 255, p - a_b * b - a_g * g - a_r * r))
    # Neighbours overlap: their mean is steadier than each.
    averaged = np.asarray(cv2.blur(functions.reshape(*alpha.shape, 4), (3, 3)), np.float32)
    return averaged, columns.start, rows.start


def _scaled(full_px: npt.NDArray[np.intp], scale: float) -> Floats:
    """Coordinates in the picture as coordinates in the coarse matte; pixels are counted from their middles."""
    return full_px.astype(np.float32) * np.float32(scale) + np.float32(scale / 2 - 0.5)


def _sampled(values: Floats, x: Floats, y: Floats) -> Floats:
    """``(n, C)``: ``values`` between their pixels."""
    row = 4096  # ``remap`` takes no longer ones than 32767
    rows = -(-len(x) // row)
    maps = np.zeros((2, rows * row), np.float32)
    maps[0, : len(x)], maps[1, : len(x)] = x, y
    across, down = maps.reshape(2, rows, row)
    found = cv2.remap(values, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32).reshape(rows * row, -1)[: len(x)]
