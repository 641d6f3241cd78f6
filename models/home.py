"""The folders of the user's files, and the fallback if no folder is writable.

``GREENLESS_HOME`` puts everything under one folder; otherwise the operating system decides. These functions only name
folders; ``made`` creates one. ``NOWHERE`` replaces a home that does not exist (``~nosuchuser``, or no home at all): it
has no files, and writing fails as on a read-only disk.
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
"""A folder that nobody can create or write, not even the administrator."""


def home() -> Path | None:
    """Return the folder in ``GREENLESS_HOME``; None if it names none."""
    return found(Path(named)) if (named := os.environ.get("GREENLESS_HOME")) else None


def found(path: Path) -> Path:
    """Expand ``~`` in ``path``; the result is in ``NOWHERE`` if there is no such user or no home."""
    expanded = os.path.expanduser(path)
    return NOWHERE / path if expanded.startswith("~") else Path(expanded)


def of_system(folder: Callable[..., Path]) -> Path:
    """Return the folder from a function of ``platformdirs``; it is in ``NOWHERE`` if there is no home.

    Args:
        folder: ``platformdirs.user_cache_path`` or one of its siblings.
    """
    try:
        return found(folder("greenless", appauthor=False))
    except RuntimeError:  # this user has no home
        return NOWHERE / "~"


def cache_folder() -> Path:
    """Return the folder of downloaded, imported and exported weights, in ``$GREENLESS_HOME`` or the user's cache."""
    return (home() or of_system(platformdirs.user_cache_path)) / "weights"


def refusal(folder: Path) -> str:
    """Return why ``folder`` is not writable; empty if it is, or could be created. Creates nothing."""
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
    """Create ``folder`` if it is missing, and return it; None if it is not writable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def entries(folder: Path) -> list[Path]:
    """Return the entries of ``folder``, sorted by name; none if it is missing or not readable."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


@functools.cache
def scratch() -> Path:
    """Return a temporary folder of this process; ``tidy`` or the end of Python removes it.

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
