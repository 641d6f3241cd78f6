"""``Inotify``: what happens to files and folders, as Linux tells it.

Goes in: paths, and a mask of what is of interest. Come out: the masks of the events since one asked last; asking never
waits. Constants and structs are those of ``sys/inotify.h``. Linux only; elsewhere opening it is an ``OSError``.
"""

import ctypes
import errno
import os
import struct
import sys
from contextlib import suppress

IN_ATTRIB, IN_CLOSE, IN_OPEN, IN_CREATE, IN_Q_OVERFLOW = 0x4, 0x18, 0x20, 0x100, 0x4000

_EVENT = struct.Struct("=iIII")
"""``struct inotify_event`` without its name: watch, mask, cookie, length of the name that follows."""

_READ_BYTES = 4096
"""As much as is read at once; an event with the longest name has 272."""


class Inotify:
    """Some files and folders that are watched.

    Raises:
        OSError: this is not Linux, or its user has too many of these.
    """

    def __init__(self) -> None:
        self._descriptor = -1
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def add(self, path: str | os.PathLike[str], mask: int) -> None:
        """Watch one more file, or a folder for what happens to what is in it.

        Raises:
            OSError: there is no such path, or it may not be watched.
        """
        self._checked(self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), mask), path)

    def read(self) -> list[int]:
        """The masks of the events since the last call, oldest first."""
        masks = []
        with suppress(BlockingIOError):
            while events := os.read(self._descriptor, _READ_BYTES):
                at = 0
                while at < len(events):
                    _, mask, _, name_bytes = _EVENT.unpack_from(events, at)
                    masks.append(mask)
                    at += _EVENT.size + name_bytes
        return masks

    def close(self) -> None:
        """Watch no longer. May be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _checked(self, answer: int, path: str | os.PathLike[str] = "") -> int:
        if answer < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
        return answer
