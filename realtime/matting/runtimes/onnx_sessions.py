"""ONNX Runtime sessions for one input shape, with their input and output buffers.

On CUDA and TensorRT the buffers are in GPU memory, so that the whole network runs as one CUDA graph.
"""

import logging
import threading
from collections.abc import Callable, Sequence

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from models.structure import Signature
from realtime.frame import Pixels
from realtime.matting.resize import Scratch, prepare
from realtime.matting.runtimes.batches import Batch, Shape
from realtime.matting.runtimes.providers import MAKING, first_line

log = logging.getLogger("greenless")

RUNNING = threading.Lock()
"""Held while a session uses a GPU: while one captures a CUDA graph, no other thread may copy or allocate there."""


class SizedSession:
    """A session for one shape, with its buffers: each run allocates nothing but the mattes.

    Args:
        session: takes ``shape``.
        shape: ``(N, 3, h, w)``.
        signature: the names of input and output.
    """

    def __init__(self, session: onnxruntime.InferenceSession, shape: Shape, signature: Signature) -> None:
        self._session = session
        self._signature = signature
        self._input = np.zeros(shape, np.float32)
        self._scratch = Scratch((shape[3], shape[2]))
        self._output: Batch | None = None
        self._binding = session.io_binding()
        self.lock = threading.Lock()

    def run(self, pictures: Sequence[Pixels]) -> Batch:
        """Return the network's output in a buffer that the next run overwrites. Copy it before you release ``lock``."""
        height, width = self._input.shape[2:]
        for picture, planes in zip(pictures, self._input, strict=True):
            prepare(picture, (width, height), planes, self._scratch)
        return self._infer()

    def _infer(self) -> Batch:
        """Return the network's output for the input buffer."""
        if self._output is None:
            return self._first()
        self._session.run_with_iobinding(self._binding)
        return self._output

    def _first(self) -> Batch:
        """Run without bound buffers, because the output shape is unknown before."""
        name = self._signature.input_name
        (output,) = self._session.run([self._signature.output_name], {name: self._input})
        self._output = np.ascontiguousarray(output, np.float32)
        for bind, key, array in (
            (self._binding.bind_input, name, self._input),
            (self._binding.bind_output, self._signature.output_name, self._output),
        ):
            bind(key, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        return self._output


class _Thread(threading.local):
    """Per thread: whether it has captured the graph."""

    captured = False


class GpuSession(SizedSession):
    """A session with input and output at fixed addresses in GPU memory, as a CUDA graph requires.

    A thread's first run captures the graph. If that fails, then or later, or if half precision makes the first matte
    infinite or NaN, the session reopens with the next of its ``WAYS``.

    Args:
        session: takes ``shape``.
        shape: ``(N, 3, h, w)``.
        signature: the names of input and output.
        reopen: opens the session with the provider options of that index in ``WAYS``.
        ways: how many there are.
        device: where the buffers are; tests use ``cpu``.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        shape: Shape,
        signature: Signature,
        *,
        reopen: Callable[[int], onnxruntime.InferenceSession],
        ways: int,
        device: str = "cuda",
    ) -> None:
        super().__init__(session, shape, signature)
        self._reopen = reopen
        self._left = list(range(1, ways))
        self._device = device
        self._bound = False
        self._thread = _Thread()

    def _bind(self) -> None:
        shape = self._input.shape
        make = onnxruntime.OrtValue.ortvalue_from_shape_and_type
        self._gpu_input = make(shape, np.float32, self._device, 0)
        self._gpu_output = make((shape[0], 1, *shape[2:]), np.float32, self._device, 0)
        self._binding = self._session.io_binding()
        self._binding.bind_ortvalue_input(self._signature.input_name, self._gpu_input)
        self._binding.bind_ortvalue_output(self._signature.output_name, self._gpu_output)
        self._bound = True

    def _infer(self) -> Batch:
        while True:
            try:
                return self._captured()
            except Exception as error:
                if not self._left:
                    raise
                log.debug("the session reopens with other options: %s", first_line(error))
            self._session = self._reopen(self._left[0])
            del self._left[0]  # only now: if memory ran out, the next run tries the same options again
            self._bound, self._thread = False, _Thread()

    def _captured(self) -> Batch:
        if self._thread.captured:
            with RUNNING:
                return self._copied()
        with MAKING, RUNNING:
            if not self._bound:
                self._bind()
            output = self._copied()
        if self._left and not np.isfinite(output).all():
            raise FloatingPointError("the matte is not finite")
        self._thread.captured = True
        return output

    def _copied(self) -> Batch:
        """Copy the input to the GPU, run the network, and copy the output back."""
        self._gpu_input.update_inplace(self._input)
        self._session.run_with_iobinding(self._binding)
        output: Batch = self._gpu_output.numpy()
        return output
