"""Mattes by any segmenter or matting network in ONNX that a TOML file beside it describes (see ``custom_onnx_spec``).

Goes in: the path of ``x.onnx`` with its ``x.toml``. Comes out: a ``Matter`` on ONNX Runtime. A network with recurrent
states serves one stream: its states go from frame to frame, and begin anew after a gap, a jump back or another size.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.onnx_session import run_options
from realtime.errors import MatterError
from realtime.frame import Alpha, CoarseMatte, Frame, Pixels
from realtime.matting.resize import network_size, shrink
from realtime.matting.runtimes.custom_onnx_spec import Description, read_description
from realtime.matting.runtimes.providers import LABELS, first_line, open_session
from realtime.matting.stream_position import Size, StreamPosition

Array = npt.NDArray[Any]
TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}

_GAP_S = 1.0
"""After a longer gap a state is too old to help."""


class CustomOnnxMatter:
    """A network in ONNX Runtime, run as its description says.

    Args:
        path: the ONNX file.
        description: the TOML file.
        title: what people call the network.
        reference_px: length of the picture's shorter side at a network that takes any size.
        provider: ``auto`` or a key of ``providers.PROVIDERS``.
        threads: processor threads; 0 leaves the number to ONNX Runtime, one a core.

    Raises:
        realtime.errors.MatterError: the network cannot be loaded, or the description does not fit it; the message
            names the key.
    """

    def __init__(
        self, path: Path, description: Path, *, title: str, reference_px: int, provider: str = "auto", threads: int = 0
    ) -> None:
        self._spec = read_description(description)
        self._title, self._reference_px = title, reference_px
        self._session, self._provider = open_session(str(path), run_options(threads), provider)
        inputs = {node.name: node for node in self._session.get_inputs()}
        outputs = [node.name for node in self._session.get_outputs()]
        told = self._spec
        for key, name in told.states.items():
            _there(told, f"states.{key}", key, inputs, "input")
            _there(told, f"states.{key}", name, outputs, "output")
        for key in told.constants:
            _there(told, f"constants.{key}", key, inputs, "input")
        given = [name for name in inputs if name not in (*told.states, *told.constants)]
        left = [name for name in outputs if name not in told.states.values()]
        self._input = inputs[_chosen(told, "input", told.input_name, given)]
        self._output = _chosen(told, "output", told.output_name, left)
        if unfed := [name for name in given if name != self._input.name]:
            raise told.error("constants", f"the network has more inputs: {', '.join(unfed)}", "Give each its value")
        self._constants = {key: _constant(told, key, value, inputs[key]) for key, value in told.constants.items()}
        self._blank = {key: _zeros(told, f"states.{key}", inputs[key]) for key in told.states}
        self._type = _input_type(told, self._input)
        self._fixed = _fixed_size(told, self._input)
        self._size: Size | None = None
        self._states, self._before = dict(self._blank), StreamPosition()
        self._lock = threading.Lock()

    @property
    def whole(self) -> bool:
        """Whether it wants every picture, and all of it, at one size: so does a network that remembers the last one."""
        return bool(self._spec.states)

    @property
    def name(self) -> str:
        """Network, the size it last ran at, runtime and provider."""
        size = "" if self._size is None else f" {self._size[0]}x{self._size[1]}"
        return f"{self._title}{size}, onnx, {LABELS.get(self._provider, self._provider)}"

    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """The mattes of ``frames``, see ``matter.Matter``; run one by one, in their order."""
        with self._lock:
            return [CoarseMatte(alpha=self._alpha(frame, size_px), frame=frame) for frame in frames]

    def close(self) -> None:
        """Let the states go; the network goes with the object."""
        self._states = dict(self._blank)

    def _alpha(self, frame: Frame, size_px: Size | None) -> Alpha:
        size = size_px or network_size(frame.width_px, frame.height_px, self._reference_px)
        size = self._fixed[0] or size[0], self._fixed[1] or size[1]
        now = StreamPosition(size=size, captured_s=frame.captured_s, index=frame.index)
        if not now.follows(self._before, within_s=_GAP_S):
            self._states = dict(self._blank)
        self._size, self._before = size, now
        fed = {self._input.name: self._prepared(frame.pixels, size), **self._constants, **self._states}
        wanted = [self._output, *self._spec.states.values()]
        try:
            out, *states = self._session.run(wanted, fed)
        except Exception as error:  # ONNX Runtime's own errors share no narrower base
            raise MatterError(
                f"{self.name} failed: {first_line(error)}",
                cure=f"Check the size, the states and the constants in {self._spec.file}",
            ) from error
        self._states = dict(zip(self._spec.states, states, strict=True))
        return self._matte(out)

    def _prepared(self, pixels: Pixels, size: Size) -> Array:
        """The picture as the network wants it."""
        told = self._spec
        picture: Array = shrink(pixels, size)
        if told.channels == "RGB":
            picture = picture[..., ::-1]
        if self._type is not np.uint8:
            mean, std = (np.array(three, np.float32) for three in (told.mean or (0.0, 0.0, 0.0), told.std))
            picture = picture * (1 / (255 * std)) - mean / std
        if told.input_layout == "NCHW":
            picture = picture.transpose(2, 0, 1)
        return np.ascontiguousarray(picture[None], self._type)

    def _matte(self, out: Array) -> Alpha:
        """``(h, w) float32 in [0, 1]`` of what the network gave."""
        planes = self._planes(out)
        told = self._spec
        if told.activation == "labels":
            return np.asarray(np.rint(planes[0]) == (told.channel or 0), np.float32)
        planes = planes.astype(np.float32)
        if not np.isfinite(np.sum(planes, dtype=np.float64)):
            raise MatterError(
                f"{self.name} gave NaN or infinity instead of a matte",
                cure=f"Check input.mean and input.std in {told.file}",
            )
        if told.activation == "softmax":
            planes = np.exp(planes - planes.max(axis=0))
            planes /= planes.sum(axis=0)
        alpha = planes[self._person(len(planes))]
        if told.activation == "sigmoid":
            alpha = 1 / (1 + np.exp(-np.clip(alpha, -30, 30)))
        nothing, full = told.range
        return np.ascontiguousarray(np.clip((alpha - nothing) / (full - nothing), 0, 1), np.float32)

    def _planes(self, out: Array) -> Array:
        """``(C, h, w)`` of the output of one picture."""
        layout = self._spec.output_layout
        if out.ndim != len(layout) or (layout[0] == "N" and out.shape[0] != 1):
            raise self._spec.error(
                "output.layout", f"expected {layout}, one picture, from {self._output}, got {out.shape}"
            )
        if layout == "NHWC":
            return np.moveaxis(out[0], 2, 0)
        return out[None] if layout == "HW" else out if layout == "NHW" else out[0]

    def _person(self, count: int) -> int:
        channel = self._spec.channel
        if channel is None and count > 1:
            raise self._spec.error(
                "output.channel", f"{self._output} has {count} channels", "Say which one is the person's"
            )
        if channel is not None and channel >= count:
            raise self._spec.error("output.channel", f"{self._output} has {count} channels, so there is no {channel}")
        return channel or 0


def _there(told: Description, key: str, name: str, known: Any, kind: str) -> None:
    if name not in known:
        raise told.error(key, f"the network has no {kind} {name!r}", f"Its {kind}s are: {', '.join(known)}")


def _chosen(told: Description, kind: str, name: str, among: Sequence[str]) -> str:
    """The one that is named, or the only one."""
    if name:
        _there(told, f"{kind}.name", name, among, kind)
        return name
    if len(among) != 1:
        raise told.error(
            f"{kind}.name", f"the network has {len(among)} {kind}s", f"Name one of: {', '.join(among) or 'none'}"
        )
    return among[0]


def _type_of(told: Description, key: str, node: Any) -> type[np.generic]:
    if node.type not in TYPES:
        raise told.error(key, f"{node.name} takes {node.type}, which greenless cannot give", f"Use {', '.join(TYPES)}")
    return TYPES[node.type]


def _input_type(told: Description, node: Any) -> type[np.generic]:
    kind = _type_of(told, "input.name", node)
    if len(node.shape) != 4:
        raise told.error("input.name", f"expected an input of four dimensions, {node.name} is {tuple(node.shape)}")
    other = "NHWC" if told.input_layout == "NCHW" else "NCHW"
    channels, elsewhere = (node.shape[layout.index("C")] for layout in (told.input_layout, other))
    if channels != 3 and (isinstance(channels, int) or elsewhere == 3):
        raise told.error(
            "input.layout",
            f"{told.input_layout} does not fit {node.name} {tuple(node.shape)}, which would have {channels} channels",
            f'Try layout = "{other}"',
        )
    if kind is np.uint8 and told.mean is not None:
        raise told.error("input.mean", f"{node.name} takes uint8 as it is", "Leave mean and std out")
    return kind


def _fixed_size(told: Description, node: Any) -> tuple[int | None, int | None]:
    """Width and height that file or description fix."""
    sides = [node.shape[told.input_layout.index(axis)] for axis in "WH"]
    width, height = (side if isinstance(side, int) else None for side in sides)
    if told.size is not None:
        if (width or told.size[0], height or told.size[1]) != told.size:
            raise told.error("input.size", f"{list(told.size)} does not fit {node.name}, which is {width}x{height}")
        return told.size
    return width, height


def _zeros(told: Description, key: str, node: Any) -> Array:
    """A state before the first frame: zeros, one where a dimension is free."""
    return np.zeros([side if isinstance(side, int) else 1 for side in node.shape], _type_of(told, key, node))


def _constant(told: Description, key: str, value: object, node: Any) -> Array:
    kind = _type_of(told, f"constants.{key}", node)
    try:
        array = np.asarray(value, kind)
    except (TypeError, ValueError) as error:
        raise told.error(f"constants.{key}", f"expected numbers, got {value!r}") from error
    if array.ndim != len(node.shape):
        if array.ndim or any(isinstance(side, int) and side != 1 for side in node.shape):
            raise told.error(
                f"constants.{key}", f"expected numbers of the shape {tuple(node.shape)}, got {array.shape}"
            )
        array = array.reshape([1] * len(node.shape))
    return array
