"""Mattes by ONNX Runtime: any ONNX file with MODNet's in- and output, on the best provider there is.

Goes in: the path of a file whose input is ``(N, 3, H, W) float32`` and whose output is ``(N, 1, H, W) float32``, each
of N, H and W free or fixed. Comes out: a ``Matter``. For every size that frames come in, a session of its own is made
with that size fixed (ONNX Runtime then plans its memory and folds its shape arithmetic), with the memory that it reads
and writes, on CUDA and TensorRT the card's. The latest few are kept.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame, Pixels
from realtime.matting.batches import Batch, Size, checked, matte_in_batches
from realtime.matting.kept import Kept, Shape
from realtime.matting.providers import LABELS, MAKING, WAYS, first_line, open_session, session_options
from realtime.matting.resize import Scratch, network_size, prepare

log = logging.getLogger("greenless")

RUNNING = threading.Lock()
"""Held while a session works on a card: while another there captures a CUDA graph, no thread may copy or allocate."""


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


class CardSession(SizedSession):
    """A session whose in- and output lie in a card's memory, at addresses that stay: a CUDA graph demands it.

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
        make = onnxruntime.OrtValue.ortvalue_from_shape_and_type
        with MAKING:
            self._on_card = make(shape, np.float32, device, 0)
            self._matte = make((shape[0], 1, *shape[2:]), np.float32, device, 0)
        self._bind()

    def _bind(self) -> None:
        self._binding = self._session.io_binding()
        self._binding.bind_ortvalue_input(self._signature.input_name, self._on_card)
        self._binding.bind_ortvalue_output(self._signature.output_name, self._matte)
        self._thread = threading.local()

    def _infer(self) -> Batch:
        while True:
            try:
                return self._captured()
            except Exception as error:
                if not self._left:
                    raise
                log.debug("the card runs it another way: %s", first_line(error))
            self._session = self._anew(self._left.pop(0))
            self._bind()

    def _captured(self) -> Batch:
        if getattr(self._thread, "captured", False):
            with RUNNING:
                return self._copied()
        with MAKING, RUNNING:
            output = self._copied()
        if self._left and not np.isfinite(output).all():
            raise FloatingPointError("a matte that is not finite")
        self._thread.captured = True
        return output

    def _copied(self) -> Batch:
        """To the card, through the network, and back."""
        self._on_card.update_inplace(self._input)
        self._session.run_with_iobinding(self._binding)
        output: Batch = self._matte.numpy()
        return output


class OnnxMatter:
    """A network in ONNX Runtime.

    Args:
        path: the ONNX file.
        title: what people call the network.
        reference_px: length of the picture's shorter side at the network (``resize.network_size``).
        provider: ``auto`` or a key of ``providers.PROVIDERS``.
        threads: processor threads; 0 leaves the number to ONNX Runtime, one a core.
        precision: the number format of the file, for the name.

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
        self._path = str(path)
        self._title = title
        self._reference_px = reference_px
        self._provider = provider
        self._threads = threads
        self._precision = precision
        self._signature = read_signature(path)
        self._sessions = Kept(self._session)
        self._size: Size | None = None

    @property
    def name(self) -> str:
        """Network, the size it last ran at, runtime and provider."""
        size = "" if self._size is None else f" {self._size[0]}x{self._size[1]}"
        precision = "" if self._precision == "float32" else f" {self._precision}"
        return f"{self._title}{size}, onnx{precision}, {LABELS.get(self._provider, self._provider)}"

    @property
    def provider(self) -> str:
        """The provider asked for; after the first run the one in use."""
        return self._provider

    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """The mattes of ``frames``, see ``base.Matter``."""
        return matte_in_batches(frames, size_for=lambda frame: self._size_for(frame, size_px), infer=self._infer)

    def close(self) -> None:
        """Let the network go."""
        self._sessions.clear()

    def _size_for(self, frame: Frame, size_px: Size | None) -> Size:
        width, height = size_px or network_size(frame.width_px, frame.height_px, self._reference_px)
        fixed = self._signature
        return (
            fixed.width if isinstance(fixed.width, int) else width,
            fixed.height if isinstance(fixed.height, int) else height,
        )

    def _infer(self, pictures: Sequence[Pixels], size: Size) -> Batch:
        if self._signature.batch == 1 and len(pictures) > 1:
            return np.concatenate([self._infer([picture], size) for picture in pictures])
        shape = (len(pictures), 3, size[1], size[0])
        session = self._sessions[shape]
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
            session, self._provider = open_session(self._path, self._options(shape), self._provider, shape, way)
            return session

        session = opened(0)
        if self._provider not in WAYS:
            return SizedSession(session, shape, self._signature)
        return CardSession(session, shape, self._signature, anew=opened, ways=len(WAYS[self._provider]))

    def _options(self, shape: Shape) -> onnxruntime.SessionOptions:
        options = session_options(self._threads)
        values: dict[str, set[int]] = {}
        for name, value in zip(
            (self._signature.batch, self._signature.height, self._signature.width), (shape[0], *shape[2:]), strict=True
        ):
            if isinstance(name, str):
                values.setdefault(name, set()).add(value)
        for name, sizes in values.items():
            if len(sizes) == 1:  # a file may give two dimensions one name; then they stay free
                options.add_free_dimension_override_by_name(name, sizes.pop())
        return options


def read_signature(path: Path) -> Signature:
    """Read what goes into a network and what comes out, and see that it is a matting network.

    Raises:
        realtime.errors.MatterError: the file is damaged, or its in- and output, which the message names, are not
            MODNet's.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session, _ = open_session(str(path), options, "cpu")
    inputs, outputs = session.get_inputs(), session.get_outputs()
    fits = (
        [(node.type, len(node.shape)) for node in (*inputs, *outputs)] == [("tensor(float)", 4)] * 2
        and inputs[0].shape[1] == 3
        and (outputs[0].shape[1] == 1 or not isinstance(outputs[0].shape[1], int))
        and (inputs[0].shape[0] == 1 or not isinstance(inputs[0].shape[0], int))
    )
    if not fits:
        raise MatterError(
            f"expected a network from (N, 3, H, W) float to (N, 1, H, W) float in {path}, "
            f"found {_described(inputs)} to {_described(outputs)}",
            cure=f"Say what it takes and gives in {path.with_suffix('.toml')} (see the README), "
            "or choose other weights: greenless weights list",
        )
    batch, _, height, width = inputs[0].shape
    return Signature(input_name=inputs[0].name, output_name=outputs[0].name, batch=batch, height=height, width=width)


def _described(nodes: Sequence[onnxruntime.NodeArg]) -> str:
    return (
        ", ".join(f"{node.name} {tuple(node.shape)} {node.type.removeprefix('tensor')}" for node in nodes) or "nothing"
    )
