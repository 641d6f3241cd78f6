"""``Network``: an ONNX file on the CPU, in the form that ``models.evaluation`` measures.

A TOML file next to it may describe a network with other inputs and outputs than MODNet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import onnxruntime  # type: ignore[import-untyped]

from models.evaluation import Predict
from realtime.errors import WeightsError
from realtime.frame import Alpha, Frame, Pixels
from realtime.matting.resize import prepare
from realtime.matting.runtimes.custom_onnx import CustomOnnxMatter
from realtime.matting.runtimes.custom_onnx_spec import description_of

FPS = 30
"""The assumed frame rate of a clip."""


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


def _plain(path: Path) -> Predict:
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.add_session_config_entry("session.set_denormal_as_zero", "1")
    try:
        session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
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
