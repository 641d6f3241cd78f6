"""Exports a PyTorch network to one self-contained ONNX file, if ONNX Runtime and PyTorch agree on images.

The file has the input ``input``, ``(N, 3, H, W) float32 RGB in [-1, 1]``, and the output ``output``, ``(N, 1, H, W)
float32 in [0, 1]``. The exporter folds BatchNorm into the convolutions. The file does not describe the machine.
"""

import copy
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime  # type: ignore[import-untyped]
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from models.errors import ParityError, WeightsError
from models.evaluation import Pixels, network_input
from models.files import replacing
from models.onnx_session import cpu_session, run_options
from models.waiting import waiting

OPSET = 18
_CACHE = "TORCHINDUCTOR_CACHE_DIR"
DYNAMIC_SIZES = ((96, 128), (256, 160), (288, 512))
"""Sizes (H, W) at which a network of any size is checked."""

TRACE_SHAPE = (2, 3, 64, 96)
"""All dimensions differ, and the batch is more than one image, so that the exporter cannot confuse them."""


@dataclass(frozen=True, kw_only=True)
class Parity:
    """The difference of two mattes of one image, per pixel; for several images, the worst of each figure."""

    max: float
    mean: float
    p99: float
    """The 99th percentile."""

    def within(self, gates: "Parity") -> bool:
        """Whether no figure is above its gate; NaN always is."""
        return self.max <= gates.max and self.mean <= gates.mean and self.p99 <= gates.p99


GATES = Parity(max=0.1, mean=0.002, p99=0.01)


def export_onnx(
    network: nn.Module,
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    fp16_weights: bool = False,
    pictures: Sequence[Pixels] = (),
) -> Parity:
    """Write ``network`` as ONNX to ``path``.

    Args:
        network: its ``forward`` maps ``(N, 3, H, W)`` to ``(N, 1, H, W)``; not modified.
        path: the file to write; whole or not at all.
        size: the fixed size ``(H, W)`` in px of a batch of one image; None for any batch and size.
        fp16_weights: store the weights in half the bytes. A Cast, folded when a runtime loads the file, keeps the
            computation in float32.
        pictures: images ``(H, W, 3) uint8 BGR`` to compare on, in addition to synthetic ones.

    Returns:
        The difference between ONNX Runtime and PyTorch.

    Raises:
        ParityError: the two disagree.
        WeightsError: the network takes one size only, or the file cannot be written.
    """
    network = _plain(network)
    with waiting("PyTorch exports the network to ONNX"):
        model = _trace(network, (1, 3, *size) if size else TRACE_SHAPE)
    if size is None:
        _free_sizes(model)
    if fp16_weights:
        _halve_weights(model)
    with waiting("comparing ONNX Runtime with PyTorch on images"), _one_thread():
        parity = _compare(network, model, sizes=[size] if size else DYNAMIC_SIZES, pictures=pictures)
    if not parity.within(GATES):
        raise ParityError(f"ONNX Runtime and PyTorch disagree, so {path} was not written: {parity}, allowed {GATES}")
    with replacing(path) as part:
        part.write_bytes(model.SerializeToString())
    return parity


def _plain(network: nn.Module) -> nn.Module:
    """Return a copy on the CPU, in eval mode, with weights in PyTorch's standard layout.

    The exporter would write the strides of channels-last weights into the graph, which fixes the size.
    """
    network = copy.deepcopy(network).cpu().eval()
    for parameter in network.parameters():
        # A 1x1 convolution's weights count as contiguous in both layouts: only a copy changes their strides.
        parameter.data = parameter.data.clone(memory_format=torch.contiguous_format)
    return network


def _trace(network: nn.Module, shape: tuple[int, ...]) -> onnx.ModelProto:
    with _quiet():
        program = torch.onnx.export(
            network,
            (torch.zeros(shape),),
            dynamo=True,
            opset_version=OPSET,
            input_names=["input"],
            output_names=["output"],
            verbose=False,
        )
    assert program is not None
    return _without_traces(program.model_proto)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the exporter's own messages (missing packages, deprecations), and move its empty cache folder.

    Otherwise that folder stays among the temporary files of the system.
    """
    logger = logging.getLogger("torch.onnx._internal.exporter")
    level, before = logger.level, os.environ.get(_CACHE)
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore"), TemporaryDirectory() as cache:
            os.environ[_CACHE] = before or cache
            yield
    finally:
        if not before:
            os.environ.pop(_CACHE, None)
        logger.setLevel(level)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch compute in one thread.

    More threads gain nothing for a few small images, and on a busy machine they wait for each other at every layer:
    beside four busy programs two threads took ten times as long (measured).
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Remove the metadata of nodes and values: it names files of this machine, and is as large as a small network."""
    del model.graph.value_info[:]
    for noted in (model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output):
        del noted.metadata_props[:]
        noted.doc_string = ""
    return model


def _free_sizes(model: onnx.ModelProto) -> None:
    """Make N, H and W of the file free.

    Nothing in the traced graph depends on them, because features are scaled by factors, never to sizes. Tracing with
    symbolic sizes would prove that, but takes minutes instead of seconds. ``_compare`` checks it for each network.
    """
    for value in (model.graph.input[0], model.graph.output[0]):
        for axis, name in ((0, "N"), (2, "H"), (3, "W")):
            value.type.tensor_type.shape.dim[axis].dim_param = name


def _halve_weights(model: onnx.ModelProto) -> None:
    weights = {node.input[1] for node in model.graph.node if node.op_type in {"Conv", "Gemm", "MatMul"}}
    casts = []
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            name, half = tensor.name, f"{tensor.name}.fp16"
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), half))
            casts.append(helper.make_node("Cast", [half], [name], name=f"{name}.cast", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _compare(
    network: nn.Module, model: onnx.ModelProto, *, sizes: Sequence[tuple[int, int]], pictures: Sequence[Pixels]
) -> Parity:
    session = cpu_session(model.SerializeToString(), run_options(threads=1))
    found = []
    for height_px, width_px in sizes:
        for picture in (_synthetic_picture(height_px, width_px), *pictures):
            image = network_input(picture, (width_px, height_px))
            with torch.no_grad():
                expected = network(torch.from_numpy(image)).numpy()
            found.append(_parity(_run(session, image), expected))
    # numpy's max propagates NaN, which Python's max may lose.
    return Parity(**{f.name: float(np.max([getattr(parity, f.name) for parity in found])) for f in fields(Parity)})


def _run(session: onnxruntime.InferenceSession, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    try:
        return np.asarray(session.run(None, {"input": image})[0], np.float32)
    except Exception as error:  # ONNX Runtime's own errors share no base
        raise WeightsError(
            f"ONNX Runtime cannot run the network on an image {image.shape}: {error}",
            cure="If the network has a fixed size, export it with that size",
        ) from error


def _parity(matte: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> Parity:
    error = np.abs(matte - expected)
    return Parity(max=float(error.max()), mean=float(error.mean()), p99=float(np.percentile(error, 99)))


def _synthetic_picture(height_px: int, width_px: int) -> Pixels:
    """Draw a light ellipse, like a head, on soft blots under noise: edges, flat areas and texture in one image."""
    rng = np.random.default_rng(height_px * width_px)
    blots = rng.integers(0, 256, (4, 5, 3), np.uint8)
    picture = cv2.resize(blots, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    axes_px = (width_px // 5, height_px // 3)
    cv2.ellipse(picture, (width_px // 2, height_px // 2), axes_px, 0, 0, 360, (140, 170, 220), -1, cv2.LINE_AA)
    noisy = picture + rng.normal(0, 6, picture.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)
