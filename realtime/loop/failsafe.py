"""Fail closed: what the sinks get while there is no finished picture.

For a second it is the last composite again, then a notice that is drawn here and has no camera pixel in it.
Goes in: each finished composite. Comes out, when one is missing: a composite to send in its place.
"""

import time
from dataclasses import replace

from realtime.frame import Composite, Frame, Pixels
from realtime.media.notice import draw_notice, notice

NOTICE_AFTER_S = 1.0

_SMALL_PX = 64, 36

PAUSED = ("Picture paused", "The background is not ready. Trying again.")
WAITING = ("Picture paused", "Waiting for the camera.")
STOPPED = ("Picture paused",)
SHUTTER_CLOSED = ("Camera off",)


class FailSafe:
    """Remembers the last composite, and for how long none has come.

    Args:
        size: a picture of the size of the notices before the first frame; None: there are none until then.
    """

    def __init__(self, size: Frame | None = None) -> None:
        self._last: Composite | None = None
        self._seen = size
        self._missing_since_s: float | None = None
        self._notices: dict[tuple[str, ...], Pixels] = {}
        draw_notice(WAITING, *_SMALL_PX)  # OpenCV loads its font with the first text: now, not when a notice is due

    def good(self, composite: Composite) -> None:
        """A picture was finished."""
        self._last, self._seen = composite, composite.frame
        self._missing_since_s = None

    def instead(self, text: tuple[str, ...], seen: Frame | None) -> Composite | None:
        """What to send now, when no picture was finished.

        Args:
            text: the lines of the notice. Others in a call read them: no paths, no names.
            seen: the frame that came to nothing; only its size and number are used.

        Returns:
            The last composite or a notice, as of now; None when there was no frame yet, so that no size is known.
        """
        now_s = time.perf_counter()
        if self._missing_since_s is None:
            self._missing_since_s = now_s
        if self._last is not None and now_s - self._missing_since_s < NOTICE_AFTER_S:
            return replace(self._last, matte=self._last.matte.as_of(now_s))
        return self._drawn(text, seen, now_s)

    def forget(self) -> None:
        """The last composite may not be shown again."""
        self._last, self._missing_since_s = None, None

    def notice(self, text: tuple[str, ...], seen: Frame | None) -> Composite | None:
        """A notice at once; the last composite is forgotten.

        Args:
            text: the lines of the notice, as for ``instead``.
            seen: a frame; only its size and number are used.

        Returns:
            The notice, as of now; None when there was no frame yet, so that no size is known.
        """
        self.forget()
        return self._drawn(text, seen, time.perf_counter())

    def _drawn(self, text: tuple[str, ...], seen: Frame | None, now_s: float) -> Composite | None:
        self._seen = seen = seen or self._seen
        if seen is None:
            return None
        pixels = self._notices.get(text)
        if pixels is None or pixels.shape != seen.pixels.shape:
            pixels = self._notices[text] = draw_notice(text, seen.width_px, seen.height_px)
        return notice(text, seen, captured_s=now_s, drawn=pixels)
