"""Where the application keeps what is the user's: goes in nothing, come out paths; no folder is made by asking for it.

``GREENLESS_HOME`` puts everything under one folder; otherwise each thing stands where its operating system wants it.
"""

import os
from pathlib import Path

import platformdirs

_APP = "greenless"


def settings_file() -> Path:
    """The settings that every start reads when they exist: ``settings.toml``."""
    return (_home() or platformdirs.user_config_path(_APP, appauthor=False)) / "settings.toml"


def backgrounds_folder() -> Path:
    """The user's own backgrounds: pictures, videos, GIFs."""
    return (_home() or platformdirs.user_data_path(_APP, appauthor=False)) / "backgrounds"


def control_file() -> Path:
    """Where a running greenless leaves its address, and the token that controls it."""
    return (_home() or platformdirs.user_state_path(_APP, appauthor=False)) / "control.json"


def instances_folder() -> Path:
    """Where each greenless that runs tells what it holds."""
    return (_home() or platformdirs.user_state_path(_APP, appauthor=False)) / "running"


def unfinished_folder() -> Path:
    """Where each recording that is being written is noted, so that the next start can name what a killed one left."""
    return (_home() or platformdirs.user_state_path(_APP, appauthor=False)) / "unfinished"


def _home() -> Path | None:
    return Path(home).expanduser() if (home := os.environ.get("GREENLESS_HOME")) else None
