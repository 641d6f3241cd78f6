"""The error metrics of the matting papers, on numpy arrays.

Mattes are ``(H, W) float32 in [0, 1]``. Results are not scaled (papers print MAD and MSE times 1000, dtSSD times 100).
An empty band has nothing to measure, so its result is NaN.

Sources: SAD, MSE, Grad and Conn by Rhemann et al., "A perceptually motivated online benchmark for image matting" (CVPR
2009); dtSSD and MESSDdt by Erofeev et al., "Perceptually motivated benchmark for video matting" (BMVC 2015), here per
pixel, so that sizes compare; the warp error is that of Lai et al., "Learning blind video temporal consistency" (ECCV
2018), on mattes.
"""

import math
from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

Alpha = npt.NDArray[np.float32]
"""A matte: ``(H, W) float32 in [0, 1]``, 1 where the person is."""

Mask = npt.NDArray[np.bool_]
"""``(H, W) bool``"""

Flow = npt.NDArray[np.float32]
"""``(H, W, 2) float32``: motion (x, y) in px of each pixel until the next frame."""

Errors = npt.NDArray[np.float32]
"""``(H, W) float32``: the contribution of each pixel to a sum."""

_Row = TypeVar("_Row", bound=Any)
"""A dataclass whose fields are numbers."""

_GRAD_SIGMA_PX = 1.4
_CONN_STEP = 0.1
_CONN_SLACK = 0.15
"""Conn ignores a smaller difference of a pixel from its connected neighbourhood."""


def unknown_band(true: Alpha, *, share: float = 0.03, threshold: float = 0.05) -> Mask:
    """Mark the pixels at the edge, where the dilated and the eroded matte differ by more than ``threshold``.

    Args:
        true: the true matte.
        share: side of the square, as a share of the shorter side; the square is odd and at least 3 px.
        threshold: in [0, 1].
    """
    square = np.ones(2 * [max(3, int(share * min(true.shape)) | 1)], np.uint8)
    band: Mask = cv2.dilate(true, square) - cv2.erode(true, square) > threshold
    return band


def mad(predicted: Alpha, true: Alpha, where: Mask | None = None) -> float:
    """Mean absolute difference, over all pixels or over those of ``where``."""
    return _mean(np.abs(predicted - true), where)


def mse(predicted: Alpha, true: Alpha, where: Mask | None = None) -> float:
    """Mean squared error, over all pixels or over those of ``where``."""
    return _mean(np.square(predicted - true), where)


def sad(predicted: Alpha, true: Alpha, where: Mask | None = None) -> float:
    """Sum of absolute differences, in thousands."""
    return thousands(np.abs(predicted - true), where)


def grad(predicted: Alpha, true: Alpha, where: Mask | None = None) -> float:
    """Squared difference of the gradients' lengths (Gaussian derivatives, sigma 1.4 px), summed, in thousands."""
    return thousands(grad_errors(predicted, true), where)


def grad_errors(predicted: Alpha, true: Alpha) -> Errors:
    """Return the terms of ``grad``, to sum them over several regions."""
    return np.asarray(np.square(_gradient(predicted) - _gradient(true)))


def conn(predicted: Alpha, true: Alpha, where: Mask | None = None) -> float:
    """Difference of connectedness to the largest region that both mattes hold, summed, in thousands."""
    return thousands(conn_errors(predicted, true), where)


def conn_errors(predicted: Alpha, true: Alpha) -> Errors:
    """Return the terms of ``conn``, to sum them over several regions."""
    level = _connected_level(predicted, true)
    return np.asarray(np.abs(_connectedness(predicted, level) - _connectedness(true, level)))


def thousands(errors: Errors, where: Mask | None = None) -> float:
    """Sum errors over all pixels or over those of ``where``, in thousands; NaN if there are none."""
    if where is not None and not where.any():
        return math.nan
    return float(errors.sum(dtype=np.float64, where=True if where is None else where)) / 1000


def iou(predicted: Alpha, true: Alpha, where: Mask | None = None) -> float:
    """Intersection over union of the two mattes cut at 0.5; 1 when both are empty."""
    person, truth = predicted > 0.5, true > 0.5
    if where is not None:
        if not where.any():
            return math.nan
        person, truth = person[where], truth[where]
    union = np.count_nonzero(person | truth)
    return float(np.count_nonzero(person & truth) / union) if union else 1.0


def dtssd(predicted: Alpha, true: Alpha, next_predicted: Alpha, next_true: Alpha) -> float:
    """Flicker: root mean square of how differently the two mattes change from this frame to the next."""
    return math.sqrt(_mean(np.square((next_predicted - predicted) - (next_true - true)), None))


