"""``Frozen``: detects a camera that repeats one frame, and says when to reopen it.

A camera or driver that hangs repeats its last frame byte for byte. Sensor noise prevents this in a working camera, but
a covered lens, a test pattern or a virtual camera may repeat frames. So the patience doubles while reopening does not
help.
"""

import numpy as np

from realtime.frame import Pixels

FIRST_PATIENCE_S = 3.0

_SPARSE = 16
"""Step of the pixels that are compared first; they almost always differ."""


class Frozen:
    """Watches the frames of one camera. It keeps a reference to the last one, which must not change."""

    def __init__(self) -> None:
        self._last: Pixels | None = None
        self._since_s = 0.0
        self._patience_s = FIRST_PATIENCE_S

    def sees(self, pixels: Pixels, now_s: float) -> bool:
        """Return whether the frame has been the same for so long that the camera should be reopened.

        Args:
            pixels: the newest frame, ``(H, W, 3) uint8 BGR``.
            now_s: when it arrived, on the clock of ``time.perf_counter()``.
        """
        if self._last is None or not _equal(self._last, pixels):
            self._since_s, self._patience_s = now_s, FIRST_PATIENCE_S
        self._last = pixels
        if now_s - self._since_s < self._patience_s:
            return False
        self._patience_s *= 2
        return True


def _equal(a: Pixels, b: Pixels) -> bool:
    return np.array_equal(a[::_SPARSE, ::_SPARSE], b[::_SPARSE, ::_SPARSE]) and np.array_equal(a, b)
