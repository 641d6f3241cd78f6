"""``settings.toml``: goes in a file, comes out ``Settings``, and back again with the user's comments kept.

Top-level keys are the plain fields of ``Settings``, tables are its groups. A key that is unknown is an error that names
the nearest one, a wrong type is an error too; a key that is absent has its default.
"""

import ast
import difflib
import inspect
import os
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import Field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from realtime.errors import SettingsError
from realtime.settings import Group, Settings

_G = TypeVar("_G", bound=Group)


def read(path: Path) -> Settings:
    """The settings in ``path``, over the defaults.

    Raises:
        SettingsError: no such file, no TOML, an unknown key, a wrong type or a value out of range.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        cure = f"Make one with: greenless settings > {path}" if missing else "Name a file that you may read"
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}", cure=cure) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is no valid TOML: {error}", cure="Mend that line, or move the file away"
        ) from error
    try:
        return _group(Settings, table, "")
    except SettingsError as error:
        raise SettingsError(f"{path}: {error.what}", cure=error.cure) from error


def write(path: Path, settings: Settings) -> None:
    """Write ``settings``: a new file holds every key with its help, an old one keeps its comments and its other lines.

    Raises:
        SettingsError: the file there is no TOML, or the folder cannot be written.
    """
    text = _updated(path, settings) if path.exists() else render(settings)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise SettingsError(f"cannot write the settings file {path}: {error.strerror}") from error


def render(settings: Settings) -> str:
    """A whole settings file: every key under its help; those that have their default are commented out."""
    lines = ["# Settings of greenless. The command line goes before this file, this file before the defaults.", ""]
    for name, group in _groups(settings):
        if name:
            lines += [*_comment(inspect.getdoc(type(group)) or ""), f"[{name}]", ""]
        helps = _helps(type(group))
        for f in _keys(group):
            value = getattr(group, f.name)
            unset = "# " if value == f.default else ""
            lines += [*_comment(helps[f.name] + _bounds(f)), f"{unset}{f.name} = {_toml(value)}", ""]
    return "\n".join(lines)


def _updated(path: Path, settings: Settings) -> str:
    import tomlkit  # only here: the comments of a user's file are worth its weight, the start of a run is not

    before = read(path)
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    for (name, group), (_, old) in zip(_groups(settings), _groups(before), strict=True):
        table: Any = document.setdefault(name, tomlkit.table()) if name and group != old else document
        for f in _keys(group):
            if (value := getattr(group, f.name)) != getattr(old, f.name):
                table[f.name] = list(value) if isinstance(value, tuple) else value
    return tomlkit.dumps(document)


def _group(kind: type[_G], table: Mapping[str, object], prefix: str) -> _G:
    hints = get_type_hints(kind)
    for key, value in table.items():
        if key not in hints:
            what = f"unknown table [{key}]" if isinstance(value, dict) else f"unknown key {prefix}{key}"
            raise SettingsError(what, cure=_near_table(key) if isinstance(value, dict) else _near(prefix + key))
    return kind(**{key: _value(hints[key], value, prefix + key) for key, value in table.items()})


def _value(hint: Any, value: object, key: str) -> object:
    """``value`` as a field of type ``hint`` wants it."""
    if isinstance(hint, type) and issubclass(hint, Group):
        if isinstance(value, dict):
            return _group(hint, value, key + ".")
        raise SettingsError(f"expected a table [{key}], got {key} = {value!r}")
    if get_origin(hint) is Literal:
        if value in get_args(hint):
            return value
        raise SettingsError(f"expected {key} to be one of {', '.join(get_args(hint))}, got {value!r}")
    if get_origin(hint) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        cure = f"Type {key} = [{_toml(value)}]" if isinstance(value, str) else ""
        raise SettingsError(f"expected {key} to be a list of strings, got {value!r}", cure=cure)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        last = key.rpartition(".")[2]
        cure = f'Type {last} = "{value}", in quotes' if hint is str and type(value) in (int, float) else ""
        raise SettingsError(f"expected {key} to be {_NAMES[hint]}, got {value!r}", cure=cure)
    return value


_NAMES: dict[Any, str] = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def _near(key: str) -> str:
    """Which known key was probably meant: right name in the wrong table first, then the nearest spelling."""
    known = [f"{name}.{f.name}".lstrip(".") for name, group in _groups(Settings()) for f in _keys(group)]
    last = key.rpartition(".")[2]
    near = [k for k in known if k.rpartition(".")[2] == last] or difflib.get_close_matches(key, known, n=1)
    near = near or [k for k in known if difflib.get_close_matches(last, [k.rpartition(".")[2]])]
    if not near:
        return f"Known are: {', '.join(known)}"
    table, _, name = near[0].rpartition(".")
    return f"Did you mean {name} in the table [{table}]?" if table else f"Did you mean {name}, before the first table?"


def _near_table(name: str) -> str:
    tables = [table for table, _ in _groups(Settings()) if table]
    near = difflib.get_close_matches(name, tables, n=1)
    return f"Did you mean [{near[0]}]?" if near else f"Known are: {', '.join(f'[{table}]' for table in tables)}"


def _groups(settings: Settings) -> Iterator[tuple[str, Group]]:
    """The tables of the file, in the order of the tree; first the nameless one."""
    yield "", settings
    for f in fields(settings):
        if isinstance(group := getattr(settings, f.name), Group):
            yield f.name, group


def _keys(group: Group) -> list[Field[Any]]:
    return [f for f in fields(group) if not isinstance(getattr(group, f.name), Group)]


def _helps(kind: type[Group]) -> dict[str, str]:
    """The docstring under each field; Python does not keep them, so they are read from the source."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def _bounds(f: Field[Any]) -> str:
    low, high = f.metadata.get("range", (None, None))
    return "" if low is None else f" From {low} to {high}."


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, width=98)]


def _toml(value: object) -> str:
    import tomlkit

    return tomlkit.item(list(value) if isinstance(value, tuple) else value).as_string()
