"""Presets: looks with a name, as tables of the settings file.

    [presets.meeting.scene]
    background = "blur"

Goes in: the settings and a preset's name. Comes out: settings. A preset is a whole look: in the groups that make the
look, what it does not name goes back to what the file says, so that no trace of the preset before it stays. Other
groups change only where a preset names them.
"""

import difflib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.shown import shown
from realtime.errors import SettingsError
from realtime.settings.file import PRESETS, Contents, load, parse, place, replace_document
from realtime.settings.schema import Settings
from realtime.settings.text import one_at_a_time
from realtime.settings.tree import Tables, difference, laid_over, lasting

LOOK = ("finish", "look", "scene")
"""The groups of ``Settings`` that make a look."""

LONGEST_NAME = 100
"""Characters of a preset's name."""


def contents(path: Path) -> Contents:
    """What the settings file says; the defaults and no presets where there is none.

    Raises:
        SettingsError: the file is faulty.
    """
    return load(path) if os.path.exists(path) else Contents(settings=Settings(), presets={})


def with_preset(settings: Settings, name: str, file: Contents) -> Settings:
    """``settings`` in the look of a preset.

    Raises:
        SettingsError: no preset is called so.
    """
    if (preset := file.presets.get(name)) is None:
        near = difflib.get_close_matches(name, file.presets, n=1)
        known = f"Known are: {', '.join(file.presets)}" if file.presets else "The settings file has none yet"
        raise SettingsError(f"no preset is called {shown(name)}", cure=f"Did you mean {near[0]}?" if near else known)
    return laid_over(replace(settings, **{group: getattr(file.settings, group) for group in LOOK}), preset)


class Presets:
    """The presets of one settings file, and what was edited in it.

    Args:
        path: the file; it need not exist.

    Raises:
        SettingsError: the file is faulty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = self._newest = contents(path)

    @property
    def settings(self) -> Settings:
        """What the file says, presets aside, as it was last ``taken``."""
        return self._file.settings

    @property
    def names(self) -> list[str]:
        """The names, as the file had them when it was last right."""
        return list(self._newest.presets)

    def edited(self) -> dict[str, Any]:
        """The tables with what was edited in the file, presets aside, since the last edit that was ``taken``.

        Raises:
            SettingsError: the file is faulty.
        """
        self._newest = contents(self._path)
        return difference(self._file.settings, self._newest.settings)

    def place(self, edited: Tables) -> str:
        """Where in the file that stands which ``edited`` gave: its path, and the line."""
        return place(self._path, edited)

    def taken(self) -> None:
        """What ``edited`` gave is in effect."""
        self._file = self._newest

    def onto(self, settings: Settings, name: str) -> Settings:
        """``settings`` in the look of a preset.

        Raises:
            SettingsError: no preset is called so.
        """
        return with_preset(settings, name, self._newest)

    def save(self, settings: Settings, name: str) -> None:
        """Write the look of ``settings`` into the file, in place of a preset with that name; comments stay.

        Raises:
            SettingsError: the name is empty or cannot be read, the file is faulty or cannot be written.
        """
        if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
            raise SettingsError(
                f"expected a name for the preset, got {shown(name)}",
                cure=f"Name it in at most {LONGEST_NAME} letters",
            )
        with one_at_a_time():
            file = contents(self._path)
            base = replace(settings, **{group: getattr(file.settings, group) for group in LOOK})
            preset = difference(base, lasting(settings))
            document = parse(self._path)
            document.setdefault(PRESETS, {})[name] = preset
            self._write(document, replace(file, presets={**file.presets, name: preset}))

    def delete(self, name: str) -> None:
        """Take a preset out of the file.

        Raises:
            SettingsError: no preset is called so, or the file is faulty or cannot be written.
        """
        with one_at_a_time():
            file = contents(self._path)
            with_preset(file.settings, name, file)
            document = parse(self._path)
            del document[PRESETS][name]
            if not document[PRESETS]:
                del document[PRESETS]
            others = {other: preset for other, preset in file.presets.items() if other != name}
            self._write(document, replace(file, presets=others))

    def _write(self, document: Any, wanted: Contents) -> None:
        replace_document(self._path, document, wanted)
        self._newest = wanted
