"""Matting: frames in, mattes out. ``open_matter`` turns settings into a warmed-up ``Matter``.

What is heavy (numpy, the runtimes) is imported when a matter is opened, and only the runtime that was chosen.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from realtime.errors import MatterError, MissingExtra
from realtime.settings import MattingSettings

if TYPE_CHECKING:
    from realtime.matting.base import Matter


def open_matter(settings: MattingSettings, *, width_px: int = 1280, height_px: int = 720) -> "Matter":
    """The matter that ``settings`` name, warmed up for pictures of one size; it takes others too, after a moment.

    Args:
        settings: weights, runtime, provider, reference size, threads.
        width_px: width of the pictures that are to come.
        height_px: their height.

    Raises:
        realtime.errors.WeightsError: the weights are unknown, not there yet, or damaged.
        realtime.errors.MatterError: the runtime or provider asked for is not to be had, or the network does not run.
        realtime.errors.MissingExtra: the runtime's package is not installed.
    """
    import numpy as np

    from models import weights
    from realtime.frame import Frame

    path = weights.find(settings.weights)
    reference_px = settings.reference_size or weights.reference_size(settings.weights)
    title = Path(settings.weights).stem
    matter: Matter
    if settings.runtime == "torch":
        try:
            from realtime.matting.torch_matter import TorchMatter
        except ModuleNotFoundError as error:
            raise MissingExtra(str(error.name), "torch") from error
        path = _checkpoint(path)
        matter = TorchMatter(
            path, title=title, reference_px=reference_px, device=settings.provider, threads=settings.threads
        )
    elif settings.runtime == "openvino":
        try:
            from realtime.matting.openvino_matter import OpenVinoMatter
        except ModuleNotFoundError as error:
            raise MissingExtra(str(error.name), "openvino") from error
        path = weights.onnx_for(path)
        matter = OpenVinoMatter(path, title=title, reference_px=reference_px, threads=settings.threads)
    else:
        from realtime.matting.onnx_matter import OnnxMatter

        path = weights.onnx_for(path)
        matter = OnnxMatter(
            path, title=title, reference_px=reference_px, provider=settings.provider, threads=settings.threads
        )
    blank = Frame(pixels=np.zeros((height_px, width_px, 3), np.uint8), index=0, captured_s=0.0)
    matter.matte_batch([blank])
    return matter


def _checkpoint(path: Path) -> Path:
    """The file that PyTorch can read: ``path``, or the ``.safetensors`` twin beside an ONNX file."""
    if path.suffix != ".onnx":
        return path
    twin = path.with_suffix(".safetensors")
    if not twin.is_file():
        raise MatterError(
            f"the torch runtime reads .ckpt and .safetensors files, and beside {path} there is no {twin.name}",
            cure="Set --runtime onnx, or name a checkpoint by --weights PATH",
        )
    return twin
