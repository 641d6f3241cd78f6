"""The ways from an image to its matte that ``greenless evaluate`` measures: the bare network, refined, as written.

The bare network is an ONNX file on the CPU in float32. A TOML file next to it may describe a network with other inputs
and outputs than MODNet.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from models.evaluation import Predict, evaluation_size
from models.onnx_session import cpu_session, run_options
from models.pairs import ClipFrame
from realtime.errors import WeightsError
from realtime.frame import Alpha, CoarseMatte, Frame, Pixels
from realtime.matting.matter import Matter
from realtime.matting.refine.fine_edges import FineEdges
from realtime.matting.refine.finish import Finish, finished
from realtime.matting.resize import prepare
from realtime.matting.runtimes.custom_onnx import CustomOnnxMatter
from realtime.matting.runtimes.custom_onnx_spec import description_of
from realtime.settings.schema import FinishSettings, Quality

FPS = 30
"""The assumed frame rate of a clip."""

IMAGE_QUALITY: Quality = "best"
"""The default of ``greenless image``."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """The two ways to call a network."""

    still: Predict
    """For independent images."""

    clip: Callable[[], Predict]
    """Returns the function for a new clip: a recurrent network then carries its state from frame to frame."""


def open_network(path: Path) -> Network:
    """Open an ONNX file in float32 on the CPU.

    Raises:
        WeightsError: ONNX Runtime cannot load the file.
        realtime.errors.MatterError: the description does not fit the network.
    """
    if (description := description_of(path)) is not None:
        return _custom(CustomOnnxMatter(path, description, title=path.stem, reference_px=512, provider="cpu"))
    predict = _plain(path)
    return Network(still=predict, clip=lambda: predict)


def finished_stills(predict: Predict, quality: Quality) -> Predict:
    """Return ``predict`` followed by a separate finish for every image; its mattes have the image size."""

    def predict_finished(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        finish = Finish(FinishSettings(), quality)
        matte = finish.finish(_coarse(predict, pixels, size_px, 0)) or finish.flush()
        assert matte
        return matte.alpha

    return predict_finished


def finished_clip(
    predict: Predict, quality: Quality, moments: Iterable[ClipFrame]
) -> Iterator[tuple[ClipFrame, Alpha]]:
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


def as_image(matter: Matter) -> Predict:
    """Return the way to what ``greenless image`` writes as ``NAME_alpha.png``, in steps of 1/255.

    The settings of the matter choose the size that the network sees; the size of the protocol does not count.
    """
    fine = FineEdges(matter)  # as greenless image has it at this quality

    def predict(pixels: Pixels, _size_px: tuple[int, int]) -> Alpha:
        frame = Frame(pixels=pixels, index=0, captured_s=0.0)
        (matte,) = finished(fine, FinishSettings(), [frame], IMAGE_QUALITY)
        return np.asarray(cv2.convertScaleAbs(matte.alpha, alpha=255) / np.float32(255), np.float32)

    return predict


def _coarse(predict: Predict, pixels: Pixels, size_px: tuple[int, int], index: int) -> CoarseMatte:
    frame = Frame(pixels=pixels, index=index, captured_s=index / FPS)
    return CoarseMatte(alpha=np.clip(predict(pixels, size_px), 0, 1), frame=frame)


def _plain(path: Path) -> Predict:
    try:
        session = cpu_session(path, run_options())
    except Exception as error:  # ONNX Runtime's own errors share no base
        raise WeightsError(f"{path} is damaged or not an ONNX network", cure="greenless weights verify") from error

    def predict(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        matte: Alpha = session.run(None, {session.get_inputs()[0].name: prepare(pixels, size_px)[None]})[0][0, 0]
        return matte

    return predict


def _custom(matter: CustomOnnxMatter) -> Network:
    def run(pixels: Pixels, size_px: tuple[int, int], index: int) -> Alpha:
        frame = Frame(pixels=pixels, index=index, captured_s=index / FPS)
        return matter.matte_batch([frame], size_px)[0].alpha

    def clip() -> Predict:
        numbers = count()
        return lambda pixels, size_px: run(pixels, size_px, next(numbers))

    # A frame with index 0 resets the recurrent state.
    return Network(still=lambda pixels, size_px: run(pixels, size_px, 0), clip=clip)
