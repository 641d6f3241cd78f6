"""The backgrounds that can be chosen: those of greenless and the user's own files."""

import os
from pathlib import Path

from models.home import entries
from realtime.media.image_formats import PICTURE_SUFFIXES
from realtime.settings import paths
from realtime.settings.values import is_text

USUAL = ("blur", "#00b140", "#2b3a42", "#e8e4dc")
"""Never ``none``, which shows the room."""

CLIP_SUFFIXES = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})
"""Suffixes, in lower case, of files in that folder that are clips."""


def is_room(name: str) -> bool:
    """Whether the background of that name shows the room, as it is or blurred."""
    return name.partition(":")[0] in ("none", "blur", "lens")


def files(folder: Path) -> list[Path]:
    """The user's own backgrounds: images and clips in ``folder``, by name.

    Hidden files are left out, and names that no setting can hold.
    """
    suffixes = PICTURE_SUFFIXES | CLIP_SUFFIXES
    return [
        path
        for path in entries(folder)
        if path.suffix.lower() in suffixes
        and not path.name.startswith(".")
        and is_text(str(path))
        and os.path.isfile(path)
    ]


def backgrounds(first: str = "blur") -> list[str]:
    """What the key for the next background cycles through, each once; ``first`` leads unless it is ``none``."""
    own = map(str, files(paths.backgrounds_folder()))
    return list(dict.fromkeys([*([first] if first != "none" else []), *USUAL, *own]))


class Cycle:
    """Cycles through the backgrounds.

    Args:
        first: a background that leads the list, see ``backgrounds``.
    """

    def __init__(self, first: str) -> None:
        self._first = first
        self._passed = ("", "")

    def next(self, shown: str) -> str:
        """The background after ``shown``, without those that were ``passed``."""
        names = backgrounds(self._first)
        if shown != self._passed[0]:
            self._passed = (shown, shown)
        after = self._passed[1]
        return names[(names.index(after) + 1) % len(names) if after in names else 0]

    def passed(self, shown: str, offered: str) -> None:
        """Skip ``offered``, which cannot be opened, until another background than ``shown`` is shown."""
        self._passed = (shown, offered)
