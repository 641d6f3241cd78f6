"""``greenless service``: prints a systemd unit that runs greenless from login to logout, the camera off until used.

With ``--desktop`` it writes the entry of ``greenless app`` for the applications menu.
"""

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

    With --desktop, greenless gets an entry in the applications menu instead, which starts greenless app.
    """

    desktop: bool = False
    """Write the entry for the applications menu, and its icon, into your folders."""

    at_login: bool = False
    """With --desktop: also start greenless app at each login."""

    remove: bool = False
    """With --desktop: remove the entry, the icon and the start at login."""

    common: Common = Common()


def main(options: Options) -> int:
    """Print the unit on standard output; on a terminal, also print how to install it. Or write the desktop entry.

    Raises:
        SettingsError: this system has neither, or the entry is not writable.
    """
    if (options.at_login or options.remove) and not options.desktop:
        flag = "--at-login" if options.at_login else "--remove"
        raise SettingsError(f"{flag} needs --desktop", cure=f"Type: greenless service --desktop {flag}")
    if sys.platform != "linux":
        raise SettingsError(
            "systemd and desktop entries are available only on Linux",
            cure="Add this command to the programs that your system starts at login: greenless app",
        )
    if options.desktop:
        return _desktop(options)
    print(UNIT.format(command=command(Path(sys.argv[0]))), end="")
    if sys.stdout.isatty():
        say(INSTALL)
    return 0


def _desktop(options: Options) -> int:
    """Write or remove the desktop entry."""
    from realtime.tray import desktop_entry  # late: it brings Pillow

    if options.remove:
        paths = desktop_entry.remove()
        say(f"removed {len(paths)} files" if paths else "there was no entry to remove")
        return 0
    paths = desktop_entry.install(words(Path(sys.argv[0])), at_login=options.at_login)
    for path in paths:
        print(path)
    say("greenless is in the applications menu now. To remove it: greenless service --desktop --remove")
    return 0


def command(program: Path) -> str:
    """Return the command with which systemd starts greenless, quoted for systemd.

    Args:
        program: ``sys.argv[0]`` of this process.
    """
    return " ".join(map(_quoted, words(program)))


def words(program: Path) -> list[str]:
    """Return the command that starts this greenless from anywhere: absolute paths.

    Args:
        program: ``sys.argv[0]`` of this process.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable]  # it brings its own Python, and may have been found by PATH
    if program.name != "__main__.py":
        return [os.path.abspath(program)]  # keep the symbolic link: uv tool and pipx move its target
    return ["/usr/bin/env", f"PYTHONPATH={program.resolve().parents[1]}", sys.executable, "-m", "realtime"]


def _quoted(word: str) -> str:
    """Quote a word by the rules of systemd.service(5)."""
    escaped = re.sub(r'(["\\])', r"\\\1", word).replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[^\w/.=%$:@+-]", escaped) else escaped
