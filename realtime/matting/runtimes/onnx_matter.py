"""Mattes by ONNX Runtime, on the best provider available.

The file maps ``(N, 3, H, W) float32`` to ``(N, 1, H, W) float32``; each of N, H and W is free or fixed. Every input
shape has a separate session with that shape fixed, so that ONNX Runtime can plan its memory and fold its shape
arithmetic. The ``SIZES_KEPT`` sessions used last stay open.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import onnxruntime  # type: ignore[import-untyped]

from models.onnx_session import inspect_options, run_options
from realtime.errors import MatterError
from realtime.frame import Pixels
from realtime.matting.runtimes.batches import SIZES_KEPT, Batch, NetworkMatter, Shape, Size, another_network, checked
from realtime.matting.runtimes.onnx_sessions import GpuSession, Signature, SizedSession
from realtime.matting.runtimes.providers import LABELS, WAYS, first_line, open_session


class OnnxMatter(NetworkMatter):
    """A network in ONNX Runtime.

    Args:
        path: the ONNX file.
        title: name of the network for people.
        reference_px: the reference size, see ``resize.network_size``.
        provider: ``auto`` or a key of ``providers.PROVIDERS``.
        threads: CPU threads; 0 lets ONNX Runtime use one thread per core.
        precision: number format of the file, shown in the name.

    Raises:
        realtime.errors.MatterError: the file is damaged or holds another kind of network.
    """

    def __init__(
        self,
        path: Path,
        *,
        title: str,
        reference_px: int,
        provider: str = "auto",
        threads: int = 0,
        precision: str = "float32",
    ) -> None:
        super().__init__(title, reference_px)
        self._path = str(path)
        self._threads = threads
        self._precision = "" if precision == "float32" else f" {precision}"
        self._run_on(provider)
        signature = self._signature = read_signature(path)
        self._fixed = _fixed(signature.width), _fixed(signature.height)
        self._single = signature.batch == 1
        self._sessions = lru_cache(SIZES_KEPT)(self._session)

    @property
    def provider(self) -> str:
        """The requested provider; after the first run, the one in use."""
        return self._provider

    def close(self) -> None:
        """Release the network."""
        self._sessions.cache_clear()

    def _infer(self, pictures: Sequence[Pixels], size: Size) -> Batch:
        shape = (len(pictures), 3, size[1], size[0])
        session = self._sessions(shape)
        self._size = size
        with session.lock:
            try:
                alphas = session.run(pictures)
            except Exception as error:  # ONNX Runtime's own errors share no narrower base
                raise MatterError(
                    f"{self.name} failed on a batch of {shape}: {first_line(error)}",
                    cure="Try --provider cpu, and --reference-size smaller if memory ran out",
                ) from error
            return checked(alphas, len(pictures), size)

    def _session(self, shape: Shape) -> SizedSession:
        def opened(way: int) -> onnxruntime.InferenceSession:
            session, provider = open_session(self._path, self._options(shape), self._provider, shape, way)
            self._run_on(provider)
            return session

        session = opened(0)
        if self._provider not in WAYS:
            return SizedSession(session, shape, self._signature)
        return GpuSession(session, shape, self._signature, reopen=opened, ways=len(WAYS[self._provider]))

    def _run_on(self, provider: str) -> None:
        self._provider = provider
        self._runs_on = f"onnx{self._precision}, {LABELS.get(provider, provider)}"

    def _options(self, shape: Shape) -> onnxruntime.SessionOptions:
        values: dict[str, set[int]] = {}
        for name, value in zip(
            (self._signature.batch, self._signature.height, self._signature.width), (shape[0], *shape[2:]), strict=True
        ):
            if isinstance(name, str):
                values.setdefault(name, set()).add(value)
        # Two dimensions of one name but different sizes stay free.
        return run_options(self._threads, {name: sizes.pop() for name, sizes in values.items() if len(sizes) == 1})


def read_signature(path: Path) -> Signature:
    """Read the input and output of an ONNX file, and check that it is a matting network.

    Raises:
        realtime.errors.MatterError: the file is damaged or another kind of network; the message shows its inputs and
            outputs.
    """
    session, _ = open_session(str(path), inspect_options(), "cpu")
    inputs, outputs = session.get_inputs(), session.get_outputs()
    fits = (
        [(node.type, len(node.shape)) for node in (*inputs, *outputs)] == [("tensor(float)", 4)] * 2
        and inputs[0].shape[1] == 3
        and (outputs[0].shape[1] == 1 or not isinstance(outputs[0].shape[1], int))
        and (inputs[0].shape[0] == 1 or not isinstance(inputs[0].shape[0], int))
    )
    if not fits:
        raise another_network(path, f"{_form(inputs)} to {_form(outputs)}")
    batch, _, height, width = inputs[0].shape
    return Signature(input_name=inputs[0].name, output_name=outputs[0].name, batch=batch, height=height, width=width)


def _fixed(side: int | str | None) -> int | None:
    return side if isinstance(side, int) else None


def _form(nodes: Sequence[onnxruntime.NodeArg]) -> str:
    return (
        ", ".join(f"{node.name} {tuple(node.shape)} {node.type.removeprefix('tensor')}" for node in nodes) or "nothing"
    )
