"""Where greenless keeps what is the user's, and what becomes of it where nothing can be kept.

``GREENLESS_HOME`` puts everything under one folder; otherwise each thing stands where its operating system wants it. No
folder is made by asking for it. A home that names no folder (``~nosuchuser``, or no home at all) is ``NOWHERE``: no
file is found there, and writing fails as it does on a read-only disk.
"""

import atexit
import functools
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

NOWHERE = Path(os.devnull)
"""A folder that nobody can make or write, not even the administrator."""


def home() -> Path | None:
    """The folder that ``GREENLESS_HOME`` names; None if it names none."""
    return found(Path(named)) if (named := os.environ.get("GREENLESS_HOME")) else None


def found(path: Path) -> Path:
    """``path`` with its ``~`` resolved; in ``NOWHERE`` if there is no such user or no home."""
    expanded = os.path.expanduser(path)
    return NOWHERE / path if expanded.startswith("~") else Path(expanded)


def of_system(folder: Callable[..., Path]) -> Path:
    """What a function of ``platformdirs`` gives for greenless; in ``NOWHERE`` if there is no home.

    Args:
        folder: ``platformdirs.user_cache_path`` or one of its siblings.
    """
    try:
        return found(folder("greenless", appauthor=False))
    except RuntimeError:  # this user has no home
        return NOWHERE / "~"


def cache_folder() -> Path:
    """Return the folder of fetched, imported and exported weights: ``$GREENLESS_HOME/weights`` or the user's cache."""
    return (home() or of_system(platformdirs.user_cache_path)) / "weights"


def refusal(folder: Path) -> str:
    """Why nothing can be kept in ``folder``; empty if it can. Makes nothing: a missing folder could be made."""
    if folder.is_relative_to(NOWHERE) and (named := folder.parts[len(NOWHERE.parts) :]) and named[0].startswith("~"):
        return "this user has no home" if named[0] == "~" else f"there is no user {named[0][1:]}"
    above = Path(folder.absolute().anchor)
    for place in (*reversed(folder.absolute().parents), folder.absolute()):
        try:
            mode = place.stat().st_mode
        except (FileNotFoundError, PermissionError):
            break
        except OSError as error:
            return f"{place}: {error.strerror}"
        if not stat.S_ISDIR(mode):
            return f"{place} is not a folder"
        above = place
    return "" if os.access(above, os.W_OK | os.X_OK) else f"{above} is not writable"


def made(folder: Path) -> Path | None:
    """``folder``, made if it was missing; None if nothing can be kept there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def entries(folder: Path) -> list[Path]:
    """What is in ``folder``, by name; nothing if it is missing or may not be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


@functools.cache
def scratch() -> Path:
    """A folder for files that this process needs and cannot keep; it goes when ``tidy`` is called, or Python ends.

    Raises:
        OSError: no folder for temporary files is writable.
    """
    atexit.register(tidy)
    return Path(tempfile.mkdtemp(prefix="greenless-"))


def tidy() -> None:
    """Remove the ``scratch`` folder if there is one."""
    if scratch.cache_info().currsize:
        shutil.rmtree(scratch(), ignore_errors=True)
        scratch.cache_clear()
