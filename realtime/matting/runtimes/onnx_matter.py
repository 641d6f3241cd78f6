"""Mattes by ONNX Runtime, on the best provider available.

The file maps ``(N, 3, H, W) float32`` to ``(N, 1, H, W) float32``; each of N, H and W is free or fixed. Every input
shape has a separate session with that shape fixed, so that ONNX Runtime can plan its memory and fold its shape
arithmetic. The ``SIZES_KEPT`` sessions used last stay open.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import onnxruntime  # type: ignore[import-untyped]

from models.onnx_session import run_options
from models.structure import check_onnx
from realtime.errors import MatterError
from realtime.frame import Pixels
from realtime.matting.runtimes.batches import SIZES_KEPT, Batch, NetworkMatter, Shape, Size, checked
from realtime.matting.runtimes.onnx_sessions import GpuSession, SizedSession
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

    Attributes:
        provider: the requested provider; after the first run, the one in use.

    Raises:
        realtime.errors.WeightsError: the file is damaged or holds another kind of network.
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
        self._signature = check_onnx(path)
        batch, _, *sides = self._signature.shape
        height, width = (side if isinstance(side, int) else None for side in sides)
        self._fixed, self._single = (width, height), batch == 1
        self._sessions = lru_cache(SIZES_KEPT)(self._session)

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
            session, provider = open_session(self._path, self._options(shape), self.provider, shape, way)
            self._run_on(provider)
            return session

        session = opened(0)
        if self.provider not in WAYS:
            return SizedSession(session, shape, self._signature)
        return GpuSession(session, shape, self._signature, reopen=opened, ways=len(WAYS[self.provider]))

    def _run_on(self, provider: str) -> None:
        self.provider = provider
        self._runs_on = f"onnx{self._precision}, {LABELS.get(provider, provider)}"

    def _options(self, shape: Shape) -> onnxruntime.SessionOptions:
        values: dict[str, set[int]] = {}
        for name, value in zip(self._signature.shape, shape, strict=True):
            if isinstance(name, str):
                values.setdefault(name, set()).add(value)
        # Two dimensions of one name but different sizes stay free.
        return run_options(self._threads, {name: sizes.pop() for name, sizes in values.items() if len(sizes) == 1})
