"""``Mailbox``: hands items between threads, and holds only the newest one.

A new item replaces the previous one. So a slow reader sees the newest item, and no queue builds up.
"""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class MailboxClosed(Exception):
    """The mailbox is empty and closed."""


class Mailbox(Generic[T]):
    """Hands the newest item from one thread to another.

    Attributes:
        dropped: the number of items that were replaced before a reader took them.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: list[T] = []
        self._closed = False
        self.dropped = 0

    def put(self, item: T) -> None:
        """Leave ``item``, and drop the previous one if nobody took it. After ``close``, drop ``item``."""
        with self._changed:
            if self._closed:
                return
            self.dropped += len(self._items)
            self._items[:] = [item]
            self._changed.notify()

    def take(self, timeout_s: float | None = None) -> T:
        """Wait for the newest item and remove it. The last one remains available after ``close``.

        Raises:
            TimeoutError: no item came within ``timeout_s`` seconds (0 does not wait; None waits forever).
            MailboxClosed: the mailbox is closed and empty.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed, timeout_s)
            if self._items:
                return self._items.pop()
            if self._closed:
                raise MailboxClosed
            raise TimeoutError(f"no item came within {timeout_s} s")

    def close(self) -> None:
        """Accept no more items and wake the readers. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
