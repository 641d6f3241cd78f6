"""``Inotify``: watches files for events, without ever blocking.

Constants and structs are those of ``sys/inotify.h``. On other systems than Linux, the constructor raises ``OSError``.
"""

import ctypes
import errno
import os
import struct
import sys
from contextlib import suppress

IN_CLOSE, IN_OPEN, IN_Q_OVERFLOW = 0x18, 0x20, 0x4000

_EVENT = struct.Struct("=iIII")
"""``struct inotify_event`` of a file: watch, mask, cookie, and the length of a name, which only folders have."""

_READ_BYTES = 4096
"""Bytes of one read: 256 events."""


class Inotify:
    """A set of watched files.

    Raises:
        OSError: this is not Linux, or the user has too many inotify instances.
    """

    def __init__(self) -> None:
        self._descriptor = -1
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def add(self, path: str | os.PathLike[str], mask: int) -> None:
        """Watch a file.

        Raises:
            OSError: there is no such path, or it may not be watched.
        """
        self._checked(self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), mask), path)

    def read(self) -> list[int]:
        """Return the masks of the events since the last call, oldest first."""
        masks = []
        with suppress(BlockingIOError):
            while events := os.read(self._descriptor, _READ_BYTES):
                masks += [mask for _, mask, _, _ in _EVENT.iter_unpack(events)]
        return masks

    def close(self) -> None:
        """Stop watching. May be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _checked(self, answer: int, path: str | os.PathLike[str] = "") -> int:
        if answer < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
        return answer
