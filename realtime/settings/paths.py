"""The paths of the user's files, by the rules of ``models.home``. These functions create no folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs

from models.home import cache_folder, home, of_system, refusal
from realtime.errors import GreenlessError

CURE = "Set the environment variable GREENLESS_HOME to a writable folder"
"""The cure if greenless cannot write its files."""


def settings_file() -> Path:
    """``settings.toml``, which every start reads if it exists."""
    return (home() or of_system(platformdirs.user_config_path)) / "settings.toml"


def backgrounds_folder() -> Path:
    """The folder of the user's own backgrounds: images, videos, GIFs."""
    return (home() or of_system(platformdirs.user_data_path)) / "backgrounds"


def control_file() -> Path:
    """The file with the token that controls this user's runs."""
    return _state() / "control.json"


def server_token_file() -> Path:
    """The file with the token of the matting server: its own on the server, a copy on each client."""
    return (home() or of_system(platformdirs.user_config_path)) / "server-token"


def instances_folder() -> Path:
    """The folder in which each running instance lists the devices that it holds, and its server."""
    return _state() / "running"


def app_lock() -> Path:
    """The file that the one ``greenless app`` of this user locks."""
    return _state() / "app.lock"


def unfinished_folder() -> Path:
    """The folder with a note for each recording in progress, so that the next start can name unfinished ones."""
    return _state() / "unfinished"


def unwritable() -> Iterator[str]:
    """Yield a line for each reason why greenless cannot write its files; nothing if it can write them all."""
    folders = {
        "settings": settings_file().parent,
        "backgrounds": backgrounds_folder(),
        "the cache for faster starts": cache_folder(),
    }
    reasons: dict[str, list[str]] = {}
    for what, folder in folders.items():
        if reason := refusal(folder):
            reasons.setdefault(reason, []).append(what)
    for reason, things in reasons.items():
        yield f"cannot write {', '.join(things)}: {reason}"


def failed_write(kind: type[GreenlessError], *, what: str = "", cure: str) -> Callable[[Path, OSError], GreenlessError]:
    """Return what words a failed write for the user, as ``models.files.replacing`` takes it.

    Args:
        kind: the class of the error.
        what: what the file is, before its path, with a space: ``"the token file "``.
        cure: what to do.
    """
    return lambda path, error: kind(f"cannot write {what}{path}: {error.strerror or error}", cure=cure)


def _state() -> Path:
    return home() or of_system(platformdirs.user_state_path)
