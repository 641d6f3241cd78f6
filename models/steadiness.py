"""Measures how steady a network's mattes are from frame to frame: on clips, and on shaken stills.

In: ``ClipFrame``s of a clip and a network. Out: ``Steadiness``. Where the true mattes are known: MAD, dtSSD and
MESSDdt; where not, only the warp error, which asks nothing but that a matte moves as its picture does. A matte that is
always empty is perfectly steady: read these figures beside those of ``models.evaluation``.
"""

import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

import cv2
import numpy as np

from models import metrics
from models.errors import GreenlessError
from models.evaluation import EVALUATION_AREA_PX, Predict, matte_of
from models.metrics import Alpha, Flow, Mask
from models.pairs import ClipFrame, Pixels


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """Means over the frames of a clip, or over clips; NaN where there was nothing to measure."""

    mad: float
    """Mean absolute difference from the true mattes."""

    dtssd: float
    """How differently from the truth the matte changes from frame to frame, root mean square."""

    messddt: float
    """Change of the squared error when each pixel is followed along the motion."""

    warp: float
    """Change of the matte when each pixel is followed along the motion; wants no truth."""


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
    """Measure the mattes of one clip, wherever they come from.

    Args:
        mattes: the frames in their order, all of one size, each with its matte at that size.

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


def mean_steadiness(rows: Iterable[Steadiness]) -> Steadiness:
    """Average each figure over the clips where it could be measured."""
    columns = zip(*map(astuple, rows), strict=True)
    return Steadiness(
        **{
            field.name: metrics.mean_of_numbers(column)
            for field, column in zip(fields(Steadiness), columns, strict=True)
        }
    )


def motion(before: ClipFrame, after: ClipFrame) -> tuple[Flow, Mask]:
    """How far each pixel of ``before`` has moved in ``after``, and where that is to be trusted.

    Known where the moments know their places; else optical flow (Dense Inverse Search by Kroeger et al., ECCV 2016),
    trusted where the way back leads home (Sundaram et al., ECCV 2010): not where something came before something else.
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
