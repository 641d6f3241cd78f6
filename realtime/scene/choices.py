"""The backgrounds that are at hand: those of greenless and the user's own files."""

import os

from models.home import entries
from realtime.settings import paths
from realtime.settings.values import is_text

USUAL = ("blur", "#00b140", "#2b3a42", "#e8e4dc")
"""Never ``none``: that is the room."""


def is_room(name: str) -> bool:
    """Whether the background called so is the camera's own room, as it is or blurred."""
    return name.partition(":")[0] in ("none", "blur", "lens")


def own() -> list[str]:
    """The user's own backgrounds: the paths of the files in their folder whose names a setting takes, sorted."""
    return [str(path) for path in entries(paths.backgrounds_folder()) if os.path.isfile(path) and is_text(str(path))]


def backgrounds(first: str = "blur") -> list[str]:
    """What the key for the next background goes through, each once; ``first`` at the head unless it is the room."""
    return list(dict.fromkeys([*([first] if first != "none" else []), *USUAL, *own()]))


class Cycle:
    """Goes through the backgrounds, one after the other, and round again.

    Args:
        first: one that is gone through, too.
    """

    def __init__(self, first: str) -> None:
        self._first = first
        self._passed = ("", "")

    def next(self, shown: str) -> str:
        """The one after ``shown``, or after those behind it that were ``passed``."""
        names = backgrounds(self._first)
        if shown != self._passed[0]:
            self._passed = (shown, shown)
        after = self._passed[1]
        return names[(names.index(after) + 1) % len(names) if after in names else 0]

    def passed(self, shown: str, offered: str) -> None:
        """Pass over ``offered``, which cannot be opened, as long as ``shown`` is what is shown."""
        self._passed = (shown, offered)
