"""Measures how steady a network's mattes are from frame to frame: on clips, and on shaken still images.

With true mattes it measures MAD, dtSSD and MESSDdt; without them only the warp error, which compares the motion of a
matte with that of its frames. An empty matte is perfectly steady, so read these figures beside ``models.evaluation``.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from models import metrics
from models.errors import GreenlessError
from models.evaluation import EVALUATION_AREA_PX, Predict, matte_of
from models.metrics import Alpha, Flow, Mask
from models.pairs import ClipFrame, Pixels


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """Means over the frames of a clip, or over clips; NaN if there was nothing to measure."""

    mad: float
    """Mean absolute difference from the true mattes."""

    dtssd: float
    """Difference between the changes of the matte and of the true matte from frame to frame, root mean square."""

    messddt: float
    """Change of the squared error when each pixel is followed along the motion."""

    warp: float
    """Change of the matte when each pixel is followed along the motion; needs no true matte."""


def steadiness(predict: Predict, moments: Iterable[ClipFrame], *, area_px: int = EVALUATION_AREA_PX) -> Steadiness:
    """Measure the bare network on one clip, frame by frame.

    Args:
        predict: the network.
        moments: the frames, all of one size.
        area_px: about how many pixels the network sees.

    Raises:
        GreenlessError: there are fewer than two frames, or their size changes.
    """
    return steadiness_of((moment, matte_of(predict, moment.pixels, area_px=area_px)) for moment in moments)


def steadiness_of(mattes: Iterable[tuple[ClipFrame, Alpha]]) -> Steadiness:
    """Measure the mattes of one clip from any source.

    Args:
        mattes: the frames in order, all of one size, each with its matte at that size.

    Raises:
        GreenlessError: there are fewer than two frames, or their size changes.
    """
    last: tuple[ClipFrame, Alpha] | None = None
    errors: list[float] = []
    changes: list[tuple[float, float, float]] = []
    for moment, alpha in mattes:
        if moment.alpha is not None:
            errors.append(metrics.mad(alpha, moment.alpha))
        if last is not None:
            changes.append(_change(*last, moment, alpha))
        last = moment, alpha
    if not changes:
        raise GreenlessError("a clip of fewer than two frames has no steadiness", cure="Name a longer clip")
    dtssd, messddt, warp = (metrics.mean_of_numbers(column) for column in zip(*changes, strict=True))
    return Steadiness(mad=metrics.mean_of_numbers(errors), dtssd=dtssd, messddt=messddt, warp=warp)


def motion(before: ClipFrame, after: ClipFrame) -> tuple[Flow, Mask]:
    """Return how far each pixel of ``before`` has moved in ``after``, and where that is reliable.

    If the offsets of the frames are unknown, optical flow finds the motion (Dense Inverse Search by Kroeger et al.,
    ECCV 2016). It is reliable where the backward flow returns to the start (Sundaram et al., ECCV 2010).
    """
    shape = before.pixels.shape[:2]
    if before.place_px is not None and after.place_px is not None:
        shift = np.subtract(after.place_px, before.place_px).astype(np.float32)
        return np.broadcast_to(shift, (*shape, 2)), np.ones(shape, bool)
    forth, back = _flow(before.pixels, after.pixels), _flow(after.pixels, before.pixels)
    home = metrics.followed(back, forth)
    astray = np.square(forth + home).sum(axis=2)
    length = np.square(forth).sum(axis=2) + np.square(home).sum(axis=2)
    return forth, np.asarray(astray <= 0.01 * length + 0.5)


def _change(before: ClipFrame, alpha: Alpha, after: ClipFrame, next_alpha: Alpha) -> tuple[float, float, float]:
    """dtSSD, MESSDdt and warp error from one frame to the next."""
    if before.pixels.shape != after.pixels.shape:
        raise GreenlessError(
            f"the clip's size changes from {before.pixels.shape[:2]} to {after.pixels.shape[:2]} (h, w)",
            cure="Give its frames one size",
        )
    flow, trusted = motion(before, after)
    warp = metrics.warp_error(alpha, next_alpha, flow, trusted)
    if before.alpha is None or after.alpha is None:
        return math.nan, math.nan, warp
    return (
        metrics.dtssd(alpha, before.alpha, next_alpha, after.alpha),
        metrics.messddt(alpha, before.alpha, next_alpha, after.alpha, flow),
        warp,
    )


def _flow(before: Pixels, after: Pixels) -> Flow:
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    grey, next_grey = (cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) for pixels in (before, after))
    return np.asarray(search.calc(grey, next_grey, np.zeros((*grey.shape, 2), np.float32)), np.float32)
