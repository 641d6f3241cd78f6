"""Opens files that a user names without blocking on a FIFO, a device or a socket: these raise an ``OSError``."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegular(OSError):
    """The path is neither a regular file nor a folder, so reading may never end.

    Args:
        path: the path.
        kind: its kind, with an article.
    """

    def __init__(self, path: Path | str, kind: str) -> None:
        super().__init__(errno.EINVAL, f"it is {kind}, not a regular file", str(path))

    def __str__(self) -> str:
        return str(self.strerror)


def descriptor_of(path: Path | str) -> int:
    """Open a regular file for reading. Never blocks, not even if another file takes its place meanwhile.

    Raises:
        NotRegular: it is a FIFO, a device or a socket.
        OSError: it is missing, a folder, or may not be read.
    """
    check_regular(path)  # first, because to open a device may have an effect
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check(path, os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_regular(path: Path | str) -> BinaryIO:
    """Open a regular file as a file object, with the errors of ``descriptor_of``."""
    return open(descriptor_of(path), "rb")


def read_regular(path: Path | str) -> bytes:
    """Read all bytes of a regular file.

    Raises:
        NotRegular: it is a FIFO, a device or a socket.
        OSError: it is missing, a folder, or cannot be read.
    """
    with open_regular(path) as file:
        return file.read()


def check_regular(path: Path | str) -> os.stat_result:
    """Check a path for a library that opens it itself, and return its status.

    Raises:
        NotRegular: it is a FIFO, a device or a socket.
        OSError: it is missing, or a folder.
    """
    found = os.stat(path)
    _check(path, found)
    return found


def check_replaceable(path: Path | str) -> os.stat_result | None:
    """Return the status of a file that will be replaced; None if there is none.

    Raises:
        NotRegular: it is a FIFO, a device or a socket.
        OSError: it is a folder, or cannot be checked.
    """
    try:
        return check_regular(path)
    except FileNotFoundError:
        return None


def _check(path: Path | str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if kind := _KINDS.get(stat.S_IFMT(found.st_mode)):
        raise NotRegular(path, kind)
