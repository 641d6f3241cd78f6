"""A camera that gives the same picture for ever: when it is time to open it afresh.

In: each picture and when it came. Out: whether to open the camera again. A camera or driver that hangs repeats its last
picture byte for byte, which a sensor never does; but a lens cover, a test picture and another virtual camera do. So the
patience doubles for as long as opening it afresh changes nothing.
"""

import numpy as np

from realtime.frame import Pixels

FIRST_PATIENCE_S = 3.0

_SPARSE = 16
"""Every so many pixels are compared first, which almost always tells."""


class Frozen:
    """Watches the pictures of one camera; keeps the last one, which nobody may write into."""

    def __init__(self) -> None:
        self._last: Pixels | None = None
        self._since_s = 0.0
        self._patience_s = FIRST_PATIENCE_S

    def sees(self, pixels: Pixels, now_s: float) -> bool:
        """Whether the picture has been the same for so long that the camera should be opened afresh.

        Args:
            pixels: the newest picture, ``(H, W, 3) uint8 BGR``.
            now_s: when it came, on the clock of ``time.perf_counter()``.
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
