"""The entry of greenless in the applications menu of Linux desktops, with its icon, and its start at login.

The files in the folder ``desktop`` are also those of the packages. Here they go into the folders of the user, with the
path of this greenless in the commands.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.files import replacing
from realtime.errors import SettingsError
from realtime.settings.paths import failed_write
from realtime.tray import icons

NAME = "greenless.desktop"
SIZES_PX = (16, 22, 32, 48, 64, 128, 256)
_cannot_write = failed_write(SettingsError, cure="Make its folder writable")
_RESERVED = str.maketrans({each: f"\\{each}" for each in '"`$\\'})


def install(command: Sequence[str], *, at_login: bool) -> list[Path]:
    """Write the entry and the icons; return the files.

    Args:
        command: the words that start this greenless.
        at_login: whether the desktop starts greenless at login.

    Raises:
        SettingsError: a file is not writable.
    """
    text = (icons.FOLDER / NAME).read_text(encoding="utf-8")
    program = " ".join(map(quoted, command))
    text = text.replace("Exec=greenless ", f"Exec={program} ")
    wanted = {_entry(): text.encode()}
    wanted |= {there: icon.read_bytes() for icon, there in _icons()}
    if at_login:
        first = text.partition("\n\n")[0].replace(f"{program} app", f"{program} app --quiet")
        wanted[_login()] = "\n".join(line for line in first.splitlines() if not line.startswith("Actions=")).encode()
    for path, content in wanted.items():
        with replacing(path, failed=_cannot_write) as part:
            part.write_bytes(content)
    return list(wanted)


def remove() -> list[Path]:
    """Remove what ``install`` wrote; return the files that were there.

    Raises:
        SettingsError: a file cannot be removed.
    """
    every = [_entry(), _login(), *(there for _, there in _icons())]
    found = [path for path in every if path.exists()]
    for path in found:
        try:
            path.unlink()
        except OSError as error:
            raise _cannot_write(path, error) from error
    return found


def quoted(word: str) -> str:
    """Quote a word by the rules of the Desktop Entry Specification: first those of Exec, then those of strings."""
    if re.fullmatch(r"[\w/.@+-]+", word, re.ASCII):
        return word
    escaped = word.translate(_RESERVED).replace("%", "%%")
    return f'"{escaped}"'.replace("\\", "\\\\")


def _entry() -> Path:
    return _folder("XDG_DATA_HOME", ".local/share") / "applications" / NAME


def _login() -> Path:
    return _folder("XDG_CONFIG_HOME", ".config") / "autostart" / NAME


def _icons() -> Iterator[tuple[Path, Path]]:
    """Yield each icon, and where desktops look for it."""
    theme = _folder("XDG_DATA_HOME", ".local/share") / "icons" / "hicolor"
    yield icons.FOLDER / "greenless.svg", theme / "scalable" / "apps" / "greenless.svg"
    for size_px in SIZES_PX:
        yield icons.path("greenless", size_px), theme / f"{size_px}x{size_px}" / "apps" / "greenless.png"


def _folder(variable: str, default: str) -> Path:
    """Return a folder by the XDG Base Directory Specification, which ignores relative paths."""
    given = os.environ.get(variable, "")
    return Path(given) if os.path.isabs(given) else Path.home() / default
