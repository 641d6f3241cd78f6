"""Parses settings from the command line: ``background=blur`` becomes ``{"scene": {"background": "blur"}}``.

A key is the name of a field, with its group (``scene.background``) if two groups have that field. The value is parsed
as the type of the field. The change of the settings reports unknown keys and wrong values.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal, get_args, get_origin, get_type_hints

from models.shown import shown
from realtime.errors import SettingsError
from realtime.settings.schema import Settings
from realtime.settings.tree import groups, keys

_ON, _OFF = ("true", "on", "yes", "1"), ("false", "off", "no", "0")


def tables(words: Iterable[str]) -> dict[str, Any]:
    """Return the nested tables that the words set.

    Raises:
        SettingsError: a word without ``=``, or an ambiguous key.
    """
    found: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise SettingsError(
                f"expected KEY=VALUE, got {shown(word)}", cure="For example: greenless ctl set background=blur"
            )
        group, name, hint = _field(key.strip().replace("-", "_"))
        table = found.setdefault(group, {}) if group else found
        if isinstance(table, dict):  # else an earlier word gave a value to the table, which the run reports
            table[name] = _value(hint, text)
    return found


def _field(key: str) -> tuple[str, str, Any]:
    known = {
        f"{name}.{f.name}".lstrip("."): (name, f.name, get_type_hints(type(group))[f.name])
        for name, group in groups(Settings())
        for f in keys(group)
    }
    matching = [full for full in known if full == key] or [full for full in known if full.rpartition(".")[2] == key]
    if len(matching) > 1:
        raise SettingsError(f"{key} is in several groups", cure=f"Type {' or '.join(matching)}")
    return known[matching[0]] if matching else ("", key, str)


def _value(hint: Any, text: str) -> object:
    """Parse a value; a text that is none stays as it is."""
    if hint is bool and text.lower() in _ON + _OFF:
        return text.lower() in _ON
    if get_origin(hint) is Literal:
        return next((choice for choice in get_args(hint) if str(choice) == text), text)
    if get_origin(hint) is tuple:
        return [item.strip() for item in text.split(",") if item.strip()]
    if hint in (int, float):
        with suppress(ValueError):
            return hint(text)
    return text
