"""``Output``: the one way to the sinks, for every thread that has something for them.

Go in: finished composites, and wishes for what takes their place. Comes out, in every sink: the composite, or a notice
while there is a cover or no picture was finished (see ``failsafe``). No composite passes a cover that came before it,
nor one of a source or background that was put away.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from realtime.frame import Composite, Frame, Matte
from realtime.loop.failsafe import PAUSED, FailSafe
from realtime.loop.sink_group import SinkGroup
from realtime.sinks.base import Sink
from realtime.stats import Stats

_CLOSING_S = 0.5
"""How long ``close`` waits for who sends just then."""


class Output:
    """The sinks of a run, and what goes there. Every method may come from any thread.

    Args:
        sinks: of the run; closed by ``close``.
        stats: where what was sent is counted.
        live: whether a picture that was captured before a cover was lifted, or before ``forget``, is left out.
        background: the scene's background alone, for the matte of a notice; None where it cannot be had now.
        size: a picture of the size of what is sent before the first frame; None: nothing is sent until then.

    Attributes:
        latest: what the sinks got last; None before the first.
    """

    def __init__(
        self,
        sinks: SinkGroup,
        stats: Stats,
        *,
        live: bool,
        background: Callable[[Matte], Composite | None],
        size: Frame | None = None,
    ) -> None:
        self.latest: Composite | None = None
        self._sinks = sinks
        self._stats = stats
        self._live = live
        self._background = background
        self._failsafe = FailSafe(size)
        self._cover: tuple[str, ...] | None = None
        self._cover_background = False
        self._since_s = -math.inf  # what was captured before is not sent
        self._again: Composite | None = None
        self._closed = False
        self._sending = threading.RLock()

    def send(self, composite: Composite) -> None:
        """Send one composite, or what covers it.

        Raises:
            Exception: the error of the last sink that was left.
        """
        frame = composite.frame
        with self._sending:
            if self._cover is not None:
                self.hold(self._cover, frame)
                return
            if self._live and frame.captured_s < self._since_s:
                return
            self._failsafe.good(composite)
            self._send(composite)
        self._stats.sent(frame.captured_s)

    def hold(self, text: tuple[str, ...], frame: Frame | None) -> None:
        """Send, where no picture was finished, what covers it, or else the last composite, then a notice.

        Args:
            text: the lines of the notice.
            frame: the frame that came to nothing, if there is one.

        Raises:
            Exception: the error of the last sink that was left.
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
        """Send what was sent last once more, as of now, while a picture is long in coming: programs want frames.

        After ``forget`` it is a notice.

        Raises:
            Exception: the error of the last sink that was left.
        """
        with self._sending:
            if (again := self._again) is not None:
                self._send(replace(again, matte=again.matte.as_of(time.perf_counter())))
                self._stats.held += 1
            else:
                self.hold(PAUSED, None)

    def cover(self, text: tuple[str, ...] | None, *, background: bool) -> None:
        """Send a notice, now and in the place of every picture, until ``cover(None)``.

        Args:
            text: the lines of the notice.
            background: send the background alone in its place, where that can be had.

        Raises:
            Exception: the error of the last sink that was left.
        """
        with self._sending:
            if text is None and self._cover is not None:
                self._since_s = time.perf_counter()
            self._cover, self._cover_background = text, background
            if text is not None:
                self.hold(text, None)

    def forget(self) -> None:
        """Send nothing again, and nothing that was captured until now: it shows a source or background put away."""
        with self._sending:
            self._since_s = time.perf_counter()
            self._failsafe.forget()
            if self._cover is None:
                self._again = None

    def set(self, sinks: Sequence[Sink]) -> None:
        """Go on with these sinks; those that are left out are closed, windows by the main thread."""
        with self._sending:
            gone = self._sinks.set(sinks)
        for sink in gone:
            sink.close()

    def close(self) -> None:
        """Close every sink; nothing is sent any more. Main thread only.

        Raises:
            Exception: the first error, when no sink could be closed.
        """
        free = self._sending.acquire(timeout=_CLOSING_S)  # a sink that hangs must not hold up the end
        try:
            self._closed = True
            self._sinks.close()
        finally:
            if free:
                self._sending.release()

    def _send(self, composite: Composite) -> None:
        if not self._closed:
            self._sinks.send(composite)
            self.latest = self._again = composite
