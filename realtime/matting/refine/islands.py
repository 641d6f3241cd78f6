"""Removes islands from a matte: specks away from the person vanish, small holes inside the person fill.

A pure function of one matte at the network's size. A region fades with its area, so that none pops in or out.
"""

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha

_SEEN = 0.1
"""Pixels above this alpha belong to a region, so that soft hair connects regions."""

_SURE = 0.5
"""A region whose alpha never reaches this is not a person, whatever its size."""

_SOLID = 0.9
"""Pixels above this alpha are the inside of the person, which may contain holes."""

_SPECK = (0.003, 0.008)
"""Share of the frame up to which an isolated region vanishes, and from which on it stays whole."""

_AT_THE_EDGE = (0.0003, 0.0012)
"""The same for a region that touches the sides or the bottom of the frame: a hand that enters is small at first."""

_NEAR = 0.03
"""A region nearer to a large one than this share of the shorter side belongs to it: fingers, strands of hair."""

_HOLE = (0.002, 0.004)
"""Share of the person up to which a hole fills, and from which on it stays. The gap under a bent arm is larger."""

_UNSURE_HOLE = (0.05, 0.10)
"""The same for an uncertain hole, whose alpha never falls below ``_OPEN``."""

_OPEN = 0.2

_WORK_PX = 50_000
"""Regions are found in a matte of at most this many pixels: half the size takes a quarter of the time."""

Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
"""``(h, w) bool``"""

Weights = npt.NDArray[np.float32]
"""One number in [0, 1] for each label, or for each pixel."""


def without_islands(alpha: Alpha) -> Alpha:
    """Remove specks and fill small holes; return ``alpha`` itself if there are none.

    Every large region stays, and so does a region close to it, or at the sides or the bottom of the frame. If no region
    is large or enters from outside, nobody is in the frame, and nothing stays.

    Args:
        alpha: ``(h, w) float32 in [0, 1]`` at the network's size; not modified.
    """
    small = alpha
    while small.size > _WORK_PX:
        small = np.asarray(cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
    if (gone := _specks(small)) is not None:
        alpha = alpha * (1 - _at_size_of(alpha, gone))
    if (fill := _holes(small)) is not None:
        alpha = alpha + (1 - alpha) * _at_size_of(alpha, fill)
    return alpha


def _specks(alpha: Alpha) -> Weights | None:
    """Return how much of each pixel to remove, ``(h, w)``; None if there are no specks."""
    seen = alpha > _SEEN
    count = _count(seen, connectivity=8)
    if count == 0 or (count == 1 and alpha.max() > _SURE and np.count_nonzero(seen) >= _SPECK[1] * alpha.size):
        return None
    labels, stats = _regions(seen, connectivity=8)
    kept = _kept(alpha, labels, stats)
    if kept.min() < 1:
        kept = _with_neighbours(kept, labels)
    if kept.min() == 1:
        return None
    gone = (1 - kept)[labels]
    rim = cv2.dilate(gone, np.ones((5, 5), np.uint8))  # too faint to belong to the speck, but it vanishes with it
    return np.asarray(np.where(labels > 0, gone, rim), np.float32)


def _kept(alpha: Alpha, labels: Labels, stats: Labels) -> Weights:
    """Return how much of each region stays, by its area and place; 1 for label 0, which is no region."""
    height, width = alpha.shape
    left, top, wide, high, area = stats.T
    at_the_edge = (left == 0) | (left + wide == width) | (top + high == height)
    none, whole = np.where(at_the_edge[:, None], _AT_THE_EDGE, _SPECK).T * alpha.size
    kept = np.clip((area - none) / (whole - none), 0, 1)
    sure = np.zeros(len(stats), bool)
    sure[labels[alpha > _SURE]] = True
    kept[~sure] = 0
    kept[0] = 1
    return np.asarray(kept, np.float32)


def _with_neighbours(kept: Weights, labels: Labels) -> Weights:
    """Keep also every region close to one that stays whole."""
    whole = kept == 1
    whole[0] = False
    reach = 2 * max(1, round(_NEAR * min(labels.shape))) + 1
    near = cv2.dilate(whole[labels].astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    kept = kept.copy()
    kept[labels[near]] = 1
    return kept


def _holes(alpha: Alpha) -> Weights | None:
    """Return how much of each pixel to fill, ``(h, w)``; None if there are no holes."""
    outside = alpha <= _SOLID
    sides = outside[0], outside[-1], outside[:, 0], outside[:, -1]
    if _count(outside, connectivity=4) <= 1 and any(side.any() for side in sides):
        return None
    labels, stats = _regions(outside, connectivity=4)
    person = np.count_nonzero(alpha > _SURE)
    height, width = alpha.shape
    left, top, wide, high, area = stats.T
    enclosed = (left > 0) & (top > 0) & (left + wide < width) & (top + high < height)
    enclosed &= area < _UNSURE_HOLE[1] * person
    enclosed[0] = False
    if not enclosed.any():
        return None
    opened = np.zeros(len(stats), bool)
    opened[labels[alpha < _OPEN]] = True
    full, none = np.where(opened[:, None], _HOLE, _UNSURE_HOLE).T * person
    fill = np.where(enclosed, np.clip((none - area) / (none - full), 0, 1), 0).astype(np.float32)
    return fill[labels] if fill.any() else None


def _at_size_of(alpha: Alpha, weights: Weights) -> Weights:
    """Enlarge the weights to the size of the matte."""
    if weights.shape == alpha.shape:
        return weights
    return np.asarray(cv2.resize(weights, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _count(mask: Mask, *, connectivity: int) -> int:
    """Count the regions, in a fifth of the time of ``_regions``."""
    return cv2.connectedComponents(mask.view(np.uint8), connectivity=connectivity, ltype=cv2.CV_16U)[0] - 1


def _regions(mask: Mask, *, connectivity: int) -> tuple[Labels, Labels]:
    """Return the label of each pixel (0 is no region), and OpenCV's row of statistics for each label."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=connectivity)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)
