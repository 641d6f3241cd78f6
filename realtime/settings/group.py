"""``Group``: a table of settings, which checks the values of its fields."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from models.shown import shown
from realtime.errors import SettingsError
from realtime.settings.values import check_text


def within(default: float, low: float, high: float, unit: str = "") -> Any:
    """Declare a numeric field; the checks, the help and the control page read its range and unit from the metadata."""
    return field(default=default, metadata={"range": (low, high), "unit": unit})


@dataclass(frozen=True, kw_only=True)
class Group:
    """A table of the settings file. It checks the texts, choices and ranges of its fields."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for f in fields(self):
            value = getattr(self, f.name)
            if get_origin(hints[f.name]) is Literal:
                choose(f.name, value, get_args(hints[f.name]))
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str):
                    check_text(text, f.name)
            if (bounds := f.metadata.get("range")) is not None and not bounds[0] <= value <= bounds[1]:
                asked = f"{f.name} from {bounds[0]} to {bounds[1]} {f.metadata['unit']}".rstrip()
                raise SettingsError(f"expected {asked}, got {shown(value)}", key=f.name)


def choose(key: str, value: object, choices: Sequence[object]) -> None:
    """Check that ``value`` is one of ``choices``, and of its type: False is not 0.

    Raises:
        SettingsError: it is not.
    """
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        listed = ", ".join("nothing" if choice == "" else str(choice) for choice in choices)
        raise SettingsError(f"expected {key} to be one of {listed}, got {shown(value)}", key=key)
