"""The settings as nested tables, the form that the file, the presets and the page use.

For example ``{"scene": {"background": "blur"}}``. This module merges tables over ``Settings`` and computes the
difference of two ``Settings``. An unknown key is an error that names the nearest known key.
"""

import ast
import difflib
import inspect
import os
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import Field, fields, replace
from itertools import pairwise
from typing import Any, Literal, TypeVar, get_origin, get_type_hints

from models.files import named
from models.shown import clipped, masked, shown
from realtime.errors import SettingsError
from realtime.settings.group import Group
from realtime.settings.placement import split
from realtime.settings.schema import Settings

Tables = Mapping[str, object]
"""Keys of ``Settings`` with their values; the value of a group is again ``Tables``."""

_G = TypeVar("_G", bound=Group)

_NAMES: dict[Any, str] = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def laid_over(group: _G, tables: Tables, prefix: str = "") -> _G:
    """Return ``group``, all settings or one table, with the values of ``tables``.

    Args:
        group: the settings.
        tables: the new values.
        prefix: what precedes the keys in errors: ``scene.``, ``presets.meeting.``.

    Raises:
        SettingsError: an unknown key, a wrong type or a value out of range; ``key`` names it.
    """
    hints = get_type_hints(type(group))
    for key, value in tables.items():
        if key not in hints:
            key = clipped(key)
            what = f"unknown table [{key}]" if isinstance(value, Mapping) else f"unknown key {prefix}{key}"
            cure = _near_table(key) if isinstance(value, Mapping) else _near(prefix + key)
            raise SettingsError(what, cure=cure, key=prefix + key)
    values: dict[str, Any] = {
        key: _value(getattr(group, key), hints[key], value, prefix + key) for key, value in tables.items()
    }
    try:
        return replace(group, **values)
    except SettingsError as error:
        error.key = prefix + error.key
        raise


def difference(before: Settings, after: Settings) -> dict[str, Any]:
    """Return the tables that turn ``before`` into ``after``: the changed fields with their new values."""
    tables: dict[str, Any] = {}
    for (name, old), (_, new) in zip(groups(before), groups(after), strict=True):
        changed = {
            f.name: plain(getattr(new, f.name)) for f in keys(new) if getattr(new, f.name) != getattr(old, f.name)
        }
        if changed and name:
            tables[name] = changed
        else:
            tables |= changed
    return tables


def unmasked(group: Group, tables: Tables) -> Tables:
    """Return ``tables`` with each masked value replaced by the real value from ``group``.

    A client that returns the masked settings therefore changes nothing.
    """
    return {key: _real(getattr(group, key, None), value) for key, value in tables.items()}


def lasting(settings: Settings) -> Settings:
    """Return ``settings`` with absolute paths, so that every working directory finds the files."""
    scene = settings.scene
    return replace(
        settings,
        source=whole(settings.source),
        matting=replace(settings.matting, weights=whole(settings.matting.weights)),
        scene=replace(scene, background=whole(scene.background), overlay=whole(scene.overlay)),
    )


def whole(name: str) -> str:
    """Return the absolute path if ``name`` is an existing file with a suffix; words like camera or blur stay.

    The place that follows the file of an overlay stays, too.
    """
    file, place = split(name)
    path = named(file)
    return f"{path.absolute()}{place}" if path.suffix and os.path.isfile(path) else name


def plain(value: object) -> object:
    """Return the value of a field for TOML and JSON: a tuple becomes a list."""
    return list(value) if isinstance(value, tuple) else value


def groups(settings: Settings) -> Iterator[tuple[str, Group]]:
    """Yield the tables of the tree with their names, in order. The first one, the root, has no name."""
    yield "", settings
    for f in fields(settings):
        if isinstance(group := getattr(settings, f.name), Group):
            yield f.name, group


def keys(group: Group) -> list[Field[Any]]:
    """Return the fields of one table, without its nested tables."""
    return [f for f in fields(group) if not isinstance(getattr(group, f.name), Group)]


def helps(kind: type[Any]) -> dict[str, str]:
    """Return the docstring below each field, read from the source because Python discards it."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def _value(before: object, hint: Any, value: object, key: str) -> object:
    """Convert ``value`` for a field of type ``hint`` with the current value ``before``."""
    if isinstance(before, Group):
        if isinstance(value, Mapping):
            return laid_over(before, value, key + ".")
        raise SettingsError(f"expected a table [{key}], got {key} = {shown(value)}", key=key)
    if get_origin(hint) is Literal:
        return value  # the group checks it
    if get_origin(hint) is tuple:
        if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            return tuple(value)
        cure = f'Type {key} = ["{clipped(value)}"]' if isinstance(value, str) else ""
        raise SettingsError(f"expected {key} to be a list of strings, got {shown(value)}", cure=cure, key=key)
    if hint is float and type(value) is int:
        with suppress(OverflowError):  # the range check reports it
            return float(value)
        return value
    if type(value) is not hint:
        last = key.rpartition(".")[2]
        cure = f'Type {last} = "{shown(value)}", in quotes' if hint is str and type(value) in (int, float) else ""
        raise SettingsError(f"expected {key} to be {_NAMES[hint]}, got {shown(value)}", cure=cure, key=key)
    return value


def _real(before: object, value: object) -> object:
    """Return ``before`` if ``value`` is its masked form, else ``value``."""
    if isinstance(before, Group) and isinstance(value, Mapping):
        return unmasked(before, value)
    if isinstance(before, tuple) and isinstance(value, list):
        left = list(before)
        return [_taken(left, item) if isinstance(item, str) else item for item in value]
    return before if isinstance(before, str) and value == masked(before) else value


def _taken(left: list[Any], item: str) -> Any:
    """Take the first of ``left`` whose masked form is ``item``, because two may look alike; else return ``item``."""
    for index, real in enumerate(left):
        if masked(real) == item:
            return left.pop(index)
    return item


def _near(key: str) -> str:
    """Suggest a known key: the same name in another table first, then the nearest spelling."""
    known = [f"{name}.{f.name}".lstrip(".") for name, group in groups(Settings()) for f in keys(group)]
    last = key.rpartition(".")[2]
    near = [k for k in known if k.rpartition(".")[2] == last] or difflib.get_close_matches(key, known, n=1)
    near = near or [k for k in known if difflib.get_close_matches(last, [k.rpartition(".")[2]])]
    if not near:
        return f"Known keys: {', '.join(known)}"
    table, _, name = near[0].rpartition(".")
    return f"Did you mean {name} in the table [{table}]?" if table else f"Did you mean {name}, before the first table?"


def _near_table(name: str) -> str:
    tables = [table for table, _ in groups(Settings()) if table]
    near = difflib.get_close_matches(name, tables, n=1)
    return f"Did you mean [{near[0]}]?" if near else f"Known tables: {', '.join(f'[{table}]' for table in tables)}"
