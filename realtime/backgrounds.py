"""The backgrounds that are at hand: those of greenless and the user's own files."""

from realtime import paths

USUAL = ("blur", "#00b140", "#2b3a42", "#e8e4dc")
"""Never ``none``: that is the room."""


def is_room(name: str) -> bool:
    """Whether the background called so is the camera's own room, as it is or blurred."""
    return name.partition(":")[0] in ("none", "blur", "lens")


def own() -> list[str]:
    """The user's own backgrounds: the paths of the files in their folder, sorted."""
    return [str(path) for path in sorted(paths.backgrounds_folder().glob("*")) if path.is_file()]


def backgrounds(first: str = "blur") -> list[str]:
    """What the key for the next background goes through, each once; ``first`` at the head unless it is the room."""
    return list(dict.fromkeys([*([first] if first != "none" else []), *USUAL, *own()]))


class Cycle:
    """Goes through the backgrounds, one after the other, and round again.

    Args:
        first: the one to begin after.
    """

    def __init__(self, first: str) -> None:
        self._first = self._offered = first

    def next(self) -> str:
        """The one after the last; one that cannot be opened is passed over by asking again."""
        names = backgrounds(self._first)
        at = names.index(self._offered) if self._offered in names else -1
        self._offered = names[(at + 1) % len(names)]
        return self._offered
