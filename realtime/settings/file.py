"""Reads ``settings.toml`` into ``Settings`` and presets, and writes changes back. The user's comments stay.

Top-level keys are the plain fields of ``Settings``; tables are its groups. An absent key has its default. The tables
under ``[presets.NAME]`` have the same form, see ``presets``. An error names the line.
"""

import inspect
import os
import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import Field, dataclass, replace
from pathlib import Path
from typing import Any

from realtime.errors import SettingsError
from realtime.settings.schema import Settings
from realtime.settings.text import one_at_a_time, read_text, replace_text
from realtime.settings.tree import Tables, difference, groups, helps, keys, laid_over, plain

PRESETS = "presets"
"""The table of the presets."""

_DEEP_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){64}""")
"""A key nested this deeply. No setting has one, and tomllib needs minutes for 100,000 levels."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The contents of a settings file."""

    settings: Settings
    """Its settings, merged over the defaults."""

    presets: Mapping[str, Tables]
    """Its presets by name, checked."""


def load(path: Path) -> Contents:
    """Read the settings in ``path``, merged over the defaults, and its presets.

    Raises:
        SettingsError: the file is missing or not TOML, or the settings or a preset have an unknown key, a wrong type or
            a value out of range.
    """
    return _contents(path, read_text(path))


def _contents(path: Path, text: str) -> Contents:
    """Parse ``text``, which ``path`` contains or will contain."""
    with _toml_errors(path):
        if _DEEP_KEY.search(text):
            raise RecursionError
        tables = tomllib.loads(text)
    try:
        presets = _presets(tables.pop(PRESETS, {}))
        settings = laid_over(Settings(), tables)
        for name, preset in presets.items():
            laid_over(settings, preset, f"{PRESETS}.{name}.")  # checks it
    except SettingsError as error:
        at = _line(text, error.key)
        where = f"{path}, line {at}" if at else f"{path}"
        raise SettingsError(f"{where}: {error.what}", cure=error.cure, key=error.key) from error
    return Contents(settings=settings, presets=presets)


def place(path: Path, tables: Tables) -> str:
    """Return the path of the file and the line, or the possible lines, that set ``tables``."""
    try:
        text = read_text(path)
    except SettingsError:  # deleted in the meantime
        return str(path)
    lines = sorted(filter(None, (_line(text, key) for key in _dotted(tables))))
    return f"{path}, line {' or '.join(map(str, lines))}" if lines else str(path)


def write(path: Path, settings: Settings) -> None:
    """Write ``settings``. A new file lists every key with its help; an existing one keeps its comments and other lines.

    Raises:
        SettingsError: the existing file is not TOML, or the folder is not writable.
    """
    with one_at_a_time():
        if not os.path.exists(path):
            replace_text(path, render(settings))
            return
        file = load(path)
        if changes := difference(file.settings, settings):
            document = parse(path)
            for name, value in changes.items():
                if isinstance(value, dict):
                    document.setdefault(name, {}).update(value)
                else:
                    document[name] = value
            replace_document(path, document, replace(file, settings=settings))


def parse(path: Path) -> Any:
    """Parse the file into a tomlkit document, which preserves comments.

    Raises:
        SettingsError: the file is unreadable or not TOML.
    """
    import tomlkit  # only here, because the start of a run does not need it

    text = read_text(path) if os.path.exists(path) else ""
    with _toml_errors(path):
        return tomlkit.parse(text if text.endswith("\n") else text + "\n")


def replace_document(path: Path, document: Any, wanted: Contents) -> None:
    """Write an edited document, if it reads back as ``wanted``: tomlkit breaks some files that people write by hand.

    Raises:
        SettingsError: it does not, or the file is not writable.
    """
    text = document.as_string()
    try:
        right = _contents(path, text) == wanted
    except SettingsError:
        right = False
    if not right:
        raise SettingsError(
            f"cannot change {path}: this change would break its layout",
            cure='Write each preset as tables: [presets.meeting.scene], and below it background = "blur"',
        )
    replace_text(path, text)


def render(settings: Settings) -> str:
    """Return a complete settings file: every key below its help. Keys with their default are commented out."""
    import tomlkit  # only here, because the start of a run does not need it

    lines = ["# Settings of greenless. Command-line flags override this file; this file overrides the defaults.", ""]
    for name, group in groups(settings):
        if name:
            lines += [*_comment(inspect.getdoc(type(group)) or ""), f"[{name}]", ""]
        texts = helps(type(group))
        for f in keys(group):
            value = getattr(group, f.name)
            unset = "# " if value == f.default else ""
            setting = f"{unset}{f.name} = {tomlkit.item(plain(value)).as_string()}"
            lines += [*_comment(texts[f.name] + _bounds(f)), setting, ""]
    return "\n".join(lines)


@contextmanager
def _toml_errors(path: Path) -> Iterator[None]:
    """Convert parser exceptions into an error for the user."""
    try:
        yield
    except (ValueError, RecursionError) as error:  # also for integers of thousands of digits and nested lists
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise SettingsError(f"{path} is not valid TOML: {why}", cure="Fix that line, or move the file away") from error


def _presets(table: object) -> Mapping[str, Tables]:
    if isinstance(table, dict) and all(isinstance(preset, dict) for preset in table.values()):
        return table
    raise SettingsError(
        "expected [presets.NAME.TABLE]",
        cure='Type [presets.meeting.scene], and below it background = "blur"',
        key=PRESETS,
    )


def _line(text: str, key: str) -> int:
    """Return the line of ``text`` that sets the dotted ``key``, counted from 1; 0 if none does."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            found = table = _bare(header[1])
        elif assignment := re.match(r"\s*([\w.\"'\s-]+?)\s*=", line):
            found = f"{table}.{_bare(assignment[1])}".lstrip(".")
        else:
            continue
        if key and found == key:
            return number
    return 0


def _dotted(tables: Tables, prefix: str = "") -> Iterator[str]:
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def _bare(dotted: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in dotted.split("."))


def _bounds(f: Field[Any]) -> str:
    low, high = f.metadata.get("range", (None, None))
    return "" if low is None else f" From {low} to {high}."


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, width=98)]
