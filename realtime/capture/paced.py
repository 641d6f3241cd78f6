"""``Paced``: a source over a generator of timed pixels. It gives each frame at its time, or as fast as it is read."""

import threading
import time
from collections.abc import Generator
from typing import NamedTuple

from realtime.capture.source import Source
from realtime.errors import SourceError
from realtime.frame import Frame, Pixels

LATEST_S = 0.25
"""Largest delay that a source makes up for. Beyond it, all later frames are delayed too."""


class TimedPixels(NamedTuple):
    """The pixels of a frame and when they are due."""

    due_s: float
    """Seconds after the first frame."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``."""


class Paced(Source):
    """A ``Source`` over a generator of timed pixels.

    Args:
        moments: the generator; closed with the source, so that its ``finally`` releases files.
        label: describes the source to the user; size and frame rate are added.
        fps: frame rate; 0 for a single image.
        paced: whether to wait until each frame is due.
        live: whether the source continues without a reader; None means: if paced.

    Raises:
        SourceError: there is no frame. The first frame is read at once, so that errors appear on opening.
    """

    name = ""
    fps = 0.0

    def __init__(
        self, moments: Generator[TimedPixels], *, label: str, fps: float, paced: bool, live: bool | None = None
    ) -> None:
        if (first := next(moments, None)) is None:
            raise SourceError(f"{label} contains no frames", cure="Check that it plays in another program")
        self._first: TimedPixels | None = first
        self._moments, self._paced = moments, paced
        self.name = f"{label}, {first.pixels.shape[1]}x{first.pixels.shape[0]}" + (f" at {fps:g} fps" if fps else "")
        self.fps = fps
        self.live = paced if live is None else live
        self._closed = threading.Event()
        self._lock = threading.Lock()  # Python cannot close a generator while it runs
        self._index = 0
        self._start_s: float | None = None

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
        """Release the file and wake a waiting reader. May be called twice, and from another thread."""
        self._closed.set()
        with self._lock:
            self._moments.close()

    def _wait(self, due_s: float) -> None:
        """Wait until ``due_s`` seconds after the first frame, or until the source is closed."""
        now_s = time.perf_counter()
        if self._start_s is None:
            self._start_s = now_s - due_s
        self._start_s = max(self._start_s, now_s - due_s - LATEST_S)
        if (rest_s := self._start_s + due_s - now_s) > 0 and self._closed.wait(rest_s):
            raise StopIteration
