"""Quantises an ONNX network to 8 bits, if its mattes stay good and the CPU saves time.

    python -m models.training.quantise pretrained/greenless-lite.onnx --pictures DATA/train/images \\
        --images DATA/val/images --mattes DATA/val/mattes

writes ``pretrained/greenless-lite-int8.onnx``, and its line in the ``SHA256SUMS`` beside it if that exists.

This is static quantisation after training. A few images show the ranges of all activations; QuantizeLinear and
DequantizeLinear nodes surround every operation (QDQ), and ONNX Runtime and OpenVINO fuse them to int8 kernels. Weights
have one scale per channel and 7 bits, because 8 bits overflow the 16-bit sums of AVX2 on CPUs without VNNI. Both ends
stay in float: the first convolution, with three channels, gains no time and would cost 1.5 percent of MAD; logits in
256 steps would make a matte in steps.

The twin is kept only if MAD on the validation images grows by less than ``MAX_GROWTH`` and ONNX Runtime is faster.
"""

import argparse
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime  # type: ignore[import-untyped]
from onnx import helper
from onnxruntime.quantization import (  # type: ignore[import-untyped]
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from models import weights
from models.errors import WeightsError
from models.evaluation import evaluation_size, matte_of, network_input
from models.files import digest, replacing
from models.metrics import mad
from models.onnx_session import cpu_session, fold_options, run_options
from models.pairs import Pixels, picture_files, read_pairs

MAX_GROWTH = 0.05
"""Upper limit of the growth of MAD, as a share of the float network's."""

SOURCE = "float_sha256"
"""The key of the source's digest in a twin: a twin of other weights is never used."""

CALIBRATION_PICTURES = 32
TIMED_SIZE_PX = (512, 288)
TIMED_ROUNDS = 12

Image = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The float network and its int8 twin, side by side."""

    mad_float: float
    """Mean absolute difference of the float network's mattes from the true ones."""

    mad_int8: float
    """The same for its twin."""

    processor_ms_float: float
    """Median CPU time of ONNX Runtime per image, with one thread, at ``TIMED_SIZE_PX``."""

    processor_ms_int8: float
    """The same for its twin."""

    @property
    def growth(self) -> float:
        """Growth of MAD, as a share."""
        return self.mad_int8 / self.mad_float - 1

    def refusal(self) -> str:
        """Return why the twin is not worth keeping; empty if it is."""
        if not self.growth < MAX_GROWTH:
            return f"MAD grows by {self.growth:.1%}, allowed are {MAX_GROWTH:.0%}"
        if not self.processor_ms_int8 < self.processor_ms_float:
            return f"it takes {self.processor_ms_int8:.1f} ms, the float network {self.processor_ms_float:.1f} ms"
        return ""


def quantise(model: Path, output: Path, pictures: Sequence[Path]) -> None:
    """Write the int8 twin of ``model``.

    Args:
        model: an ONNX network of BatchNorm and ReLU (folded by the export), sizes free.
        output: the file to write; whole or not at all.
        pictures: image files for the ranges of the activations; ``CALIBRATION_PICTURES`` of them are used.

    Raises:
        WeightsError: there are no images, or the network cannot be quantised.
    """
    if not pictures:
        raise WeightsError("there are no pictures to calibrate on", cure="Name a folder of .jpg or .png files")
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)  # it recommends steps that are done here
    try:
        with tempfile.TemporaryDirectory() as folder, replacing(output) as part:
            plain = Path(folder) / "plain.onnx"
            fold(model, plain)
            quantize_static(
                plain,
                part,
                _Calibration(pictures),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
                nodes_to_exclude=_ends(onnx.load(plain)),
            )
            twin = _with_float_logits(onnx.load(part))
            helper.set_model_props(twin, {SOURCE: digest(model)})
            onnx.save(twin, part)
    finally:
        logging.getLogger().setLevel(level)


