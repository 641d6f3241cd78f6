"""Matting: from frames to mattes. ``open_matter`` opens the ``Matter`` that the settings name.

numpy and the chosen runtime are imported only when a matter opens, because they load slowly.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime.errors import MatterError, from_extra
from realtime.settings.schema import MattingSettings

CHROMA = "chroma"
"""The name of weights that selects the chroma key, alone or as ``chroma:#RRGGBB``."""

if TYPE_CHECKING:
    from realtime.frame import Frame
    from realtime.matting.choice.runtime_choice import Choice
    from realtime.matting.matter import Matter


def open_matter(
    settings: MattingSettings, *, width_px: int = 1280, height_px: int = 720, at_once: bool = False
) -> "Matter":
    """Open the matter that ``settings`` name, warmed up for frames of one size. Another size takes a moment at first.

    Settings at ``auto`` (runtime, precision, threads) are decided by a trial at the first start, see
    ``choice.runtime_trial``.

    Args:
        settings: weights, runtime, provider, precision, reference size, threads.
        width_px: width of the frames.
        height_px: their height.
        at_once: whether the trial runs on the first frames instead of before them. The run then starts sooner, and the
            mattes of the first seconds come from different runtimes.

    Raises:
        realtime.errors.WeightsError: the weights are unknown, not downloaded, or damaged.
        realtime.errors.MatterError: the requested runtime or provider is not available, or the network does not run.
        realtime.errors.MissingExtra: the runtime's package is not installed.
    """
    if settings.runtime == "remote":
        from realtime.matting.runtimes.remote_matter import open_remote

        here = partial(open_matter, replace(settings, runtime="auto"), width_px=width_px, height_px=height_px)
        return open_remote(settings, width_px=width_px, height_px=height_px, local=here, live=False)
    if is_chroma(settings.weights):
        from realtime.matting.chroma import ChromaMatter

        return ChromaMatter(settings.weights, reference_px=settings.reference_size)
    import numpy as np

    from models import weights
    from realtime.frame import Frame
    from realtime.matting.choice.runtime_choice import candidates, choose, remember
    from realtime.matting.choice.runtime_trial import RuntimeTrial
    from realtime.matting.runtimes.custom_onnx_spec import description_of

    path = weights.find(settings.weights)
    reference_px = settings.reference_size or weights.reference_size(settings.weights)
    named = {"title": Path(settings.weights).stem, "reference_px": reference_px}
    blank = Frame(pixels=np.zeros((height_px, width_px, 3), np.uint8), index=0, captured_s=0.0)
    if (description := description_of(path)) is not None:
        return _warm(_by_description(path, description, settings, named), blank)
    if settings.runtime == "torch":
        return _warm(_torch(path, settings, named), blank)
    if settings.runtime == "openvino" and settings.provider not in ("auto", "cpu"):
        raise MatterError(f"greenless runs OpenVINO on the CPU, not on {settings.provider}", cure="Set --runtime onnx")
    path = weights.onnx_for(path)
    opened = partial(_opened, path, named)
    ignore_earlier = False
    while (choice := choose(path, settings, blank, opened, ignore_earlier=ignore_earlier)) is not None:
        try:
            return _warm(opened(choice), blank)
        except MatterError:
            if ignore_earlier or settings.provider != "auto" or choice.provider == "cpu":
                raise
            ignore_earlier = True  # the GPU of an earlier start fails, for example after a driver update
    return RuntimeTrial(
        list(candidates(settings, path)),
        any_threads=not settings.threads,
        open_matter=opened,
        note=partial(remember, path, settings, blank),
        frame=blank,
        at_once=at_once,
    )


def is_chroma(weights: str) -> bool:
    """Whether these weights select the chroma key instead of a network."""
    return weights.partition(":")[0] == CHROMA


def _warm(matter: "Matter", blank: "Frame") -> "Matter":
    """Run the first, slowest frame."""
    matter.matte_batch([blank])
    return matter


def _by_description(path: Path, description: Path, settings: MattingSettings, named: dict[str, Any]) -> "Matter":
    """Open an ONNX file with other inputs or outputs than MODNet, as the TOML file beside it describes."""
    if settings.runtime not in ("auto", "onnx"):
        raise MatterError(
            f"the network that {description} describes runs only in ONNX Runtime, not in {settings.runtime}",
            cure="Set --runtime onnx",
        )
    from realtime.matting.runtimes.custom_onnx import CustomOnnxMatter

    return CustomOnnxMatter(path, description, **named, provider=settings.provider, threads=settings.threads)


def _opened(path: Path, named: dict[str, Any], choice: "Choice") -> "Matter":
    """Open an ONNX file in ONNX Runtime or OpenVINO; ``named`` is the title and the reference size."""
    from realtime.matting.choice.runtime_choice import int8_twin

    if choice.precision == "int8":
        if (twin := int8_twin(path)) is None:
            raise MatterError(
                f"there is no int8 twin beside {path}",
                cure=f"Make one: python -m models.training.quantise {path} --help, or set --precision auto",
            )
        path = twin
    if choice.runtime == "openvino":
        try:
            with from_extra("openvino"):
                from realtime.matting.runtimes.openvino_matter import OpenVinoMatter
        except ImportError as error:
            raise MatterError(f"OpenVINO cannot be loaded: {error}", cure="Set --runtime onnx") from error
        return OpenVinoMatter(path, **named, precision=choice.precision, threads=choice.threads)
    if choice.precision == "bfloat16":
        raise MatterError("ONNX Runtime does not support bfloat16", cure="Set --runtime openvino")
    from realtime.matting.runtimes.onnx_matter import OnnxMatter

    return OnnxMatter(path, **named, provider=choice.provider, precision=choice.precision, threads=choice.threads)


def _torch(path: Path, settings: MattingSettings, named: dict[str, Any]) -> "Matter":
    with from_extra("torch"):
        from realtime.matting.runtimes.torch_matter import TorchMatter
    return TorchMatter(_checkpoint(path), **named, device=settings.provider, threads=settings.threads)


def _checkpoint(path: Path) -> Path:
    """Return the file that PyTorch reads: ``path``, or the ``.safetensors`` twin beside an ONNX file."""
    if path.suffix != ".onnx":
        return path
    twin = path.with_suffix(".safetensors")
    if not twin.is_file():
        raise MatterError(
            f"the torch runtime reads .ckpt and .safetensors files, and beside {path} there is no {twin.name}",
            cure="Set --runtime onnx, or name a checkpoint by --weights PATH",
        )
    return twin
