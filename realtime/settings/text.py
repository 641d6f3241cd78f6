"""Reads and writes the text of a settings file in the encodings that editors use.

Text in memory has LF line ends. A written file keeps its form: UTF-8 with or without a byte order mark, UTF-16 (from
``>`` in PowerShell), LF or CR LF.
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

_cannot_write = paths.failed_write(SettingsError, what="the settings file ", cure="Name another with --settings FILE")


def read_text(path: Path) -> str:
    """Read the text of the file at ``path``.

    Raises:
        SettingsError: the file is missing or not text.
    """
    return _read(path)[0].replace("\r\n", "\n")


def replace_text(path: Path, text: str) -> None:
    """Write ``text`` atomically, in the form of the existing file. Only its owner may read a new file.

    Raises:
        SettingsError: the file is not writable.
    """
    before, encoding = _read(path) if os.path.exists(path) else ("", "utf-8")
    if "\r\n" in before:
        text = text.replace("\n", "\r\n")
    with replacing(path, private=True, failed=_cannot_write) as part:
        part.write_bytes(text.encode(encoding))


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep other processes of this user from changing a settings file while the block runs, so that no change is lost.

    If no lock is possible, the block runs without one.
    """
    from filelock import FileLock, Timeout

    path = paths.control_file().with_name("settings.lock")
    lock = FileLock(path, mode=0o600)
    with suppress(OSError, Timeout, NotImplementedError):  # NotImplementedError: a file system without locks
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_S)
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> tuple[str, str]:
    """Return the text with its original line ends, and its encoding."""
    try:
        data = read_regular(path)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        cure = f"Create it with: greenless settings > {path}" if missing else "Name a readable file"
        raise SettingsError(f"cannot read the settings file {path}: {error.strerror}", cure=cure) from error
    encoding = next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}", cure="Save the file as UTF-8") from error
