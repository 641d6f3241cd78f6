"""``FailSafe``: what the sinks get while no composite is finished.

For a second it is the last composite, then a notice drawn here, without camera pixels.
"""

import time
from dataclasses import replace

from realtime.frame import Composite, Frame
from realtime.loop import delays
from realtime.media.notice import draw_notice, notice

_SMALL_PX = 64, 36

PAUSED = ("Picture paused", "The background is not ready. Trying again.")
WAITING = ("Picture paused", "Waiting for the camera.")
STOPPED = ("Picture paused",)
SHUTTER_CLOSED = ("Camera off",)


class FailSafe:
    """Remembers the last composite, and since when composites are missing.

    Args:
        size: a frame with the size of notices before the first frame; None: no notices until then.
    """

    def __init__(self, size: Frame | None = None) -> None:
        self._last: Composite | None = None
        self._seen = size
        self._missing_since_s: float | None = None
        draw_notice(WAITING, *_SMALL_PX)  # loads OpenCV's font now, not when a notice is due

    def good(self, composite: Composite) -> None:
        """Remember a finished composite."""
        self._last, self._seen = composite, composite.frame
        self._missing_since_s = None

    def instead(self, text: tuple[str, ...], seen: Frame | None) -> Composite | None:
        """Give what to send now, when no composite was finished.

        Args:
            text: the lines of the notice. The other people in a call read them: no paths, no names.
            seen: the frame without a composite; only its size and number are used.

        Returns:
            The last composite or a notice, as of now; None before the first frame, because no size is known.
        """
        now_s = time.perf_counter()
        if self._missing_since_s is None:
            self._missing_since_s = now_s
        if self._last is not None and now_s - self._missing_since_s < delays.NOTICE_AFTER_S:
            return replace(self._last, matte=self._last.matte.as_of(now_s))
        return self._drawn(text, seen, now_s)

    def forget(self) -> None:
        """Never show the last composite again."""
        self._last, self._missing_since_s = None, None

    def notice(self, text: tuple[str, ...], seen: Frame | None) -> Composite | None:
        """Give a notice at once, and forget the last composite.

        Args:
            text: the lines of the notice, as for ``instead``.
            seen: a frame; only its size and number are used.

        Returns:
            The notice, as of now; None before the first frame, because no size is known.
        """
        self.forget()
        return self._drawn(text, seen, time.perf_counter())

    def _drawn(self, text: tuple[str, ...], seen: Frame | None, now_s: float) -> Composite | None:
        self._seen = seen or self._seen
        return None if self._seen is None else notice(text, self._seen, captured_s=now_s)
