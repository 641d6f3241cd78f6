"""Mattes by any segmentation or matting network in ONNX that a TOML file describes, see ``custom_onnx_spec``.

A recurrent network serves one stream: its states pass from frame to frame, and are reset after a gap, a jump back or a
change of size.
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
from realtime.matting.matter import StreamPosition
from realtime.matting.runtimes.batches import NetworkMatter, Size
from realtime.matting.runtimes.custom_onnx_spec import Description, read_description
from realtime.matting.runtimes.providers import LABELS, first_line, open_session
from realtime.media.shrink import shrink

Array = npt.NDArray[Any]
TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
}

_GAP_S = 1.0
"""After a longer gap the states are reset."""


class CustomOnnxMatter(NetworkMatter):
    """A network in ONNX Runtime, run as its TOML file describes.

    Args:
        path: the ONNX file.
        description: the TOML file.
        title: name of the network for people.
        reference_px: the reference size, for a network of any size.
        provider: ``auto`` or a key of ``providers.PROVIDERS``.
        threads: CPU threads; 0 lets ONNX Runtime use one thread per core.

    Raises:
        realtime.errors.MatterError: the network cannot be loaded, or the description does not match it; the message
            names the key.
    """

    def __init__(
        self, path: Path, description: Path, *, title: str, reference_px: int, provider: str = "auto", threads: int = 0
    ) -> None:
        self._spec = read_description(description)
        super().__init__(title, reference_px)
        self._session, used = open_session(str(path), run_options(threads), provider)
        self._runs_on = f"onnx, {LABELS.get(used, used)}"
        inputs = {node.name: node for node in self._session.get_inputs()}
        outputs = [node.name for node in self._session.get_outputs()]
        spec = self._spec
        for key, name in spec.states.items():
            _require(spec, f"states.{key}", key, inputs, "input")
            _require(spec, f"states.{key}", name, outputs, "output")
        for key in spec.constants:
            _require(spec, f"constants.{key}", key, inputs, "input")
        given = [name for name in inputs if name not in (*spec.states, *spec.constants)]
        left = [name for name in outputs if name not in spec.states.values()]
        self._input = inputs[_chosen(spec, "input", spec.input.name, given)]
        self._output = _chosen(spec, "output", spec.output.name, left)
        if unfed := [name for name in given if name != self._input.name]:
            raise spec.error("constants", f"the network has more inputs: {', '.join(unfed)}", "Add a value for each")
        self._constants = {key: _constant(spec, key, value, inputs[key]) for key, value in spec.constants.items()}
        self._blank = {key: _zeros(spec, f"states.{key}", inputs[key]) for key in spec.states}
        self._type = _input_type(spec, self._input)
        self._fixed = _fixed_size(spec, self._input)
        self._states, self._before = dict(self._blank), StreamPosition()
        self._lock = threading.Lock()

    @property
    def whole(self) -> bool:
        """Whether it needs every frame, uncropped, at one size: true for a recurrent network."""
        return bool(self._spec.states)

    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """Return the mattes of ``frames``, see ``matter.Matter``; they run one by one, in order."""
        with self._lock:
            return [CoarseMatte(alpha=self._alpha(frame, size_px), frame=frame) for frame in frames]

    def close(self) -> None:
        """Reset the states; the network is released with the object."""
        self._states = dict(self._blank)

    def _alpha(self, frame: Frame, size_px: Size | None) -> Alpha:
        size = self._size_for(frame, size_px)
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
        """Bring an image to the form of the network's input."""
        spec = self._spec
        picture: Array = shrink(pixels, size)
        if spec.input.channels == "RGB":
            picture = picture[..., ::-1]
        if self._type is not np.uint8:
            mean, std = (np.full(3, values, np.float32) for values in (spec.input.mean or 0, spec.input.std or 1))
            picture = picture * (1 / (255 * std)) - mean / std
        if spec.input.layout == "NCHW":
            picture = picture.transpose(2, 0, 1)
        return np.ascontiguousarray(picture[None], self._type)

    def _matte(self, out: Array) -> Alpha:
        """Turn the network's output into a matte, ``(h, w) float32 in [0, 1]``."""
        planes = self._planes(out)
        spec = self._spec
        if spec.output.activation == "labels":
            return np.asarray(np.rint(planes[0]) == (spec.output.channel or 0), np.float32)
        planes = planes.astype(np.float32)
        if not np.isfinite(np.sum(planes, dtype=np.float64)):
            raise MatterError(
                f"{self.name} returned NaN or infinity instead of a matte",
                cure=f"Check input.mean and input.std in {spec.file}",
            )
        if spec.output.activation == "softmax":
            planes = np.exp(planes - planes.max(axis=0))
            planes /= planes.sum(axis=0)
        alpha = planes[self._person(len(planes))]
        if spec.output.activation == "sigmoid":
            alpha = 1 / (1 + np.exp(-np.clip(alpha, -30, 30)))
        nothing, full = spec.output.range
        return np.ascontiguousarray(np.clip((alpha - nothing) / (full - nothing), 0, 1), np.float32)

    def _planes(self, out: Array) -> Array:
        """Return the output for one image as ``(C, h, w)``."""
        layout = self._spec.output.layout
        if out.ndim != len(layout) or (layout[0] == "N" and out.shape[0] != 1):
            raise self._spec.error(
                "output.layout", f"expected {layout}, one image, from {self._output}, got {out.shape}"
            )
        if layout == "NHWC":
            return np.moveaxis(out[0], 2, 0)
        return out[None] if layout == "HW" else out if layout == "NHW" else out[0]

    def _person(self, count: int) -> int:
        channel = self._spec.output.channel
        if channel not in (range(count) if count > 1 else (None, 0)):
            raise self._spec.error(
                "output.channel", f"{self._output} has {count} channels, got {channel}", "Set the channel of the person"
            )
        return channel or 0


