"""``Screen``: captures a monitor. The screen source and the screen background use it.

mss captures in a separate thread, because some systems let only the thread that opened a screen read it, and because a
capture takes as long as a network.
"""

import threading
import time
from collections.abc import Callable

import cv2
import numpy as np

from realtime.errors import SourceError, SourceLost, from_extra
from realtime.frame import Pixels

OPENS_WITHIN_S = 10.0


class Screen:
    """A monitor that is captured continuously.

    Args:
        number: number of the monitor, from 1.
        fps: captures per second.

    Raises:
        SourceError: there is no such monitor, or the system does not allow reading it.
        MissingExtra: mss is not installed.
    """

    def __init__(self, number: int, fps: float) -> None:
        with from_extra("screen"):
            import mss
        self._mss = mss
        self._number, self._period_s = number, 1 / fps
        self._newest: Pixels | None = None
        self._error: SourceError | None = None
        self._ready, self._closed = threading.Event(), threading.Event()
        self.prepare: Callable[[Pixels], Pixels] = lambda pixels: pixels
        """Applied to each capture in the capture thread."""
        self._thread = threading.Thread(target=self._watch, name=f"screen {number}", daemon=True)
        self._thread.start()
        if not self._ready.wait(OPENS_WITHIN_S):
            self.close()
            raise SourceError(f"screen {number} gave no image within {OPENS_WITHIN_S:g} s")
        self.newest()

    def newest(self) -> Pixels:
        """Return the newest capture, ``(H, W, 3) uint8 BGR``; do not write to it.

        Raises:
            SourceError: the screen cannot be read; ``SourceLost`` if it could be before.
        """
        if self._newest is None or self._error is not None or self._closed.is_set():
            raise self._error or SourceError(f"screen {self._number} is closed")
        return self._newest

    def close(self) -> None:
        """Stop capturing. May be called twice."""
        self._closed.set()
        if self._thread is not threading.current_thread():
            self._thread.join(OPENS_WITHIN_S)

    def _watch(self) -> None:
        try:
            with self._mss.MSS() as screens:
                monitors = screens.monitors[1:]  # the first entry spans all monitors
                if not 1 <= self._number <= len(monitors):
                    self._error = SourceError(
                        f"there is no screen {self._number}",
                        cure=f"Type screen:N with N from 1 to {len(monitors)}",
                    )
                    return
                while not self._closed.is_set():
                    start_s = time.perf_counter()
                    shot = np.asarray(screens.grab(monitors[self._number - 1]))
                    self._newest = self.prepare(np.asarray(cv2.cvtColor(shot, cv2.COLOR_BGRA2BGR), np.uint8))
                    self._ready.set()
                    self._closed.wait(max(0.0, self._period_s - (time.perf_counter() - start_s)))
        except (self._mss.ScreenShotError, OSError) as error:
            kind = SourceError if self._newest is None else SourceLost
            cure = "Start greenless from a desktop session; on macOS, allow it to record the screen"
            self._error = kind(f"screen {self._number} cannot be read: {error}", cure=cure)
        finally:
            self._ready.set()


def screen_number(spec: str) -> int:
    """Return the number of the monitor that ``screen`` or ``screen:N`` names, from 1.

    Raises:
        SourceError: N is not a number.
    """
    number = spec.partition(":")[2] or "1"
    if not number.isdecimal():
        raise SourceError(
            f"expected screen or screen:N with the number of a monitor, got {spec!r}", cure="Type screen:1"
        )
    return int(number)
