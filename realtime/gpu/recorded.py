"""Records functions of tensors: on CUDA, one launch replaces hundreds.

On CUDA a function is recorded as a graph for the shapes of its inputs, then replayed. On other devices it is just
called, so that tests need no GPU.
"""

import threading
from collections.abc import Callable
from functools import lru_cache, partial

import torch
from torch import Tensor

KEPT = 6
"""Recorded graphs to keep, the latest used: each holds the memory of all its intermediate results."""

_WARM_UPS = 3
_RECORDING = threading.Lock()

Function = Callable[..., Tensor]
"""From tensors to a new tensor. Its steps depend only on their shapes, and it creates no tensor from Python numbers:
neither can be recorded."""

_Form = tuple[torch.Size, torch.dtype, torch.device]


class Recorded:
    """A function for inputs of fixed shapes and types. Thread-safe.

    Args:
        function: see ``Function``.
        like: example inputs on their device.
    """

    @torch.inference_mode()
    def __init__(self, function: Function, *like: Tensor) -> None:
        self._function = function
        self._graph: torch.cuda.CUDAGraph | None = None
        self._lock = threading.Lock()
        if like[0].is_cuda:
            with _RECORDING:  # PyTorch records one graph at a time
                self._record([tensor.clone() for tensor in like])

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor) -> Tensor:
        """Return the result in a new tensor."""
        if self._graph is None:
            return self._function(*inputs)
        with self._lock:
            for place, given in zip(self._inputs, inputs, strict=True):
                place.copy_(given)
            self._graph.replay()
            return self._output.clone()

    def _record(self, inputs: list[Tensor]) -> None:
        """Record the function after warm-up runs, in which cuDNN chooses its kernels."""
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UPS):
                self._function(*inputs)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        # Thread-local, because other threads may use the GPU meanwhile, for example to fetch a matte.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            self._output = self._function(*inputs)
        self._graph, self._inputs = graph, inputs


def replayed(function: Function, *inputs: Tensor, **options: float) -> Tensor:
    """Return ``function(*inputs, **options)``, recorded at the first call for these shapes and options."""
    forms = tuple((tensor.shape, tensor.dtype, tensor.device) for tensor in inputs)
    return _recorded(function, tuple(options.items()), forms)(*inputs)


@lru_cache(maxsize=KEPT)
def _recorded(function: Function, options: tuple[tuple[str, float], ...], forms: tuple[_Form, ...]) -> Recorded:
    blank = (torch.zeros(shape, dtype=dtype, device=device) for shape, dtype, device in forms)
    return Recorded(partial(function, **dict(options)), *blank)
