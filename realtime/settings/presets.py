"""Presets: named looks, as tables of the settings file.

    [presets.meeting.scene]
    background = "blur"

A preset is a complete look. In the groups of a look, a setting that the preset omits takes its value from the file, so
that nothing of the previous preset remains. Other groups change only if the preset names them.
"""

import difflib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.shown import shown
from realtime.errors import SettingsError
from realtime.settings.file import PRESETS, Contents, load, parse, replace_document
from realtime.settings.schema import Settings
from realtime.settings.text import one_at_a_time
from realtime.settings.tree import difference, laid_over, lasting

LOOK = ("finish", "look", "scene")
"""The groups of ``Settings`` that form a look."""

LONGEST_NAME = 100
"""Longest name of a preset, in characters."""


def contents(path: Path) -> Contents:
    """Read the settings file; if there is none, return the defaults and no presets.

    Raises:
        SettingsError: the file is invalid.
    """
    return load(path) if os.path.exists(path) else Contents(settings=Settings(), presets={})


def with_preset(settings: Settings, name: str, file: Contents) -> Settings:
    """Return ``settings`` with the look of a preset.

    Raises:
        SettingsError: there is no such preset.
    """
    if (preset := file.presets.get(name)) is None:
        near = difflib.get_close_matches(name, file.presets, n=1)
        known = f"Known presets: {', '.join(file.presets)}" if file.presets else "The settings file has no presets yet"
        raise SettingsError(f"there is no preset {shown(name)}", cure=f"Did you mean {near[0]}?" if near else known)
    return laid_over(replace(settings, **{group: getattr(file.settings, group) for group in LOOK}), preset)


class Presets:
    """The presets of one settings file, and the edits to it.

    Args:
        path: the file; it need not exist.

    Attributes:
        file: its contents as of the last call of ``taken``.

    Raises:
        SettingsError: the file is invalid.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.file = self._newest = contents(path)

    @property
    def names(self) -> list[str]:
        """The names, from the last valid version of the file."""
        return list(self._newest.presets)

    def edited(self) -> dict[str, Any]:
        """Return the settings that were edited in the file since the last call of ``taken``, without presets.

        Raises:
            SettingsError: the file is invalid.
        """
        self._newest = contents(self._path)
        return difference(self.file.settings, self._newest.settings)

    def taken(self) -> None:
        """Record that the edits from ``edited`` are in effect."""
        self.file = self._newest

    def onto(self, settings: Settings, name: str) -> Settings:
        """Return ``settings`` with the look of a preset.

        Raises:
            SettingsError: there is no such preset.
        """
        return with_preset(settings, name, self._newest)

    def in_effect(self, settings: Settings) -> str:
        """Return the name of the first preset that would change nothing in ``settings``; empty if there is none."""
        return next((name for name in self._newest.presets if self.onto(settings, name) == settings), "")

    def save(self, settings: Settings, name: str) -> None:
        """Write the look of ``settings`` into the file; replace a preset of that name. Comments stay.

        Raises:
            SettingsError: the name is empty, too long or not printable, or the file is invalid or not writable.
        """
        if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
            raise SettingsError(
                f"expected a name for the preset, got {shown(name)}",
                cure=f"Use 1 to {LONGEST_NAME} printable characters",
            )
        with one_at_a_time():
            file = contents(self._path)
            base = replace(settings, **{group: getattr(file.settings, group) for group in LOOK})
            preset = difference(base, lasting(settings))
            document = parse(self._path)
            document.setdefault(PRESETS, {})[name] = preset
            self._write(document, replace(file, presets={**file.presets, name: preset}))

    def delete(self, name: str) -> None:
        """Delete a preset from the file.

        Raises:
            SettingsError: there is no such preset, or the file is invalid or not writable.
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
