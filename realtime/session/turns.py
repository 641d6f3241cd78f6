"""``Turns``: a lock that threads get in the order in which they asked for it.

A plain lock goes to any of those who wait, so that changes would take effect in any order. One who holds it may take it
again; one who waits may give up.
"""

import threading
from collections import deque
from typing import Self


class _Turn:
    """One who waits."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.came = threading.Event()


class Turns:
    """First come, first served; reentrant."""

    def __init__(self) -> None:
        self._moving = threading.Lock()  # held for a few steps only
        self._waiting: deque[_Turn] = deque()
        self._owner: int | None = None
        self._depth = 0

    def acquire(self, timeout_s: float | None = None) -> bool:
        """Wait for one's turn, for at most ``timeout_s`` seconds; whether it came."""
        with self._moving:
            if self._owner in (None, threading.get_ident()):
                self._owner = threading.get_ident()
                self._depth += 1
                return True
            turn = _Turn()
            self._waiting.append(turn)
        try:
            came = turn.came.wait(timeout_s)
        except BaseException:  # Ctrl-C
            if not self._leave(turn):
                self.release()
            raise
        return came or not self._leave(turn)

    def release(self) -> None:
        """Let the next one have it.

        Raises:
            RuntimeError: another thread holds it.
        """
        with self._moving:
            if self._owner != threading.get_ident():
                raise RuntimeError("expected a thread whose turn it is")
            self._depth -= 1
            if not self._depth:
                self._next()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()

    def _leave(self, turn: _Turn) -> bool:
        """Wait no longer; False if the turn has just come."""
        with self._moving:
            if turn.came.is_set():
                return False
            self._waiting.remove(turn)
            return True

    def _next(self) -> None:
        if self._waiting:
            turn = self._waiting.popleft()
            self._owner, self._depth = turn.thread, 1
            turn.came.set()
        else:
            self._owner = None