def messddt(predicted: Alpha, true: Alpha, next_predicted: Alpha, next_true: Alpha, flow: Flow) -> float:
    """Flicker along the motion: mean change of the squared error when each pixel is followed into the next frame.

    Pixels that leave the frame do not count.
    """
    next_error = followed(np.square(next_predicted - next_true), flow)
    return _mean(np.abs(np.square(predicted - true) - next_error), stays_in(flow))


def warp_error(predicted: Alpha, next_predicted: Alpha, flow: Flow, where: Mask | None = None) -> float:
    """Flicker with no truth to compare with: mean change of the matte when each pixel is followed into the next frame.

    Pixels that leave the frame do not count.

    Args:
        predicted: the matte of this frame.
        next_predicted: that of the next.
        flow: how the pixels of this frame move until the next.
        where: the pixels with a reliable flow.
    """
    stays = stays_in(flow)
    return _mean(np.abs(predicted - followed(next_predicted, flow)), stays if where is None else stays & where)


def followed(next_values: Flow | Alpha, flow: Flow) -> npt.NDArray[np.float32]:
    """Return the values of the next frame moved back along the motion, ``(H, W[, C]) float32``, bilinear."""
    return np.asarray(cv2.remap(next_values, *_aims(flow), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def stays_in(flow: Flow) -> Mask:
    """Mark the pixels that are inside the next frame."""
    (height, width), (x, y) = flow.shape[:2], _aims(flow)
    stays: Mask = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return stays


def mean_of_numbers(values: Iterable[float]) -> float:
    """Return the mean without NaN; NaN if nothing else is left."""
    numbers = [value for value in values if not math.isnan(value)]
    return sum(numbers) / len(numbers) if numbers else math.nan


def mean_of_rows(rows: Iterable[_Row]) -> _Row:
    """Average each field of dataclasses of numbers over the rows in which it could be measured.

    Args:
        rows: at least one.
    """
    listed = list(rows)
    kind = type(listed[0])
    columns = zip(*map(astuple, listed), strict=True)
    averaged: _Row = kind(**{f.name: mean_of_numbers(each) for f, each in zip(fields(kind), columns, strict=True)})
    return averaged


def _aims(flow: Flow) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the place of each pixel in the next frame: x and y, each ``(H, W) float32``."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x + flow[..., 0], y + flow[..., 1]


def _mean(values: npt.NDArray[np.float32], where: Mask | None) -> float:
    if where is not None:
        values = values[where]
    return float(values.mean(dtype=np.float64)) if values.size else math.nan


def _gradient(alpha: Alpha) -> npt.NDArray[np.float32]:
    across = _gaussian_derivative()
    dx = cv2.filter2D(alpha, cv2.CV_32F, across, borderType=cv2.BORDER_REPLICATE)
    dy = cv2.filter2D(alpha, cv2.CV_32F, across.T.copy(), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.magnitude(dx, dy), np.float32)


def _gaussian_derivative() -> npt.NDArray[np.float64]:
    """Return the unit-length kernel across x, cut where the Gaussian falls below 0.01, as in the benchmark."""
    sigma = _GRAD_SIGMA_PX
    half = math.ceil(sigma * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * sigma * 0.01)))
    offsets = np.arange(-half, half + 1, dtype=np.float64)
    bell = np.exp(-np.square(offsets) / (2 * sigma**2))
    kernel = np.outer(bell, -offsets * bell)
    return np.asarray(kernel / np.sqrt(np.square(kernel).sum()))


def _connected_level(predicted: Alpha, true: Alpha) -> npt.NDArray[np.float32]:
    """Return the highest level at which each pixel belongs to the largest region of both mattes."""
    level = np.ones_like(true)
    open_pixels = np.ones(true.shape, bool)
    for step in range(1, round(1 / _CONN_STEP) + 1):
        # Compare in float32 like the mattes, so that a pixel of exactly 0.1 reaches the level 0.1.
        region = _largest_region(np.minimum(predicted, true) >= np.float32(step * _CONN_STEP))
        level[open_pixels & ~region] = (step - 1) * _CONN_STEP
        open_pixels &= region
    return level


def _largest_region(mask: Mask) -> Mask:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest: Mask = labels == 1 + int(areas.argmax()) if len(areas) else np.zeros_like(mask)
    return largest


def _connectedness(alpha: Alpha, level: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    above = alpha - level
    return np.asarray(1 - np.where(above >= _CONN_SLACK, above, 0), np.float32)
