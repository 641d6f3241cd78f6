"""Mattes by OpenVINO on the CPU: the same ONNX files in float32, bfloat16 or, if the file is quantised, int8.

One compiled network serves every size; the user's cache keeps it. A separate network per size ran up to 10 % faster,
but each needed 0.5 s to compile, 20 MB and two threads. The shared one needs 40 ms and 6 MB for a new size, so that a
governor that often changes the size does not cost more than it saves.

``prepare`` resizes and normalises in 0.4 ms of CPU time; steps inside the network (``PrePostProcessor``) took 1 to 3.
"""

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from models.home import cache_folder, made
from models.structure import another_network
from realtime.errors import MatterError, last_line
from realtime.frame import Pixels
from realtime.matting.resize import Scratch, prepare
from realtime.matting.runtimes.batches import SIZES_KEPT, Batch, NetworkMatter, Shape, Size, checked
from realtime.matting.runtimes.openvino_core import core

PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}
"""The precisions of the settings and OpenVINO's hints. An int8 file contains its int8 layers; the rest is float32."""


class OpenVinoMatter(NetworkMatter):
    """A network in OpenVINO.

    Args:
        path: an ONNX file with MODNet's input and output.
        title: name of the network for people.
        reference_px: the reference size, see ``resize.network_size``.
        precision: a key of ``PRECISIONS``; int8 needs a quantised file.
        threads: CPU threads; 0 lets OpenVINO use one thread per core.

    Raises:
        realtime.errors.MatterError: the file is damaged, or the CPU does not support this precision.
        realtime.errors.WeightsError: the file holds another kind of network.
    """

    def __init__(
        self, path: Path, *, title: str, reference_px: int, precision: str = "float32", threads: int = 0
    ) -> None:
        super().__init__(title, reference_px)
        self._path = path
        self._runs_on = f"openvino{'' if precision == 'float32' else f' {precision}'}, CPU"
        try:
            self._core = core()
            capabilities = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        except RuntimeError as error:
            raise MatterError(f"OpenVINO does not work: {last_line(error)}", cure="Set --runtime onnx") from error
        if precision == "bfloat16" and "BF16" not in capabilities:
            raise MatterError("this CPU does not support bfloat16", cure="Set --precision auto")
        self._options: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": PRECISIONS[precision],
            "ENABLE_CPU_PINNING": False,  # decoding and blending need the cores, too
            "CPU_DENORMALS_OPTIMIZATION": True,
        }
        if (cache := made(cache_folder() / "openvino")) is not None:  # else each start compiles again
            self._options["CACHE_DIR"] = str(cache)
        batch, _, height, width = self._read()
        self._fixed, self._single = (width, height), batch == 1
        self._request: ov.InferRequest | None = None
        self._inputs = lru_cache(SIZES_KEPT)(_input)
        self._using = threading.Lock()

    def close(self) -> None:
        """Release the network."""
        self._request = None

    def _read(self) -> list[int | None]:
        """Return the dimensions ``(N, 3, H, W)`` in the file, with None for a free one."""
        try:
            model = self._core.read_model(self._path)
            shapes = [end.partial_shape for end in (*model.inputs, *model.outputs)]
        except RuntimeError as error:
            raise MatterError(
                f"OpenVINO cannot load {self._path}: {last_line(error)}",
                cure="Check the file: greenless weights verify",
            ) from error
        sides = [[side.get_length() if side.is_static else None for side in shape] for shape in shapes]
        fits = len(sides) == 2 and all(len(shape) == 4 for shape in sides)
        if not fits or sides[0][0] not in (1, None) or sides[0][1] != 3 or sides[1][1] not in (1, None):
            raise another_network(self._path, " to ".join(map(str, shapes)))
        return sides[0]

    def _infer(self, pictures: Sequence[Pixels], size: Size) -> Batch:
        shape = (len(pictures), 3, size[1], size[0])
        try:
            with self._using:
                alphas = self._run(pictures, shape)
                self._size = size
                return checked(alphas, len(pictures), size)
        except RuntimeError as error:
            raise MatterError(
                f"{self.name} failed on a batch of {shape}: {last_line(error)}", cure="Try --runtime onnx"
            ) from error

    def _run(self, pictures: Sequence[Pixels], shape: Shape) -> Batch:
        """Return the network's output in a buffer that the next run overwrites."""
        request = self._request
        if request is None:
            request = self._request = self._core.compile_model(self._path, "CPU", self._options).create_infer_request()
        planes, scratch = self._inputs(shape)
        for picture, into in zip(pictures, planes, strict=True):
            prepare(picture, (shape[3], shape[2]), into, scratch)
        request.set_input_tensor(ov.Tensor(planes, shared_memory=True))
        request.infer()
        output: Batch = request.get_output_tensor().data
        return output


def _input(shape: Shape) -> tuple[Batch, Scratch]:
    """Return the network's input buffer, and the buffers of ``prepare``."""
    return np.zeros(shape, np.float32), Scratch((shape[3], shape[2]))