def _require(spec: Description, key: str, name: str, known: Any, kind: str) -> None:
    if name not in known:
        raise spec.error(key, f"the network has no {kind} {name!r}", f"Its {kind}s are: {', '.join(known)}")


def _chosen(spec: Description, kind: str, name: str, among: Sequence[str]) -> str:
    """Return the input or output with that name, or the only one."""
    if name:
        _require(spec, f"{kind}.name", name, among, kind)
        return name
    if len(among) != 1:
        raise spec.error(
            f"{kind}.name", f"the network has {len(among)} {kind}s", f"Name one of: {', '.join(among) or 'none'}"
        )
    return among[0]


def _type_of(spec: Description, key: str, node: Any) -> type[np.generic]:
    if node.type not in TYPES:
        raise spec.error(
            key, f"{node.name} is {node.type}, which greenless does not support", f"Use {', '.join(TYPES)}"
        )
    return TYPES[node.type]


def _input_type(spec: Description, node: Any) -> type[np.generic]:
    kind = _type_of(spec, "input.name", node)
    if len(node.shape) != 4:
        raise spec.error("input.name", f"expected an input of four dimensions, {node.name} is {tuple(node.shape)}")
    other = "NHWC" if spec.input.layout == "NCHW" else "NCHW"
    channels, elsewhere = (node.shape[layout.index("C")] for layout in (spec.input.layout, other))
    if channels != 3 and (isinstance(channels, int) or elsewhere == 3):
        raise spec.error(
            "input.layout",
            f"{spec.input.layout} does not match {node.name} {tuple(node.shape)}: it would have {channels} channels",
            f'Try layout = "{other}"',
        )
    if kind is np.uint8 and (spec.input.mean, spec.input.std) != (None, None):
        raise spec.error("input.mean", f"{node.name} takes uint8 without normalisation", "Remove mean and std")
    return kind


def _fixed_size(spec: Description, node: Any) -> tuple[int | None, int | None]:
    """Return the width and height that the file or the description fixes."""
    sides = [node.shape[spec.input.layout.index(axis)] for axis in "WH"]
    width, height = (side if isinstance(side, int) else None for side in sides)
    if (size := spec.input.size) is None:
        return width, height
    if [width or size[0], height or size[1]] != size:
        raise spec.error("input.size", f"{size} does not match {node.name}, which is {width}x{height}")
    return int(size[0]), int(size[1])


def _zeros(spec: Description, key: str, node: Any) -> Array:
    """Return a state before the first frame: zeros, with size 1 for each free dimension."""
    return np.zeros([side if isinstance(side, int) else 1 for side in node.shape], _type_of(spec, key, node))


def _constant(spec: Description, key: str, value: object, node: Any) -> Array:
    kind = _type_of(spec, f"constants.{key}", node)
    try:
        array = np.asarray(value, kind)
    except (TypeError, ValueError) as error:
        raise spec.error(f"constants.{key}", f"expected numbers, got {value!r}") from error
    if array.ndim != len(node.shape):
        if array.ndim or any(isinstance(side, int) and side != 1 for side in node.shape):
            raise spec.error(
                f"constants.{key}", f"expected numbers of the shape {tuple(node.shape)}, got {array.shape}"
            )
        array = array.reshape([1] * len(node.shape))
    return array
