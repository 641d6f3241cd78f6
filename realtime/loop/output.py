"""``Output``: decides what the sinks get, for every thread that sends to them.

The sinks get finished composites, or a notice under a cover or when no composite was finished (see ``failsafe``). No
composite passes an earlier cover, nor shows a source or background that was replaced.

It is separate from ``SinkGroup`` because their locks differ. The lock here is held while a sink is sending; the main
thread must draw windows even if another sink hangs.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from realtime.frame import Composite, Frame, Matte
from realtime.loop import delays
from realtime.loop.failsafe import PAUSED, FailSafe
from realtime.loop.sink_group import SinkGroup
from realtime.sinks.base import Sink
from realtime.stats import Stats


class Output:
    """Sends to the sinks of a run. Thread-safe.

    Args:
        sinks: the sinks of the run; ``close`` closes them.
        stats: counts what was sent.
        background: makes the background alone, for the matte of a notice; None if it is not available now.
        size: a frame with the size of notices before the first frame; None: nothing is sent until then.

    Attributes:
        latest: the composite that the sinks got last; None before the first.
    """

    def __init__(
        self,
        sinks: SinkGroup,
        stats: Stats,
        *,
        background: Callable[[Matte], Composite | None],
        size: Frame | None = None,
    ) -> None:
        self.latest: Composite | None = None
        self._sinks = sinks
        self._stats = stats
        self._background = background
        self._failsafe = FailSafe(size)
        self._cover: tuple[str, ...] | None = None
        self._cover_background = False
        self._since_s = -math.inf  # frames captured before are not sent
        self._again: Composite | None = None
        self._closed = False
        self._sending = threading.RLock()

    def send(self, composite: Composite) -> None:
        """Send one composite, or the cover instead.

        Raises:
            Exception: the last sink failed.
        """
        frame = composite.frame
        with self._sending:
            if self._cover is not None:
                self.hold(self._cover, frame)
                return
            if frame.captured_s < self._since_s:
                return
            self._failsafe.good(composite)
            self._send(composite)
        self._stats.sent(frame.captured_s)

    def hold(self, text: tuple[str, ...], frame: Frame | None) -> None:
        """Send a replacement when no composite was finished: the cover, else the last composite, then a notice.

        Args:
            text: the lines of the notice.
            frame: the frame without a composite, if there is one.

        Raises:
            Exception: the last sink failed.
        """
        with self._sending:
            if self._cover is None:
                composite = self._failsafe.instead(text, frame)
            else:
                composite = self._failsafe.notice(self._cover, frame)
                if composite is not None and self._cover_background:
                    composite = self._background(composite.matte) or composite
            if composite is not None:
                self._send(composite)
                self._stats.held += 1

    def keep(self) -> None:
        """Repeat what was sent last, as of now, because programs expect frames. After ``forget``, send a notice.

        Raises:
            Exception: the last sink failed.
        """
        with self._sending:
            if (again := self._again) is not None:
                self._send(replace(again, matte=again.matte.as_of(time.perf_counter())))
                self._stats.held += 1
            else:
                self.hold(PAUSED, None)

    def cover(self, text: tuple[str, ...] | None, *, background: bool) -> None:
        """Send a notice now, and instead of every composite until ``cover(None)``.

        Args:
            text: the lines of the notice.
            background: send the background alone instead, if it is available.

        Raises:
            Exception: the last sink failed.
        """
        with self._sending:
            if text is None and self._cover is not None:
                self._since_s = time.perf_counter()
            self._cover, self._cover_background = text, background
            if text is not None:
                self.hold(text, None)

    def forget(self) -> None:
        """Repeat nothing, and send no frame captured until now: it shows a source or background that was replaced."""
        with self._sending:
            self._since_s = time.perf_counter()
            self._failsafe.forget()
            if self._cover is None:
                self._again = None

    def set(self, sinks: Sequence[Sink]) -> list[Sink]:
        """Continue with these sinks.

        Returns:
            The sinks that the caller must close; the main thread closes windows.
        """
        with self._sending:
            return list(sinks) if self._closed else self._sinks.set(sinks)

    def close(self) -> None:
        """Close every sink and send nothing more. Main thread only. May be called twice.

        Raises:
            Exception: no sink could be closed; this is the first error.
        """
        free = self._sending.acquire(timeout=delays.SENDING_AT_END_S)
        try:
            if not self._closed:
                self._closed = True
                self._sinks.close()
        finally:
            if free:
                self._sending.release()

    def _send(self, composite: Composite) -> None:
        if not self._closed:
            self._sinks.send(composite)
            self.latest = self._again = composite
