"""A source made of pictures that code or a file gives: numbers them, and lets each go when its moment has come.

In: a generator of ``TimedPixels``. Out: a ``Source``, live like a camera when it has a pace, else as fast as it is
read.
"""

import threading
import time
from collections.abc import Generator, Iterator
from typing import NamedTuple, Self

from realtime.errors import SourceError
from realtime.frame import Frame, Pixels

LATEST_S = 0.25
"""A source that is later than this goes on slower, rather than racing to catch up."""


class TimedPixels(NamedTuple):
    """A picture and when it is due."""

    due_s: float
    """Seconds after the first."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``."""


class Paced:
    """A ``Source`` over a generator of pictures.

    Args:
        moments: gives the pictures; closed with the source, so that its ``finally`` gives files back.
        label: what is shown, for people; size and rate are added.
        fps: frames a second, 0 for a single picture.
        paced: whether to wait for each picture's moment.
        live: whether the pictures go on whether one reads or not; None: when paced.

    Raises:
        SourceError: there is not one picture. The first is taken at once: what is wrong shows when a source is opened.
    """

    def __init__(
        self, moments: Generator[TimedPixels], *, label: str, fps: float, paced: bool, live: bool | None = None
    ) -> None:
        if (first := next(moments, None)) is None:
            raise SourceError(f"{label} has no pictures in it", cure="Check that it plays elsewhere")
        self._first: TimedPixels | None = first
        self._moments, self._label, self._fps, self._paced = moments, label, fps, paced
        self._size = f"{first.pixels.shape[1]}x{first.pixels.shape[0]}"
        self._live = paced if live is None else live
        self._closed = threading.Event()
        self._lock = threading.Lock()  # a generator must not be closed while it runs
        self._index = 0
        self._start_s: float | None = None

    @property
    def name(self) -> str:
        """What is shown, its size and its rate."""
        return f"{self._label}, {self._size}" + (f" at {self._fps:g} fps" if self._fps else "")

    @property
    def fps(self) -> float:
        """Frames a second; 0 for a single picture."""
        return self._fps

    @property
    def live(self) -> bool:
        """True when paced, like a camera, or a stream without an end."""
        return self._live

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        with self._lock:
            if self._closed.is_set():
                raise StopIteration
            due_s, pixels = self._first or next(self._moments)
            self._first = None
        if self._paced:
            self._wait(due_s)
        frame = Frame(pixels=pixels, index=self._index, captured_s=time.perf_counter())
        self._index += 1
        return frame

    def close(self) -> None:
        """Give the file back and wake a reader who waits. May be called twice, and from another thread."""
        self._closed.set()
        with self._lock:
            self._moments.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _wait(self, due_s: float) -> None:
        """Until ``due_s`` seconds after the first picture, or until the source is closed."""
        now_s = time.perf_counter()
        if self._start_s is None:
            self._start_s = now_s - due_s
        self._start_s = max(self._start_s, now_s - due_s - LATEST_S)
        if (rest_s := self._start_s + due_s - now_s) > 0 and self._closed.wait(rest_s):
            raise StopIteration
