"""Reads ``x.toml`` beside ``x.onnx``: the description of a network with other inputs or outputs than MODNet.

Every key is optional:

    [input]
    size = [256, 256]           # width, height; default: the fixed size in the file, else the reference size
    layout = "NHWC"             # or NCHW
    channels = "RGB"            # or BGR
    mean = [0.485, 0.456, 0.406]    # (x / 255 - mean) / std; one number or three; not for uint8 input
    std = [0.229, 0.224, 0.225]
    name = "image"              # default: the only input that is neither state nor constant

    [output]
    channel = 1                 # of the person, if there are several
    activation = "softmax"      # none, sigmoid, softmax, or labels: the class of each pixel
    range = [0, 255]            # values of background and person; default: 0 and 1
    layout = "NCHW"             # or NHWC, NHW, HW
    name = "matte"              # default: the only output that is no state

    [states]                    # of a recurrent network: input = the output that feeds it
    r1i = "r1o"

    [constants]                 # further inputs
    downsample_ratio = 0.25
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
    """How to run a network; the module docstring explains the keys."""

    file: Path
    """The TOML file, for errors."""

    input_name: str = ""
    size: tuple[int, int] | None = None
    """``(width, height)`` in px."""
    input_layout: str = "NCHW"
    channels: str = "RGB"
    mean: tuple[float, float, float] | None = None
    """In the order of ``channels``; None if the file sets neither mean nor std."""
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    output_name: str = ""
    output_layout: str = "NCHW"
    channel: int | None = None
    activation: str = "none"
    range: tuple[float, float] = (0.0, 1.0)

    states: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)

    def error(self, key: str, what: str, cure: str = "") -> MatterError:
        """Return an error that names the file and the key."""
        return MatterError(f"{self.file}: {key}: {what}", cure=cure or "Correct that key")


def description_of(weights: Path) -> Path | None:
    """Return the TOML file beside ``weights``; None if there is none, so that the network must be like MODNet."""
    beside = weights.with_suffix(".toml")
    return beside if weights.suffix == ".onnx" and beside.is_file() else None


def read_description(path: Path) -> Description:
    """Read a description, and check what can be checked without the network.

    Raises:
        MatterError: not TOML, an unknown key, or an invalid value; the message names the key.
    """
    try:
        tables = tomllib.loads(read_regular(path).decode("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MatterError(f"cannot read the description {path}: {error}", cure="Correct that line") from error
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
            raise here.error(prefix + key, "unknown key", cure)


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
    """Return ``value`` if it is a list of ``count`` numbers, else None."""
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
        raise here.error("output.range", f"expected the two values of background and person, got {value!r}")
    return ends[0], ends[1]
