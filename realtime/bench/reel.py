"""The pictures of the benchmark: drawn and coded before the clock starts, then read as from a webcam.

Goes in: a size. Comes out: a ``Reel`` of MJPG pictures with their true mattes, a ``Webcam`` that gives them at a
webcam's rate, four of them waiting in the driver when nobody reads (that is where the lag of plain loops comes from),
and a ``Supply`` that gives them as fast as a loop takes them.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from realtime.capture.sample import Rendered
from realtime.frame import Frame, Pixels
from realtime.media.fit import fit

SIZES = ((640, 480), (1280, 720), (1920, 1080))
"""Width and height of the pictures, px."""

FPS = 30.0
BUFFERS = 4

_AHEAD = 2
"""Pictures in the loop of a ``Supply``: the one in work, and the one that waits or is decoded meanwhile."""

_DRAWN_PX = (1280, 720)
_QUALITY = 93


@dataclass(frozen=True, kw_only=True, eq=False)
class Reel:
    """A person who moves, as a webcam codes it; played back and forth."""

    size_px: tuple[int, int]
    """``(width, height)``."""

    coded: tuple[npt.NDArray[np.uint8], ...]
    """The pictures, each a JPEG file."""

    alphas: tuple[Pixels, ...]
    """Their true mattes, ``(H, W) uint8``."""

    room: Pixels
    """Another room, ``(H, W, 3) uint8 BGR``, to be put behind."""

    def at(self, index: int) -> int:
        """The number of the picture that is shown as frame ``index``."""
        last = len(self.coded) - 1
        return last - abs(last - index % (2 * last)) if last else 0

    def decoded(self, index: int) -> Pixels:
        """Frame ``index``, decoded now: ``(H, W, 3) uint8 BGR``."""
        return np.asarray(cv2.imdecode(self.coded[self.at(index)], cv2.IMREAD_COLOR), np.uint8)

    def at_rest(self) -> "Reel":
        """The first picture for ever: the person sits still."""
        return replace(self, coded=self.coded[:1], alphas=self.alphas[:1])

    def save(self, clip: Path, length: int) -> None:
        """So many frames as a video file."""
        writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), FPS, self.size_px)
        for index in range(length):
            writer.write(self.decoded(index))
        writer.release()


def draw(length: int, size_px: tuple[int, int] = _DRAWN_PX) -> list[tuple[Pixels, Pixels]]:
    """Pictures and mattes (uint8) of the sample's person: the most of the work, done once for all sizes."""
    rendered = Rendered(*size_px, FPS, seed=0)
    truths = [rendered.truth(index) for index in range(length)]
    return [(truth.pixels, np.rint(truth.alpha * 255).astype(np.uint8)) for truth in truths]


def reel(drawn: list[tuple[Pixels, Pixels]], size_px: tuple[int, int], room: Pixels) -> Reel:
    """The drawn pictures at one size, cropped to its aspect."""
    width, height = size_px
    pictures = [fit(pixels, width_px=width, height_px=height, how="cover") for pixels, _ in drawn]
    alphas = [fit(alpha[..., None], width_px=width, height_px=height, how="cover") for _, alpha in drawn]
    coded = [cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1] for picture in pictures]
    return Reel(
        size_px=size_px,
        coded=tuple(np.asarray(picture, np.uint8) for picture in coded),
        alphas=tuple(alpha.reshape(height, width) for alpha in alphas),
        room=fit(room, width_px=width, height_px=height, how="cover"),
    )


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
