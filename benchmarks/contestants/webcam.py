"""Where the frames of the comparison come from: drawn, then read as from a webcam.

A ``Webcam`` gives a reel at a webcam's rate, four frames waiting in the driver when nobody reads (that is where the lag
of plain loops comes from); a ``Supply`` gives its frames as fast as a loop takes them.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Self

import numpy as np

from benchmarks.people.sample import Rendered
from realtime.commands.timing.reel import FPS, Reel
from realtime.frame import Frame, Pixels

BUFFERS = 4

_AHEAD = 2
"""Pictures in the loop of a ``Supply``: the one in work, and the one that waits or is decoded meanwhile."""

_DRAWN_PX = (1280, 720)


def draw(length: int, size_px: tuple[int, int] = _DRAWN_PX) -> list[tuple[Pixels, Pixels]]:
    """Pictures and mattes (uint8) of the sample's person: the most of the work, done once for all sizes."""
    rendered = Rendered(*size_px, FPS, seed=0)
    truths = [rendered.truth(index) for index in range(length)]
    return [(truth.pixels, np.rint(truth.alpha * 255).astype(np.uint8)) for truth in truths]


class Webcam:
    """A live ``Source``: a reel at ``fps`` pictures a second. The driver keeps ``BUFFERS`` of them and drops the rest.

    Args:
        shown: the pictures.
        fps: how many a second.
    """

    def __init__(self, shown: Reel, fps: float = FPS) -> None:
        self._reel = shown
        self._fps = fps
        self._waiting: deque[int] = deque()
        self._taken = 0
        self._start_s = time.perf_counter()
        self._closed = threading.Event()

    @property
    def name(self) -> str:
        """What it shows."""
        return f"webcam, {self._reel.size_px[0]}x{self._reel.size_px[1]} at {self._fps:g} fps, MJPG"

    @property
    def fps(self) -> float:
        """Pictures a second."""
        return self._fps

    @property
    def live(self) -> bool:
        """A camera goes on whether one reads or not."""
        return True

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        self._fill()
        if not self._waiting:
            due_s = self._start_s + self._taken / self._fps
            if self._closed.wait(max(0.0, due_s - time.perf_counter())):
                raise StopIteration
            self._fill(at_least=True)
        if self._closed.is_set():
            raise StopIteration
        index = self._waiting.popleft()
        return Frame(pixels=self._reel.decoded(index), index=index, captured_s=self._start_s + index / self._fps)

    def close(self) -> None:
        """Wake a reader who waits. May be called twice, and from another thread."""
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _fill(self, *, at_least: bool = False) -> None:
        """Take in what was captured since; what finds no buffer is lost."""
        come = int((time.perf_counter() - self._start_s) * self._fps) + 1
        if at_least:
            come = max(come, self._taken + 1)
        free = BUFFERS - len(self._waiting)
        self._waiting.extend(range(self._taken, min(come, self._taken + free)))
        self._taken = max(come, self._taken)


class Supply:
    """A live ``Source`` held to no rate: it decodes the next picture while one is in work, then waits.

    Args:
        shown: the pictures.
    """

    name = "pictures as fast as they are taken"
    fps = 0.0
    live = True

    def __init__(self, shown: Reel) -> None:
        self._reel = shown
        self._given = 0
        self._sent = 0
        self._closed = False
        self._changed = threading.Condition()

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._given - self._sent < _AHEAD)
            if self._closed:
                raise StopIteration
        index, now_s = self._given, time.perf_counter()
        self._given += 1
        return Frame(pixels=self._reel.decoded(index), index=index, captured_s=now_s)

    def sent(self, index: int) -> None:
        """The frame of that number is with the sink. From any thread."""
        with self._changed:
            self._sent = max(self._sent, index + 1)  # the last one is sent again where the next is late
            self._changed.notify()

    def close(self) -> None:
        """Give no more, and wake a reader who waits. May be called twice, and from another thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
