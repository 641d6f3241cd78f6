"""Functions of tensors, recorded: on CUDA hundreds of launches become one.

Goes in: a function. Comes out: the same function. On CUDA it is run once for the form of its inputs, recorded as a
graph, and replayed from then on; on other devices it runs plainly, which is how it is tested where there is no GPU.
"""

import threading
from collections.abc import Callable
from functools import lru_cache, partial

import torch
from torch import Tensor

KEPT = 6
"""A graph holds the memory of all that is worked out in it: so many of the latest are kept."""

_WARM_UPS = 3
_RECORDING = threading.Lock()

Function = Callable[..., Tensor]
"""Of tensors, to a tensor that is none of them. What it does depends on their forms alone, and it makes no tensor from
numbers of the processor's: neither can be recorded."""

_Form = tuple[torch.Size, torch.dtype, torch.device]


class Recorded:
    """A function for inputs of one form. For any number of threads.

    Args:
        function: see ``Function``.
        like: inputs of that form, on their device.
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
        """What the function gives, in memory of its own."""
        if self._graph is None:
            return self._function(*inputs)
        with self._lock:
            for place, given in zip(self._inputs, inputs, strict=True):
                place.copy_(given)
            self._graph.replay()
            return self._output.clone()

    def _record(self, inputs: list[Tensor]) -> None:
        """Record the function, after runs that let cuDNN choose its kernels."""
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UPS):
                self._function(*inputs)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        # What other threads do meanwhile, who fetch a matte, say, is none of the recording's business.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            self._output = self._function(*inputs)
        self._graph, self._inputs = graph, inputs


def replayed(function: Function, *inputs: Tensor, **options: float) -> Tensor:
    """``function(*inputs, **options)``, recorded for each form of the inputs and all options at its first call."""
    forms = tuple((tensor.shape, tensor.dtype, tensor.device) for tensor in inputs)
    return _recorded(function, tuple(options.items()), forms)(*inputs)


@lru_cache(maxsize=KEPT)
def _recorded(function: Function, options: tuple[tuple[str, float], ...], forms: tuple[_Form, ...]) -> Recorded:
    blank = (torch.zeros(shape, dtype=dtype, device=device) for shape, dtype, device in forms)
    return Recorded(partial(function, **dict(options)), *blank)
