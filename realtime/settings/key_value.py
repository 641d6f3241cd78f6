"""Parses settings from the command line: ``background=blur`` becomes ``{"scene": {"background": "blur"}}``.

A key is the name of a field, with its group (``scene.background``) if two groups have that field. The value is parsed
as the type of the field; the change of the settings checks ranges and choices.
"""

import difflib
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin, get_type_hints

from models.shown import shown
from realtime.errors import SettingsError
from realtime.settings.schema import Settings
from realtime.settings.tree import groups, keys

_ON, _OFF = ("true", "on", "yes", "1"), ("false", "off", "no", "0")


def tables(words: Iterable[str]) -> dict[str, Any]:
    """Return the nested tables that the words set.

    Raises:
        SettingsError: a word without ``=``, an unknown or ambiguous key, a value of another type.
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
        table[name] = _value(key, hint, text)
    return found


def _field(key: str) -> tuple[str, str, Any]:
    known = {
        f"{name}.{f.name}".lstrip("."): (name, f.name, get_type_hints(type(group))[f.name])
        for name, group in groups(Settings())
        for f in keys(group)
    }
    matching = [full for full in known if full == key] or [full for full in known if full.rpartition(".")[2] == key]
    if len(matching) == 1:
        return known[matching[0]]
    if matching:
        raise SettingsError(f"{key} is in several groups", cure=f"Type {' or '.join(matching)}")
    names = {full.rpartition(".")[2]: full for full in known} | {full: full for full in known}
    near = difflib.get_close_matches(key, names, n=1)
    cure = f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(sorted(known))}"
    raise SettingsError(f"unknown key {shown(key)}", cure=cure)


def _value(key: str, hint: Any, text: str) -> object:
    if hint is bool:
        if text.lower() in _ON + _OFF:
            return text.lower() in _ON
        raise SettingsError(f"expected {key} to be on or off, got {shown(text)}")
    if get_origin(hint) is Literal:
        return next((choice for choice in get_args(hint) if str(choice) == text), text)
    if get_origin(hint) is tuple:
        return [item.strip() for item in text.split(",") if item.strip()]
    if hint in (int, float):
        try:
            return hint(text)
        except ValueError as error:
            raise SettingsError(f"expected {key} to be a number, got {shown(text)}") from error
    return text
