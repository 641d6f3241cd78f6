"""What a TOML file beside an ONNX file says of a network that is not MODNet's kind: ``x.toml`` beside ``x.onnx``.

    [input]
    size = [256, 256]           # width, height; left out: what the file fixes, else the reference size
    layout = "NHWC"             # or NCHW
    channels = "RGB"            # or BGR
    mean = [0.485, 0.456, 0.406]    # (x / 255 - mean) / std, of one number or three; not for an input of uint8
    std = [0.229, 0.224, 0.225]
    name = "image"              # left out: the only input that is no state and no constant

    [output]
    channel = 1                 # the person's, where there are several
    activation = "softmax"      # none, sigmoid, softmax, or labels: the class of each pixel
    range = [0, 255]            # what stands for nothing and for full, where it is not 0 and 1
    layout = "NCHW"             # or NHWC, NHW, HW
    name = "matte"              # left out: the only output that is no state

    [states]                    # of a recurrent network: input = output that comes back into it
    r1i = "r1o"

    [constants]                 # further inputs
    downsample_ratio = 0.25

Goes in: that file. Comes out: a ``Description``; every key may be left out.
"""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.regular import read_regular
from realtime.errors import MatterError

INPUT_LAYOUTS = ("NCHW", "NHWC")
OUTPUT_LAYOUTS = ("NCHW", "NHWC", "NHW", "HW")
ACTIVATIONS = ("none", "sigmoid", "softmax", "labels")

_KEYS: dict[str, tuple[str, ...]] = {
    "input": ("name", "size", "layout", "channels", "mean", "std"),
    "output": ("name", "layout", "channel", "activation", "range"),
}


@dataclass(frozen=True, kw_only=True)
class Description:
    """How to run a network; the docstring of the module shows the file."""

    file: Path
    """Where it stands, for errors."""

    input_name: str = ""
    size: tuple[int, int] | None = None
    """``(width, height)`` in px."""
    input_layout: str = "NCHW"
    channels: str = "RGB"
    mean: tuple[float, float, float] | None = None
    """In the order of ``channels``; None where the file says neither mean nor std."""
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    output_name: str = ""
    output_layout: str = "NCHW"
    channel: int | None = None
    activation: str = "none"
    range: tuple[float, float] = (0.0, 1.0)

    states: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)

    def error(self, key: str, what: str, cure: str = "") -> MatterError:
        """An error that names the file and the key."""
        return MatterError(f"{self.file}: {key}: {what}", cure=cure or "Mend that key")


def description_of(weights: Path) -> Path | None:
    """The file that describes ``weights``; None where there is none, and the network is MODNet's kind."""
    beside = weights.with_suffix(".toml")
    return beside if weights.suffix == ".onnx" and beside.is_file() else None


def read_description(path: Path) -> Description:
    """Read and check a description, as far as that goes without the network.

    Raises:
        MatterError: no TOML, an unknown key, or a value that cannot be; the message names the key.
    """
    try:
        tables = tomllib.loads(read_regular(path).decode("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MatterError(f"cannot read the description {path}: {error}", cure="Mend that line") from error
    here = Description(file=path)
    _known(here, tables, ("input", "output", "states", "constants"), "")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise here.error(name, f"expected a table [{name}], got {table!r}")
        if name in _KEYS:
            _known(here, table, _KEYS[name], name + ".")
    into, out = tables.get("input", {}), tables.get("output", {})
    normalised = "mean" in into or "std" in into
    return Description(
        file=path,
        input_name=_text(here, into, "input", "name"),
        size=_size(here, into),
        input_layout=_one_of(here, into, "input", "layout", INPUT_LAYOUTS),
        channels=_one_of(here, into, "input", "channels", ("RGB", "BGR")),
        mean=_three(here, into, "mean", 0.0) if normalised else None,
        std=_three(here, into, "std", 1.0),
        output_name=_text(here, out, "output", "name"),
        output_layout=_one_of(here, out, "output", "layout", OUTPUT_LAYOUTS),
        channel=_channel(here, out),
        activation=_one_of(here, out, "output", "activation", ACTIVATIONS),
        range=_range(here, out),
        states={key: _text(here, tables["states"], "states", key) for key in tables.get("states", {})},
        constants=tables.get("constants", {}),
    )


def _known(here: Description, table: Mapping[str, object], known: Collection[str], prefix: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            cure = f"Did you mean {prefix}{near[0]}?" if near else f"Known are: {', '.join(known)}"
            raise here.error(prefix + key, "no such key", cure)


def _text(here: Description, table: Mapping[str, Any], name: str, key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise here.error(f"{name}.{key}", f"expected a name in quotes, got {value!r}")
    return value


def _one_of(here: Description, table: Mapping[str, Any], name: str, key: str, choices: tuple[str, ...]) -> str:
    value = table.get(key, choices[0])
    if value not in choices:
        raise here.error(f"{name}.{key}", f"expected one of {', '.join(choices)}, got {value!r}")
    return str(value)


def _numbers(value: object, count: int) -> list[float] | None:
    """``count`` numbers; None where ``value`` is something else."""
    if isinstance(value, list) and len(value) == count and all(type(item) in (int, float) for item in value):
        return [float(item) for item in value]
    return None


def _size(here: Description, table: Mapping[str, Any]) -> tuple[int, int] | None:
    if "size" not in table:
        return None
    sides = _numbers(table["size"], 2)
    if sides is None or not all(side == int(side) and 1 <= side <= 8192 for side in sides):
        raise here.error("input.size", f"expected [width, height] in px, got {table['size']!r}")
    return int(sides[0]), int(sides[1])


def _three(here: Description, table: Mapping[str, Any], key: str, default: float) -> tuple[float, float, float]:
    value = table.get(key, default)
    three = [float(value)] * 3 if type(value) in (int, float) else _numbers(value, 3)
    if three is None or (key == "std" and 0 in three):
        beside = ", none of them 0" if key == "std" else ""
        raise here.error(f"input.{key}", f"expected a number, or three{beside}, got {value!r}")
    return three[0], three[1], three[2]


def _channel(here: Description, table: Mapping[str, Any]) -> int | None:
    value = table.get("channel")
    if value is not None and (type(value) is not int or value < 0):
        raise here.error("output.channel", f"expected a whole number from 0, got {value!r}")
    return value


def _range(here: Description, table: Mapping[str, Any]) -> tuple[float, float]:
    value = table.get("range", [0, 1])
    ends = _numbers(value, 2)
    if ends is None or ends[0] == ends[1]:
        raise here.error("output.range", f"expected two numbers, those of nothing and of full, got {value!r}")
    return ends[0], ends[1]
