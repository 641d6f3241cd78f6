"""``ShapeCache``: what is made for one shape and serves all pictures of that shape; the latest few are kept.

Goes in: a function that makes one. Comes out: the one for a shape, made at most once while it is kept.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger("greenless")

SIZES_KEPT = 4
"""A network made for one size holds memory and threads: so many of the latest are kept."""

Shape = tuple[int, ...]
"""``(N, 3, h, w)``."""

T = TypeVar("T")


class ShapeCache(Generic[T]):
    """For any number of threads.

    Args:
        make: makes one; while it does, other shapes are handed out.
        limit: how many are kept.
    """

    def __init__(self, make: Callable[[Shape], T], limit: int = SIZES_KEPT) -> None:
        self._make = make
        self._limit = limit
        self._made: OrderedDict[Shape, T] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, shape: Shape) -> T:
        with self._lock:
            if shape in self._made:
                self._made.move_to_end(shape)
                return self._made[shape]
        made = self._make(shape)
        log.debug("made for %s: %s", shape, type(made).__name__)
        with self._lock:
            self._made[shape] = made
            if len(self._made) > self._limit:
                self._made.popitem(last=False)
        return made

    def clear(self) -> None:
        """Let all go."""
        with self._lock:
            self._made.clear()
