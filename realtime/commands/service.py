"""``greenless service``: the unit by which systemd runs greenless from login to logout, the camera off until needed."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from realtime.commands.common import Common, say
from realtime.errors import SettingsError

UNIT = """\
# greenless from login to logout: the virtual camera is always there, the camera is open only while a program shows it.
# What background, which camera: greenless settings --write. What it says: journalctl --user --unit greenless
[Unit]
Description=greenless: your own background in any call

[Service]
ExecStart={command} run --on-demand --sink virtual-camera
Restart=on-failure
RestartSec=5

[Install]
WantedBy=default.target
"""

INSTALL = """\
Install it, and start it now and at every login:
  mkdir -p ~/.config/systemd/user
  greenless service > ~/.config/systemd/user/greenless.service
  systemctl --user enable --now greenless"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Print a systemd user unit that runs greenless in the background, with your settings file (Linux).

    The virtual camera is there all day; the camera opens, and its light goes on, only while a program shows it.

    mkdir -p ~/.config/systemd/user

    greenless service > ~/.config/systemd/user/greenless.service

    systemctl --user enable --now greenless
    """

    common: Common = Common()


def main(options: Options) -> int:
    """Print the unit on standard output, and how to install it where somebody reads along.

    Raises:
        SettingsError: this system has no systemd.
    """
    if sys.platform != "linux":
        raise SettingsError(
            "systemd is Linux' alone", cure="Start greenless at login by the system's own settings: greenless run"
        )
    print(UNIT.format(command=command(Path(sys.argv[0]))), end="")
    if sys.stdout.isatty():
        say(INSTALL)
    return 0


def command(program: Path) -> str:
    """How systemd starts greenless, by whole paths, quoted as it wants them.

    Args:
        program: what this process was started by, ``sys.argv[0]``.
    """
    if program.name != "__main__.py":
        return _quoted(os.path.abspath(program))  # not what a link leads to: uv tool and pipx move that
    words = ("/usr/bin/env", f"PYTHONPATH={program.resolve().parents[1]}", sys.executable, "-m", "realtime")
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """By the rules of systemd.service(5)."""
    escaped = re.sub(r'(["\\])', r"\\\1", word).replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[^\w/.=%$:@+-]", escaped) else escaped
