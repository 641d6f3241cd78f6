"""Watches one file and reports when it is written, replaced, created or deleted.

It polls once a second. That works on every file system, also with editors that replace a file by a rename.
"""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from realtime.ending import Closing

log = logging.getLogger("greenless")

PERIOD_S = 1.0

_JOIN_S = 5.0

Trace = tuple[int, int, int] | None
"""The state of the file: inode, size, time of the last change; None while it does not exist."""


class Watcher(Closing):
    """Watches from its own thread until ``close``.

    Args:
        path: the file; it need not exist.
        changed: called after each change; its exceptions are logged.
        period_s: the polling interval.
    """

    def __init__(self, path: Path, changed: Callable[[], None], *, period_s: float = PERIOD_S) -> None:
        self._path = path
        self._changed = changed
        self._period_s = period_s
        self._over = threading.Event()
        self._seen = self._trace()
        self._thread = threading.Thread(target=self._watch, name=f"watch {path.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the watching."""
        self._over.set()
        self._thread.join(_JOIN_S)  # a callback that hangs must not block the exit

    def _watch(self) -> None:
        while not self._over.wait(self._period_s):
            trace = self._trace()
            if trace != self._seen:
                self._seen = trace
                try:
                    self._changed()
                except Exception:  # continue to watch
                    log.exception("cannot handle the change of %s", self._path)

    def _trace(self) -> Trace:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_size, stat.st_mtime_ns
