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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from models.regular import read_regular
from realtime.errors import MatterError

_LONGEST_PX = 8192


def _key(default: object, expected: str, fits: Callable[[Any], bool]) -> Any:
    """Declare a key: its default, and the check of its value with the words for an error."""
    return field(default=default, metadata={"expected": expected, "fits": fits})


def _one_of(*choices: str) -> Any:
    return _key(choices[0], f"one of {', '.join(choices)}", lambda value: value in choices)


def _name() -> Any:
    return _key("", "a name in quotes", lambda value: isinstance(value, str))


def _are_numbers(value: Any, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(type(item) in (int, float) for item in value)


def _is_size(value: Any) -> bool:
    return _are_numbers(value, 2) and all(side in range(1, _LONGEST_PX + 1) for side in value)


def _of_channels(value: Any) -> bool:
    """Whether the value is one number for all channels, or three."""
    return type(value) in (int, float) or _are_numbers(value, 3)


@dataclass(frozen=True, kw_only=True)
class Input:
    """The keys of ``[input]``."""

    name: str = _name()
    size: Sequence[int] | None = _key(None, "[width, height] in px", _is_size)
    layout: str = _one_of("NCHW", "NHWC")
    channels: str = _one_of("RGB", "BGR")
    mean: float | Sequence[float] | None = _key(None, "a number, or three", _of_channels)
    std: float | Sequence[float] | None = _key(
        None, "a number, or three, none of them 0", lambda value: _of_channels(value) and 0 not in np.atleast_1d(value)
    )


@dataclass(frozen=True, kw_only=True)
class Output:
    """The keys of ``[output]``."""

    name: str = _name()
    layout: str = _one_of("NCHW", "NHWC", "NHW", "HW")
    channel: int | None = _key(None, "a whole number from 0", lambda value: type(value) is int and value >= 0)
    activation: str = _one_of("none", "sigmoid", "softmax", "labels")
    range: Sequence[float] = _key(
        (0, 1), "the two values of background and person", lambda value: _are_numbers(value, 2) and value[0] != value[1]
    )


@dataclass(frozen=True, kw_only=True)
class Description:
    """How to run a network; the module docstring explains the keys."""

    file: Path
    """The TOML file, for errors."""

    input: Input = Input()
    output: Output = Output()
    states: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)

    def error(self, key: str, what: str, cure: str = "") -> MatterError:
        """Return an error that names the file and the key."""
        return MatterError(f"{self.file}: {key}: {what}", cure=cure or "Correct that key")


_TABLES: dict[str, type[Any] | None] = {"input": Input, "output": Output, "states": None, "constants": None}
"""The tables, and what declares their keys; those of the others are names in the network."""


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
    for name, table in tables.items():
        _require_known(here, "", name, _TABLES)
        if not isinstance(table, dict):
            raise here.error(name, f"expected a table [{name}], got {table!r}")
        if (kind := _TABLES[name]) is not None:
            _check(here, name, table, {f.name: f.metadata for f in fields(kind)})
            tables[name] = kind(**table)
    return Description(file=path, **tables)


def _check(here: Description, name: str, table: Mapping[str, object], known: Mapping[str, Mapping[str, Any]]) -> None:
    for key, value in table.items():
        _require_known(here, f"{name}.", key, known)
        if not known[key]["fits"](value):
            raise here.error(f"{name}.{key}", f"expected {known[key]['expected']}, got {value!r}")


def _require_known(here: Description, prefix: str, key: str, known: Collection[str]) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        cure = f"Did you mean {prefix}{near[0]}?" if near else f"Known are: {', '.join(known)}"
        raise here.error(prefix + key, "unknown key", cure)
