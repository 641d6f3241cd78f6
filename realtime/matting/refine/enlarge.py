"""Enlarges a matte from the network's size to the size of its frame: by interpolation, or along the edges of the frame.

``guided`` is the fast guided filter with a colour guide (He, Sun, "Fast Guided Filter", 2015). Around each pixel, alpha
is a linear function of the colour, ``alpha = a . colour + b``. The function is fitted in a reduced frame, where that is
cheap, and applied to the full frame, which shows the hair. It covers only a band at the edge, and fades into the
interpolation. ``benchmarks/finish.py`` measured the constants. All functions are pure.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, Frame, Pixels
from realtime.media.edge_pixels import Floats, PixelRuns

RADIUS_PX = 1
"""Half the side of the fitted windows, in px of the reduced frame."""

WIDE_RADIUS = 0.045
"""The same for the reduced frame halved once more, as a share of its shorter side: wide windows are steadier, and
reach beyond the soft edge of a network."""

LEAST_WIDE_PX = 45
"""Least shorter side of that frame: fewer pixels do not show the edge of a person."""

WIDE_TRUST = 16.0
"""Weight of a wide window relative to a narrow one that fits equally well."""

MISFIT = 1e-4
"""Unexplained variance of alpha at which a window has half the weight of one that fits."""

EPSILON = 1e-3
"""Added to the variances of the colours in [0, 1]: smaller variation is sensor noise, and guides nothing."""

REDUCED = 0.4
"""The frame is halved while its shorter side is at least this share of the coarse matte's. A network's edge is softer
than its pixels, and wider windows find more of the edges in the frame."""

LEAST_FACTOR = 1.1
"""A frame must be larger than the coarse matte by this factor to show finer edges."""

CONTRAST = (0.03, 0.08)
"""Variation of the coarse matte between neighbours: below the first value there is no edge; from the second on, only
the frame decides."""

_TINY = np.float32(1e-6)
_NEAR = np.ones((3, 3), np.uint8)


def bilinear(alpha: Alpha, size: tuple[int, int]) -> Alpha:
    """Resize a matte by interpolation, or by area averaging if it shrinks.

    Args:
        alpha: ``(h, w) float32 in [0, 1]``.
        size: ``(width, height)`` of the frame in px.

    Returns:
        ``(height, width) float32 in [0, 1]``; ``alpha`` itself if it has that size.
    """
    height, width = alpha.shape
    if (width, height) == size:
        return alpha
    shrinks = width > size[0] or height > size[1]
    resized = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)


def guided(alpha: Alpha, frame: Frame) -> Alpha:
    """Enlarge a matte along the edges of its frame.

    Args:
        alpha: ``(h, w) float32 in [0, 1]``.
        frame: the frame of the matte.

    Returns:
        ``(H, W) float32 in [0, 1]``; as ``bilinear`` away from the edges, and if the frame is not larger.
    """
    (height, width), size = alpha.shape, (frame.width_px, frame.height_px)
    enlarged = bilinear(alpha, size)
    if min(size[0] / width, size[1] / height) < LEAST_FACTOR:
        return enlarged
    guide = frame.reduced(REDUCED * min(width, height))
    alpha = _small(alpha, guide.shape[1::-1])
    contrast = np.asarray(cv2.subtract(cv2.dilate(alpha, _NEAR), cv2.erode(alpha, _NEAR)), np.float32)
    weight = np.asarray(np.clip((contrast - CONTRAST[0]) / (CONTRAST[1] - CONTRAST[0]), 0, 1), np.float32)
    band = (weight > 0).view(np.uint8)
    runs = PixelRuns.under(np.asarray(cv2.dilate(band, _NEAR), np.uint8), enlarged.shape)
    if not len(runs):
        return enlarged
    side_px = min(guide.shape[:2])
    wide = frame.reduced(side_px / 2) if side_px >= 2 * LEAST_WIDE_PX else guide
    functions, weight = runs.sample(_functions(alpha, (guide, wide), band, weight), weight)
    parts = cv2.multiply(functions[None], runs.colours(frame.pixels)[None])
    led = runs.take(enlarged) * (1 - weight)
    for channel in range(4):
        led += cv2.extractChannel(parts, channel)[0]
    runs.put(enlarged, np.clip(led, 0, 1, out=led))
    return enlarged


def _small(alpha: Alpha, size: tuple[int, int]) -> Alpha:
    """Resize the coarse matte to the size ``(width, height)`` of the guide, as ``resize.shrink`` does."""
    double = cv2.resize(alpha, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(double, size, interpolation=cv2.INTER_AREA), np.float32)


def _functions(alpha: Alpha, guides: tuple[Pixels, Pixels], band: npt.NDArray[np.uint8], weight: Floats) -> Floats:
    """Return ``(h, w, 4) float32``: a (for B, G, R in 0..255) and b / 255 of every pixel in the band, times its weight.

    Args:
        alpha: ``(h, w)``, at the size of the first guide.
        guides: the reduced frame, and the same reduced once more.
        band: 1 at the pixels that need a function.
        weight: of the band.
    """
    guide, wide_guide = guides
    size, wide_size = guide.shape[1::-1], wide_guide.shape[1::-1]
    wide_alpha = np.asarray(cv2.resize(alpha, wide_size, interpolation=cv2.INTER_AREA), np.float32)
    wide_band = np.asarray(cv2.resize(band * np.uint8(255), wide_size, interpolation=cv2.INTER_AREA), np.uint8)
    functions, trust = _fitted(alpha, guide, band, RADIUS_PX)
    wide_radius_px = max(1, round(WIDE_RADIUS * min(wide_size)))
    wide, wide_trust = _fitted(wide_alpha, wide_guide, cv2.dilate(wide_band, _NEAR), wide_radius_px)
    at = np.flatnonzero(weight)
    share = WIDE_TRUST * np.take(cv2.resize(wide_trust, size), at) + np.take(trust, at) + _TINY
    share = np.take(weight, at) / share
    sums = np.take(np.reshape(cv2.resize(wide, size), (-1, 4)), at, axis=0) * np.float32(WIDE_TRUST)
    sums += np.take(functions.reshape(-1, 4), at, axis=0)
    functions = np.zeros_like(functions)
    functions.reshape(-1, 4)[at] = sums * share[:, None]
    return functions


def _fitted(alpha: Alpha, guide: Pixels, band: cv2.typing.MatLike, radius_px: int) -> tuple[Floats, Floats]:
    """Return the sums of the windows' functions around every band pixel, times their weights, and of the weights.

    The first is ``(h, w, 4)``, the second ``(h, w)``; both are 0 away from the band.
    """
    band = cv2.dilate(band, _NEAR)  # the sums include neighbours
    left, top, wide, high = cv2.boundingRect(band)  # the windows of the band reach no further than this:
    rows = slice(max(0, top - radius_px), top + high + radius_px)
    columns = slice(max(0, left - radius_px), left + wide + radius_px)
    whole, alpha, inside = alpha.shape, alpha[rows, columns], np.flatnonzero(band[rows, columns] > 0)
    window = (2 * radius_px + 1, 2 * radius_px + 1)
    blue, green, red = (plane.astype(np.float32) for plane in cv2.split(guide[rows, columns]))

    def mean(plane: cv2.typing.MatLike) -> Floats:
        """Return the means of the windows in the band, ``(n,)``."""
        return np.take(np.asarray(cv2.blur(plane, window), np.float32), inside)

    b, g, r, p = mean(blue), mean(green), mean(red), mean(alpha)
    bb, gg, rr = (
        mean(cv2.multiply(c, c)) - m * m + np.float32(EPSILON * 255**2) for c, m in ((blue, b), (green, g), (red, r))
    )
    bg, br = mean(cv2.multiply(blue, green)) - b * g, mean(cv2.multiply(blue, red)) - b * r
    gr = mean(cv2.multiply(green, red)) - g * r
    bp, gp, rp = (mean(cv2.multiply(c, alpha)) - m * p for c, m in ((blue, b), (green, g), (red, r)))
    pp = mean(cv2.multiply(alpha, alpha)) - p * p
    a_b, a_g, a_r, left_over = least_squares((bb, gg, rr), (bg, br, gr), (bp, gp, rp), pp)
    trust = 1 / (np.maximum(left_over, 0) + np.float32(MISFIT))
    constant = (p - a_b * b - a_g * g - a_r * r) * np.float32(1 / 255)
    part, trusts = np.zeros((*alpha.shape, 4), np.float32), np.zeros(alpha.shape, np.float32)
    part.reshape(-1, 4)[inside] = np.reshape(cv2.merge([f * trust for f in (a_b, a_g, a_r, constant)]), (-1, 4))
    trusts.reshape(-1)[inside] = trust
    sums, total = np.zeros((*whole, 4), np.float32), np.zeros(whole, np.float32)
    sums[rows, columns], total[rows, columns] = cv2.blur(part, (3, 3)), cv2.blur(trusts, (3, 3))
    return sums, total


def least_squares(
    variances: tuple[Any, Any, Any], covariances: tuple[Any, Any, Any], shared: tuple[Any, Any, Any], variance: Any
) -> tuple[Any, Any, Any, Any]:
    """Return the factors of B, G, R in the linear functions of alpha, and the variance of alpha that they leave.

    Solved by LDL^T, because cofactors lose all digits if the colours hardly differ. Takes numpy arrays or PyTorch
    tensors, all of one shape.

    Args:
        variances: of B, G and R, above 0.
        covariances: of B and G, B and R, G and R.
        shared: the covariances of alpha with B, G and R.
        variance: of alpha.
    """
    (bb, gg, rr), (bg, br, gr), (bp, gp, rp) = variances, covariances, shared
    l_g, l_r = bg / bb, br / bb
    d_g, p_g = gg - l_g * bg, gp - l_g * bp
    rest = gr - l_g * br
    l_gr = rest / d_g
    d_r, p_r = rr - l_r * br - l_gr * rest, rp - l_r * bp - l_gr * p_g
    a_r = p_r / d_r
    a_g = p_g / d_g - l_gr * a_r
    a_b = bp / bb - l_g * a_g - l_r * a_r
    return a_b, a_g, a_r, variance - (bp * bp / bb + p_g * p_g / d_g + p_r * p_r / d_r)
