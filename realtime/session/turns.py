"""``Turns``: a lock that threads get in the order of their requests.

A plain lock goes to any waiting thread, so changes would take effect in any order. The lock is reentrant, and a waiting
thread may give up.
"""

import threading
from collections import deque
from typing import Self


class _Turn:
    """A thread that waits."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.came = threading.Event()


class Turns:
    """A first-come, first-served lock; reentrant."""

    def __init__(self) -> None:
        self._moving = threading.Lock()  # held briefly
        self._waiting: deque[_Turn] = deque()
        self._owner: int | None = None
        self._depth = 0

    def acquire(self, timeout_s: float | None = None) -> bool:
        """Wait for the lock, for at most ``timeout_s`` seconds. Return whether it was acquired."""
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
        """Release the lock to the next thread.

        Raises:
            RuntimeError: another thread holds it.
        """
        with self._moving:
            if self._owner != threading.get_ident():
                raise RuntimeError("expected the thread that holds the lock")
            self._depth -= 1
            if not self._depth:
                self._next()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()

    def _leave(self, turn: _Turn) -> bool:
        """Give up; False if the thread has just got the lock."""
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
