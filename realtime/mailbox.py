"""The one concurrency primitive: a mailbox that holds the newest item only.

Whatever is put in replaces what was there, so a slow reader sees the newest item and nothing ever queues up behind
another.
"""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class MailboxClosed(Exception):
    """Nothing is in the mailbox and nothing will come any more."""


class Mailbox(Generic[T]):
    """Hands the newest item from one thread to another.

    Attributes:
        dropped: how many items were replaced before anybody took them.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: list[T] = []
        self._closed = False
        self.dropped = 0

    def put(self, item: T) -> None:
        """Leave ``item``, in place of the one that nobody took; after ``close`` it is thrown away."""
        with self._changed:
            if self._closed:
                return
            self.dropped += len(self._items)
            self._items[:] = [item]
            self._changed.notify()

    def take(self, timeout_s: float | None = None) -> T:
        """The newest item, waited for; the last one can still be taken after ``close``.

        Raises:
            TimeoutError: nothing came within ``timeout_s`` seconds (0 looks once; None waits for ever).
            MailboxClosed: the mailbox is closed and empty.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed, timeout_s)
            if self._items:
                return self._items.pop()
            if self._closed:
                raise MailboxClosed
            raise TimeoutError(f"nothing came within {timeout_s} s")

    def close(self) -> None:
        """Take no more items and wake whoever waits. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
