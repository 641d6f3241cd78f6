"""The text of a settings file, as the editors of every system write it.

A path goes in. Text comes out, its lines ended by LF alone, and goes back in the form that the file had: UTF-8 with or
without a byte order mark, UTF-16 (which PowerShell's ``>`` writes), lines ended by CR LF.
"""

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.files import replacing
from models.regular import read_regular
from realtime.errors import SettingsError
from realtime.settings import paths

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LOCK_S = 10.0


def read_text(path: Path) -> str:
    """The text of the file at ``path``.

    Raises:
        SettingsError: there is none, or it is no text.
    """
    return _read(path)[0].replace("\r\n", "\n")


def replace_text(path: Path, text: str) -> None:
    """Write ``text`` whole or not at all, in the form of the file that stands there; a new one is its owner's alone.

    Raises:
        SettingsError: the file cannot be written.
    """
    before, encoding = _read(path) if os.path.exists(path) else ("", "utf-8")
    if "\r\n" in before:
        text = text.replace("\n", "\r\n")
    with replacing(path, private=True, failed=_cannot_write) as part:
        part.write_bytes(text.encode(encoding))


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Of the processes of this user one changes a settings file while the block runs, so that no change gets lost.

    Where no lock can be made the block runs all the same.
    """
    from filelock import FileLock, Timeout

    path = paths.control_file().with_name("settings.lock")
    lock = FileLock(path, mode=0o600)
    with suppress(OSError, Timeout, NotImplementedError):  # the last one: a file system without locks
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_S)
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> tuple[str, str]:
    """The text with its own line ends, and the file's encoding."""
    try:
        data = read_regular(path)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        cure = f"Make one with: greenless settings > {path}" if missing else "Name a file that you may read"
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}", cure=cure) from error
    encoding = next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is no valid TOML: {error}", cure="Save the file as UTF-8") from error


def _cannot_write(path: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"cannot write the settings file {path}: {error.strerror or error}", cure="Name another with --settings FILE"
    )
