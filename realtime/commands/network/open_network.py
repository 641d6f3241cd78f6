"""``Network``: an ONNX file on the processor, in the form in which networks are measured.

In: a path; where a TOML file beside it describes another kind of network than MODNet's, it is run as that says. Out:
``models.evaluation.Predict``s.
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
"""The rate at which the frames of a clip are told to follow."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """The two ways to ask a network."""

    still: Predict
    """For pictures that have nothing to do with each other."""

    clip: Callable[[], Predict]
    """Gives the function for a clip that begins: a recurrent network then goes from frame to frame."""


def open_network(path: Path) -> Network:
    """Open an ONNX file in float32 on the processor.

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
        raise WeightsError(f"{path} is damaged or no ONNX network", cure="greenless weights verify") from error

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

    # A frame of index 0 follows none: recurrent states begin anew.
    return Network(still=lambda pixels, size_px: run(pixels, size_px, 0), clip=clip)