def compare(plain: Path, twin: Path, images: Path, mattes: Path) -> Comparison:
    """Measure both networks on every image of ``images`` against ``mattes/STEM.png``, and time them alternately.

    Raises:
        GreenlessError: a folder is empty, or a matte is missing.
    """
    sessions = [_session(plain), _session(twin)]
    errors: list[list[float]] = [[], []]
    for pair in read_pairs(images, mattes):
        for session, found in zip(sessions, errors, strict=True):
            found.append(mad(matte_of(partial(_predict, session), pair.pixels), pair.alpha))
    times = _processor_ms([_session(path, TIMED_SIZE_PX) for path in (plain, twin)])
    mad_float, mad_int8 = map(statistics.fmean, errors)
    return Comparison(mad_float=mad_float, mad_int8=mad_int8, processor_ms_float=times[0], processor_ms_int8=times[1])


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Yields evenly chosen images as the network sees them."""

    def __init__(self, pictures: Sequence[Path]) -> None:
        stride = max(1, len(pictures) // CALIBRATION_PICTURES)
        self._inputs = self._read(pictures[::stride][:CALIBRATION_PICTURES])

    def get_next(self) -> dict[str, Image] | None:
        return next(self._inputs, None)

    def _read(self, pictures: Sequence[Path]) -> Iterator[dict[str, Image]]:
        for path in pictures:
            if (pixels := cv2.imread(str(path))) is None:
                raise WeightsError(f"{path} is not an image that OpenCV can read", cure="Remove it or save it again")
            size_px = evaluation_size(pixels.shape[1], pixels.shape[0])
            yield {"input": network_input(np.asarray(pixels, np.uint8), size_px)}


def fold(model: Path, output: Path) -> None:
    """Fold constants: weights in half precision become float, as the quantiser requires."""
    cpu_session(model, fold_options(output))


def _ends(model: onnx.ModelProto) -> list[str]:
    """Return the first convolution, and the nodes after the last one, which turn logits into the matte."""
    nodes = list(model.graph.node)
    convolutions = [position for position, node in enumerate(nodes) if node.op_type == "Conv"]
    return [node.name for node in (nodes[convolutions[0]], *nodes[convolutions[-1] + 1 :])]


def _with_float_logits(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove the two nodes that round the output of the last convolution."""
    graph = model.graph
    last = [node for node in graph.node if node.op_type == "Conv"][-1]
    rounding = next((node for node in graph.node if last.output[0] in node.input), None)
    if rounding is None or rounding.op_type != "QuantizeLinear":
        return model
    back = next(node for node in graph.node if rounding.output[0] in node.input)
    for node in graph.node:
        for position, name in enumerate(node.input):
            if name == back.output[0]:
                node.input[position] = last.output[0]
    graph.node.remove(rounding)
    graph.node.remove(back)
    return model


def _session(path: Path, size_px: tuple[int, int] | None = None) -> onnxruntime.InferenceSession:
    fixed = dict(zip("NWH", (1, *(size_px or ())), strict=False))
    return cpu_session(path, run_options(threads=1, free_dimensions=fixed))


def _run(session: onnxruntime.InferenceSession, image: Image) -> Image:
    return np.asarray(session.run(None, {"input": image})[0][0, 0], np.float32)


def _predict(session: onnxruntime.InferenceSession, pixels: Pixels, size_px: tuple[int, int]) -> Image:
    return _run(session, network_input(pixels, size_px))


def _processor_ms(sessions: Sequence[onnxruntime.InferenceSession]) -> list[float]:
    """Return the median CPU time of each, timed alternately."""
    width_px, height_px = TIMED_SIZE_PX
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, height_px, width_px)).astype(np.float32)
    times: list[list[float]] = [[] for _ in sessions]
    for _ in range(TIMED_ROUNDS):
        for session, found in zip(sessions, times, strict=True):
            start_s = time.process_time()
            _run(session, image)
            found.append(1000 * (time.process_time() - start_s))
    return [statistics.median(found[2:]) for found in times]  # the first ones warm up


def note_sum(path: Path) -> None:
    """Replace the digest of ``path`` in the ``SHA256SUMS`` beside it, if that exists."""
    sums = path.with_name("SHA256SUMS")
    if sums.is_file():
        others = [line for line in sums.read_text().splitlines() if line.partition("  ")[2] != path.name]
        with replacing(sums) as part:
            part.write_text(
                "\n".join(sorted([*others, f"{digest(path)}  {path.name}"], key=lambda line: line.partition("  ")[2]))
                + "\n"
            )


def main() -> int:
    """Quantise, compare, keep or refuse; print the comparison as JSON. Return 1 if the twin was refused."""
    parser = argparse.ArgumentParser(
        prog="python -m models.training.quantise",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("weights", help="name of known weights, or a .onnx, .ckpt or .safetensors file")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of pictures to calibrate on")
    parser.add_argument("--images", type=Path, required=True, help="folder of validation pictures")
    parser.add_argument("--mattes", type=Path, required=True, help="folder of their mattes")
    parser.add_argument("--output", type=Path, help="the .onnx file to write; usually beside the weights")
    arguments = parser.parse_args()
    plain = weights.onnx_for(weights.find(arguments.weights))
    output = arguments.output or plain.with_name(f"{plain.stem}-int8.onnx")
    with tempfile.TemporaryDirectory() as folder:
        twin = Path(folder) / "int8.onnx"
        quantise(plain, twin, picture_files(arguments.pictures))
        found = compare(plain, twin, arguments.images, arguments.mattes)
        refusal = found.refusal()
        if not refusal:
            with replacing(output) as part:
                part.write_bytes(twin.read_bytes())
            note_sum(output)
    print(json.dumps({**asdict(found), "mad_growth": found.growth, "kept": not refusal, "why_not": refusal}, indent=1))
    return 1 if refusal else 0


if __name__ == "__main__":
    raise SystemExit(main())
