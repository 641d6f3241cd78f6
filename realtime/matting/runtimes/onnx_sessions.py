"""ONNX Runtime's sessions for one shape, with the memory that they read and write.

Goes in: a session, the shape of its input, and pictures. Comes out: what the network gives. On CUDA and TensorRT the
memory is the GPU's, so that the whole network runs as one CUDA graph.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from realtime.frame import Pixels
from realtime.matting.resize import Scratch, prepare
from realtime.matting.runtimes.batches import Batch, Shape
from realtime.matting.runtimes.providers import MAKING, first_line

log = logging.getLogger("greenless")

RUNNING = threading.Lock()
"""Held while a session works on a GPU: while another there captures a CUDA graph, no thread may copy or allocate."""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What a file says of its input and output; a dimension is a number, or the name (None: no name) of a free one."""

    input_name: str
    output_name: str
    batch: int | str | None
    height: int | str | None
    width: int | str | None


class SizedSession:
    """A session for one shape and the memory it works in: nothing is allocated for a picture but its matte.

    Args:
        session: takes ``shape``.
        shape: ``(N, 3, h, w)``.
        signature: the names of in- and output.
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
        """The network's output, in a buffer that the next run writes over: hold ``lock`` until it is copied."""
        height, width = self._input.shape[2:]
        for picture, planes in zip(pictures, self._input, strict=True):
            prepare(picture, (width, height), planes, self._scratch)
        return self._infer()

    def _infer(self) -> Batch:
        """The network's output for what lies in the input."""
        if self._output is None:
            return self._first()
        self._session.run_with_iobinding(self._binding)
        return self._output

    def _first(self) -> Batch:
        """Run without bound memory: only now is it known what the network gives."""
        name = self._signature.input_name
        (output,) = self._session.run([self._signature.output_name], {name: self._input})
        self._output = np.ascontiguousarray(output, np.float32)
        for bind, key, array in (
            (self._binding.bind_input, name, self._input),
            (self._binding.bind_output, self._signature.output_name, self._output),
        ):
            bind(key, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        return self._output


class GpuSession(SizedSession):
    """A session whose in- and output lie in a GPU's memory, at addresses that stay: a CUDA graph demands it.

    The graph is captured in a thread's first run. Where that fails, then or later, the session is opened anew the next
    way, and so it is where half precision makes a first matte that is not finite.

    Args:
        session: takes ``shape``.
        shape: ``(N, 3, h, w)``.
        signature: the names of in- and output.
        anew: opens the session again, the way of that number in ``WAYS``.
        ways: how many there are.
        device: where the memory lies; with ``cpu`` the steps can be tested.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        shape: Shape,
        signature: Signature,
        *,
        anew: Callable[[int], onnxruntime.InferenceSession],
        ways: int,
        device: str = "cuda",
    ) -> None:
        super().__init__(session, shape, signature)
        self._anew = anew
        self._left = list(range(1, ways))
        self._device = device
        self._bound = False
        self._thread = threading.local()

    def _bind(self) -> None:
        shape = self._input.shape
        make = onnxruntime.OrtValue.ortvalue_from_shape_and_type
        self._on_card = make(shape, np.float32, self._device, 0)
        self._matte = make((shape[0], 1, *shape[2:]), np.float32, self._device, 0)
        self._binding = self._session.io_binding()
        self._binding.bind_ortvalue_input(self._signature.input_name, self._on_card)
        self._binding.bind_ortvalue_output(self._signature.output_name, self._matte)
        self._bound = True

    def _infer(self) -> Batch:
        while True:
            try:
                return self._captured()
            except Exception as error:
                if not self._left:
                    raise
                log.debug("the GPU runs it another way: %s", first_line(error))
            self._session = self._anew(self._left[0])
            del self._left[0]  # only now: where memory ran out, the same way is tried again
            self._bound, self._thread = False, threading.local()

    def _captured(self) -> Batch:
        if getattr(self._thread, "captured", False):
            with RUNNING:
                return self._copied()
        with MAKING, RUNNING:
            if not self._bound:
                self._bind()
            output = self._copied()
        if self._left and not np.isfinite(output).all():
            raise FloatingPointError("a matte that is not finite")
        self._thread.captured = True
        return output

    def _copied(self) -> Batch:
        """To the GPU, through the network, and back."""
        self._on_card.update_inplace(self._input)
        self._session.run_with_iobinding(self._binding)
        output: Batch = self._matte.numpy()
        return output
