"""The sources of the comparison: drawn frames, read as from a webcam.

A ``Webcam`` plays frames at a webcam's frame rate. Four unread frames wait in its driver, which is why plain loops lag.
A ``Supply`` gives frames as fast as a loop takes them.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from benchmarks.comparison.coded_frames import CodedFrames
from benchmarks.people.sample import Rendered
from realtime.commands.stage_times import FPS
from realtime.frame import Frame, Pixels

BUFFERS = 4

_AHEAD = 2
"""Frames of a ``Supply`` in the loop: one in progress, and one that waits or is being decoded."""

_DRAWN_PX = (1280, 720)


def draw(length: int, size_px: tuple[int, int] = _DRAWN_PX) -> list[tuple[Pixels, Pixels]]:
    """Draw frames and mattes (uint8) of the sample's person, once for all sizes because it takes most of the time."""
    rendered = Rendered(*size_px, FPS, seed=0)
    truths = [rendered.truth(index) for index in range(length)]
    return [(truth.pixels, np.rint(truth.alpha * 255).astype(np.uint8)) for truth in truths]


class Webcam:
    """A live ``Source`` that plays encoded frames. Its driver keeps ``BUFFERS`` unread frames and drops the rest.

    Args:
        shown: the frames.
        fps: frame rate.
    """

    live = True

    def __init__(self, shown: CodedFrames, fps: float = FPS) -> None:
        self._frames = shown
        self._fps = fps
        self._waiting: deque[int] = deque()
        self._taken = 0
        self._start_s = time.perf_counter()
        self._closed = threading.Event()

    @property
    def name(self) -> str:
        """Name of the source."""
        return f"webcam, {self._frames.size_px[0]}x{self._frames.size_px[1]} at {self._fps:g} fps, MJPG"

    @property
    def fps(self) -> float:
        """Frame rate."""
        return self._fps

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
        return Frame(pixels=self._frames.decoded(index), index=index, captured_s=self._start_s + index / self._fps)

    def close(self) -> None:
        """Wake a waiting reader. May be called twice, and from another thread."""
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _fill(self, *, at_least: bool = False) -> None:
        """Buffer the frames captured since the last call; frames without a free buffer are lost."""
        come = int((time.perf_counter() - self._start_s) * self._fps) + 1
        if at_least:
            come = max(come, self._taken + 1)
        free = BUFFERS - len(self._waiting)
        self._waiting.extend(range(self._taken, min(come, self._taken + free)))
        self._taken = max(come, self._taken)


class Supply:
    """A live ``Source`` without a fixed frame rate: it decodes one frame ahead, then waits.

    Args:
        shown: the frames.
    """

    name = "pictures as fast as they are taken"
    fps = 0.0
    live = True

    def __init__(self, shown: CodedFrames) -> None:
        self._frames = shown
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
        return Frame(pixels=self._frames.decoded(index), index=index, captured_s=now_s)

    def sent(self, index: int) -> None:
        """Report that the sink has the frame ``index``. Any thread may call it."""
        with self._changed:
            self._sent = max(self._sent, index + 1)  # the last frame is sent again if the next is late
            self._changed.notify()

    def close(self) -> None:
        """Stop, and wake a waiting reader. May be called twice, and from another thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def resting(shown: CodedFrames) -> CodedFrames:
    """Return only the first frame: the person sits still."""
    return replace(shown, coded=shown.coded[:1], alphas=shown.alphas[:1])


def save_clip(shown: CodedFrames, clip: Path, length: int) -> None:
    """Write ``length`` frames of a reel to a video file."""
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), FPS, shown.size_px)
    for index in range(length):
        writer.write(shown.decoded(index))
    writer.release()
