"""``Connection``: a connection to the PipeWire daemon, with the thread that serves it."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from realtime.ending import Closing, closed_on_error
from realtime.pipewire.library import load


class Connection(Closing):
    """A connection to the daemon. Its thread runs the callbacks of streams.

    Args:
        descriptor: an open socket to the daemon, as a portal gives it; the connection owns it. None connects to the
            daemon of this user.

    Raises:
        OSError: the library is missing (no errno), or no daemon answers.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        if descriptor is None and not _is_there():
            raise OSError(errno.EHOSTDOWN, os.strerror(errno.EHOSTDOWN))
        self.library = load()
        self._context: int | None = None
        self._loop: int | None = self.library.pw_thread_loop_new(b"greenless", None)
        with closed_on_error(self):
            self._context = self.library.pw_context_new(self.library.pw_thread_loop_get_loop(self._loop), None, 0)
            self._checked(self._context)
            if descriptor is None:
                self.core: int = self.library.pw_context_connect(self._context, None, 0)
            else:
                self.core = self.library.pw_context_connect_fd(self._context, descriptor, None, 0)
            self._checked(self.core)
            if (error := self.library.pw_thread_loop_start(self._loop)) < 0:
                raise OSError(-error, os.strerror(-error))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the thread: callbacks do not run meanwhile. Every call of the library needs this."""
        self.library.pw_thread_loop_lock(self._loop)
        try:
            yield
        finally:
            self.library.pw_thread_loop_unlock(self._loop)

    def close(self) -> None:
        """End the thread and the connection; streams must be closed before. May be called twice."""
        loop, context, self._loop, self._context = self._loop, self._context, None, None
        if loop is not None:
            self.library.pw_thread_loop_stop(loop)
            if context is not None:
                self.library.pw_context_destroy(context)
            self.library.pw_thread_loop_destroy(loop)

    def _checked(self, made: int | None) -> None:
        if not made:
            code = ctypes.get_errno() or errno.EHOSTDOWN
            raise OSError(code, os.strerror(code))


def _is_there() -> bool:
    """Whether the daemon has a socket. Otherwise the library would ask the system for the user's name in vain."""
    if "PIPEWIRE_REMOTE" in os.environ:
        return True
    folders = (os.environ.get("PIPEWIRE_RUNTIME_DIR") or os.environ.get("XDG_RUNTIME_DIR"), "/run/pipewire")
    return any(os.path.exists(os.path.join(folder, "pipewire-0")) for folder in folders if folder)
