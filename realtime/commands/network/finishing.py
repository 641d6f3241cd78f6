"""Combines a network with the application's refining of mattes, to measure mattes as a viewer sees them."""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from models.evaluation import Predict, evaluation_size
from models.pairs import ClipFrame
from realtime.commands.network.open_network import FPS
from realtime.frame import Alpha, CoarseMatte, Frame, Pixels
from realtime.matting.refine.finish import Finish
from realtime.settings.schema import FinishSettings, Quality


def for_stills(predict: Predict, quality: Quality) -> Predict:
    """Return ``predict`` followed by a separate finish for every image; its mattes have the image size."""

    def finished(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        finish = Finish(FinishSettings(), quality)
        matte = finish.finish(_coarse(predict, pixels, size_px, 0)) or finish.flush()
        assert matte
        return matte.alpha

    return finished


def of_clip(predict: Predict, quality: Quality, moments: Iterable[ClipFrame]) -> Iterator[tuple[ClipFrame, Alpha]]:
    """Yield each frame with its finished matte, in order, whatever the delay of the finish."""
    finish = Finish(FinishSettings(), quality)
    waiting: deque[ClipFrame] = deque()
    for index, moment in enumerate(moments):
        waiting.append(moment)
        height_px, width_px = moment.pixels.shape[:2]
        coarse = _coarse(predict, moment.pixels, evaluation_size(width_px, height_px), index)
        if (matte := finish.finish(coarse)) is not None:
            yield waiting.popleft(), matte.alpha
    if (matte := finish.flush()) is not None:
        yield waiting.popleft(), matte.alpha


def _coarse(predict: Predict, pixels: Pixels, size_px: tuple[int, int], index: int) -> CoarseMatte:
    frame = Frame(pixels=pixels, index=index, captured_s=index / FPS)
    return CoarseMatte(alpha=np.clip(predict(pixels, size_px), 0, 1), frame=frame)
