"""A matte's way from the network's size to the picture's: by interpolation, or led by the picture's own edges.

Goes in: ``(h, w) float32 in [0, 1]``, and the picture. Comes out: ``(H, W) float32 in [0, 1]``. Pure functions.

``guided`` is the fast guided filter with a colour guide (He, Sun, "Fast Guided Filter", 2015): round each pixel alpha
is taken for a linear function of the picture's colour, ``alpha = a . colour + b``; the function is fitted in a reduced
picture, where it is cheap, and applied to the picture's own colours, where the hair is. Only the band round the edge
goes that way, and fades into the interpolation; the figures are ``benchmarks/finish.py``'s.
"""

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, Frame, Pixels
from realtime.runs import Floats, Runs

RADIUS_PX = 1
"""Half the side of the windows in which the functions are fitted, in px of the reduced picture."""

EPSILON = 1e-4
"""Added to the variances of the colours in [0, 1]: what varies less, sensor noise, leads nothing."""

REDUCED = 0.4
"""The functions are fitted in the picture halved while its shorter side stays at least so long, in parts of the coarse
matte's: a network's edges are softer than its pixels are small, and wider windows find more of the picture's."""

LEAST_FACTOR = 1.1
"""A picture that is hardly larger than the coarse matte has no finer edges to offer."""

CONTRAST = (0.1, 0.3)
"""Where the coarse matte varies by less than the first within a window there is no edge; from the second on the
picture leads alone."""

_WINDOW = np.ones((2 * RADIUS_PX + 1, 2 * RADIUS_PX + 1), np.uint8)


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


def guided(alpha: Alpha, frame: Frame) -> Alpha:
    """A matte at the picture's size, whose edges are the picture's.

    Args:
        alpha: ``(h, w) float32 in [0, 1]``.
        frame: the picture that it was made from.

    Returns:
        ``(H, W) float32 in [0, 1]``; as ``bilinear`` away from the edges, and wherever the picture is not larger.
    """
    (height, width), size = alpha.shape, (frame.width_px, frame.height_px)
    enlarged = bilinear(alpha, size)
    if min(size[0] / width, size[1] / height) < LEAST_FACTOR:
        return enlarged
    guide = frame.reduced(REDUCED * min(width, height))
    alpha = _small(alpha, guide.shape[1::-1])
    contrast = np.asarray(cv2.subtract(cv2.dilate(alpha, _WINDOW), cv2.erode(alpha, _WINDOW)), np.float32)
    weight = np.asarray(np.clip((contrast - CONTRAST[0]) / (CONTRAST[1] - CONTRAST[0]), 0, 1), np.float32)
    band = (weight > 0).view(np.uint8)
    runs = Runs.under(np.asarray(cv2.dilate(band, _WINDOW), np.uint8), enlarged.shape)
    if not len(runs):
        return enlarged
    functions, weight = runs.sample(_functions(alpha, guide, band, weight), weight)
    parts = cv2.multiply(functions[None], runs.colours(frame.pixels)[None])
    led = runs.take(enlarged) * (1 - weight)
    for channel in range(4):
        led += cv2.extractChannel(parts, channel)[0]
    runs.put(enlarged, np.clip(led, 0, 1, out=led))
    return enlarged


def _small(alpha: Alpha, size: tuple[int, int]) -> Alpha:
    """The coarse matte at the size ``(width, height)`` of the guide, as ``resize.shrink`` does it."""
    double = cv2.resize(alpha, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(double, size, interpolation=cv2.INTER_AREA), np.float32)


def _functions(alpha: Alpha, guide: Pixels, band: npt.NDArray[np.uint8], weight: Floats) -> Floats:
    """``(h, w, 4) float32``: a (for B, G, R in 0..255) and b / 255 of every pixel of the band, times its weight."""
    left, top, wide, high = cv2.boundingRect(band)  # the windows of the band's pixels reach no further than this:
    rows = slice(max(0, top - RADIUS_PX), top + high + RADIUS_PX)
    columns = slice(max(0, left - RADIUS_PX), left + wide + RADIUS_PX)
    alpha, inside = alpha[rows, columns], np.flatnonzero(band[rows, columns] > 0)
    blue, green, red = (plane.astype(np.float32) for plane in cv2.split(guide[rows, columns]))

    def mean(plane: cv2.typing.MatLike) -> Floats:
        """The windows' mean in the band, ``(n,)``."""
        return np.take(np.asarray(cv2.blur(plane, _WINDOW.shape), np.float32), inside)

    b, g, r, p = mean(blue), mean(green), mean(red), mean(alpha)
    bb, gg, rr = (
        mean(cv2.multiply(c, c)) - m * m + np.float32(EPSILON * 255**2) for c, m in ((blue, b), (green, g), (red, r))
    )
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
    rest = (p - a_b * b - a_g * g - a_r * r) * np.float32(1 / 255)
    part = np.zeros((*alpha.shape, 4), np.float32)
    part[..., 3] = alpha * np.float32(1 / 255)
    part.reshape(-1, 4)[inside] = np.reshape(cv2.merge((a_b, a_g, a_r, rest)), (-1, 4))
    # Neighbours overlap: their mean is steadier than each.
    functions = np.zeros((*weight.shape, 4), np.float32)
    functions[rows, columns] = cv2.multiply(cv2.blur(part, (3, 3)), cv2.merge((weight[rows, columns],) * 4))
    return functions
