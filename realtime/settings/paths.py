"""Where the application keeps what is the user's, by the rules of ``models.home``. No folder is made by asking."""

from collections.abc import Iterator
from pathlib import Path

import platformdirs

from models.home import cache_folder, home, of_system, refusal

CURE = "Name a folder that you may write in the environment variable GREENLESS_HOME"
"""What to do where nothing can be kept."""


def settings_file() -> Path:
    """The settings that every start reads when they exist: ``settings.toml``."""
    return (home() or of_system(platformdirs.user_config_path)) / "settings.toml"


def backgrounds_folder() -> Path:
    """The user's own backgrounds: pictures, videos, GIFs."""
    return (home() or of_system(platformdirs.user_data_path)) / "backgrounds"


def control_file() -> Path:
    """Where a running greenless leaves its address, and the token that controls it."""
    return _state() / "control.json"


def instances_folder() -> Path:
    """Where each greenless that runs tells what it holds."""
    return _state() / "running"


def unfinished_folder() -> Path:
    """Where each recording that is being written is noted, so that the next start can name what a killed one left."""
    return _state() / "unfinished"


def unkept() -> Iterator[str]:
    """What cannot be kept here, a line for each reason; nothing where all can be kept."""
    folders = {
        "settings": settings_file().parent,
        "backgrounds": backgrounds_folder(),
        "what makes the next start faster": cache_folder(),
    }
    reasons: dict[str, list[str]] = {}
    for what, folder in folders.items():
        if reason := refusal(folder):
            reasons.setdefault(reason, []).append(what)
    for reason, things in reasons.items():
        yield f"cannot keep {', '.join(things)}: {reason}"


def _state() -> Path:
    return home() or of_system(platformdirs.user_state_path)
