"""Presets: looks with a name, as tables of the settings file.

    [presets.meeting.scene]
    background = "blur"

Goes in: the settings and a preset's tables. Comes out: settings. A preset is a whole look: in the groups that make the
look, what it does not name goes back to what the file says, so that no trace of the preset before it stays. Other
groups change only where a preset names them.
"""

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from realtime.errors import SettingsError
from realtime.settings import Settings
from realtime.settings_file import PRESETS, Contents, load, parse, replace_text
from realtime.settings_tree import Tables, difference, laid_over

LOOK = ("finish", "look", "scene")
"""The groups of ``Settings`` that make a look."""


def contents(path: Path) -> Contents:
    """What the settings file says; the defaults and no presets where there is none.

    Raises:
        SettingsError: the file is faulty.
    """
    return load(path) if path.exists() else Contents(settings=Settings(), presets={})


def with_preset(settings: Settings, name: str, file: Contents) -> Settings:
    """``settings`` in the look of a preset.

    Raises:
        SettingsError: no preset is called so.
    """
    if (preset := file.presets.get(name)) is None:
        near = difflib.get_close_matches(name, file.presets, n=1)
        known = f"Known are: {', '.join(file.presets)}" if file.presets else "The settings file has none yet"
        raise SettingsError(f"no preset is called {name!r}", cure=f"Did you mean {near[0]}?" if near else known)
    return laid_over(replace(settings, **{group: getattr(file.settings, group) for group in LOOK}), preset)


def preset_of(settings: Settings, file: Contents) -> dict[str, Any]:
    """The tables of a preset that brings this look back: what differs from the file's own."""
    base = replace(settings, **{group: getattr(file.settings, group) for group in LOOK})
    return difference(base, settings)


def save(path: Path, name: str, tables: Tables) -> None:
    """Write a preset into the settings file, in place of one with the same name; comments stay.

    Raises:
        SettingsError: the name is empty, the file is faulty or cannot be written.
    """
    if not name.strip():
        raise SettingsError("expected a name for the preset, got an empty one")
    contents(path)  # a faulty file is not touched
    document = parse(path)
    document.setdefault(PRESETS, {})[name] = _unwrapped(tables)
    replace_text(path, document.as_string())


def delete(path: Path, name: str) -> None:
    """Take a preset out of the settings file.

    Raises:
        SettingsError: no preset is called so, or the file is faulty or cannot be written.
    """
    file = contents(path)
    with_preset(file.settings, name, file)
    document = parse(path)
    del document[PRESETS][name]
    if not document[PRESETS]:
        del document[PRESETS]
    replace_text(path, document.as_string())


def _unwrapped(tables: Tables) -> dict[str, Any]:
    return {key: _unwrapped(value) if isinstance(value, Mapping) else value for key, value in tables.items()}
