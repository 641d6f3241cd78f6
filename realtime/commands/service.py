"""``greenless service``: prints a systemd unit that runs greenless from login to logout, the camera off until used."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from realtime.commands.common import Common, say
from realtime.errors import SettingsError

UNIT = """\
# greenless from login to logout: the virtual camera always exists; the camera is open only while a program uses it.
# Change background or camera: greenless settings --write. Read the log: journalctl --user --unit greenless
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
To install it, and start it now and at every login:
  mkdir -p ~/.config/systemd/user
  greenless service > ~/.config/systemd/user/greenless.service
  systemctl --user enable --now greenless"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Print a systemd user unit that runs greenless in the background, with your settings file (Linux).

    The virtual camera always exists. The camera opens, and its light turns on, only while a program uses it.

    mkdir -p ~/.config/systemd/user

    greenless service > ~/.config/systemd/user/greenless.service

    systemctl --user enable --now greenless
    """

    common: Common = Common()


def main(options: Options) -> int:
    """Print the unit on standard output; on a terminal, also print how to install it.

    Raises:
        SettingsError: this system has no systemd.
    """
    if sys.platform != "linux":
        raise SettingsError(
            "systemd is available only on Linux",
            cure="Add this command to the programs that your system starts at login: greenless run",
        )
    print(UNIT.format(command=command(Path(sys.argv[0]))), end="")
    if sys.stdout.isatty():
        say(INSTALL)
    return 0


def command(program: Path) -> str:
    """Return the command with which systemd starts greenless: absolute paths, quoted for systemd.

    Args:
        program: ``sys.argv[0]`` of this process.
    """
    if getattr(sys, "frozen", False):  # a bundle: ``sys.argv`` has the word that was typed
        return _quoted(sys.executable)
    if program.name != "__main__.py":
        return _quoted(os.path.abspath(program))  # keep the symbolic link: uv tool and pipx move its target
    words = ("/usr/bin/env", f"PYTHONPATH={program.resolve().parents[1]}", sys.executable, "-m", "realtime")
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """Quote a word by the rules of systemd.service(5)."""
    escaped = re.sub(r'(["\\])', r"\\\1", word).replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[^\w/.=%$:@+-]", escaped) else escaped
