"""Regular files: the way to open what a user names, so that nothing blocks on a FIFO, a device or a socket.

In: a path. Out: the open file, at once, or an ``OSError`` that says what stands there instead.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotRegular(OSError):
    """The path names no regular file, and no folder: to read it may take for ever.

    Args:
        path: what was named.
        kind: what it is, with its article.
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
    """The same as a file object; the same errors."""
    return open(descriptor_of(path), "rb")


def read_regular(path: Path | str) -> bytes:
    """All bytes of a regular file.

    Raises:
        NotRegular: it is a FIFO, a device or a socket.
        OSError: it is missing, a folder, or cannot be read.
    """
    with open_regular(path) as file:
        return file.read()


def check_regular(path: Path | str) -> os.stat_result:
    """Refuse what is no regular file, for libraries that open a path themselves; what there is of it.

    Raises:
        NotRegular: it is a FIFO, a device or a socket.
        OSError: it is missing, or a folder.
    """
    found = os.stat(path)
    _check(path, found)
    return found


def check_replaceable(path: Path | str) -> None:
    """Refuse to put a file in the place of a FIFO, a device or a socket.

    Raises:
        NotRegular: it is one of these.
        OSError: the path cannot be looked at.
    """
    with suppress(FileNotFoundError, IsADirectoryError):
        check_regular(path)


def _check(path: Path | str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if kind := _KINDS.get(stat.S_IFMT(found.st_mode)):
        raise NotRegular(path, kind)
