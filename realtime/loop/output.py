"""``Output``: sends to the sinks of a run, and decides what they get, for every thread.

The sinks get finished composites, or a notice under a cover or when no composite was finished (see ``failsafe``). No
composite passes an earlier cover, nor shows a source or background that was replaced. A sink that fails leaves, and the
others continue.

One lock is held while a sink is sending. The main thread draws windows without it, because another sink may hang.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from realtime.ending import held
from realtime.errors import GreenlessError
from realtime.frame import Composite, Frame, Matte
from realtime.loop import delays
from realtime.loop.failsafe import PAUSED, FailSafe
from realtime.loop.stats import Stats
from realtime.sinks.base import Action, Sink, Window

log = logging.getLogger("greenless")


class Output:
    """The sinks of a run; owns and closes them. Thread-safe.

    Args:
        sinks: at least one.
        stats: counts what was sent, and the time of each sink.
        background: makes the background alone, for the matte of a notice; None if it is not available now.
        size: a frame with the size of notices before the first frame; None: nothing is sent until then.

    Attributes:
        latest: the composite that the sinks got last; None before the first.
        sinks: the sinks that have not failed.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        stats: Stats,
        *,
        background: Callable[[Matte], Composite | None],
        size: Frame | None = None,
    ) -> None:
        self.latest: Composite | None = None
        self._stats = stats
        self._gone_windows: list[Sink] = []
        self._changing = threading.Lock()
        self._put(_checked(sinks))
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
            The removed sinks that the caller must close; the next ``pump`` closes windows.
        """
        with self._sending:
            if self._closed:
                return list(sinks)
            with self._changing:
                gone = [sink for sink in self.sinks if sink not in sinks]
                windows = self._windows
                self._put(_checked(sinks))
            self._gone_windows += [sink for sink in gone if sink in windows]
            return [sink for sink in gone if sink not in windows]

    def has_windows(self) -> bool:
        """Whether ``pump`` has anything to do."""
        return bool(self._gone_windows or self._windows)

    def pump(self, line: str) -> list[Action]:
        """Draw the windows, with ``line`` of stats, and return what the user asked for. Main thread only.

        Raises:
            Exception: the last sink failed.
        """
        actions: list[Action] = []
        while self._gone_windows:
            self._close(self._gone_windows.pop())
        for window in self._windows:
            try:
                actions += window.pump(line)
            except Exception as error:  # the other sinks continue
                self._fail(window, error)
        return actions

    def close(self) -> None:
        """Close every sink, even if some raise, and send nothing more. Main thread only. May be called twice.

        Raises:
            Exception: no sink could be closed; this is the first error.
        """
        with held(self._sending, delays.SENDING_AT_END_S):
            if self._closed:
                return
            self._closed = True
            errors = [error for sink in (*self.sinks, *self._gone_windows) if (error := self._close(sink))]
            if len(errors) >= len(self.sinks) and errors:
                raise errors[0]

    def _send(self, composite: Composite) -> None:
        """Give one composite to every sink."""
        if self._closed:
            return
        for sink in self.sinks:
            start_s = time.perf_counter()
            try:
                sink.send(composite)
            except Exception as error:  # the other sinks continue
                self._fail(sink, error)
            else:
                self._stats.add(sink.name, time.perf_counter() - start_s)
        self.latest = self._again = composite

    def _put(self, sinks: Sequence[Sink]) -> None:
        self.sinks = tuple(sinks)
        self._windows = tuple(sink for sink in sinks if isinstance(sink, Window))  # once: the check is slow

    def _close(self, sink: Sink) -> Exception | None:
        """Close one sink; report its error, and return it."""
        try:
            sink.close()
        except Exception as error:
            self._report(sink, error)
            return error
        return None

    def _fail(self, sink: Sink, error: Exception) -> None:
        """Remove one sink. Report its error, or raise it if no other sink keeps the run alive."""
        with self._changing:
            is_window = sink in self._windows
            self._put([other for other in self.sinks if other is not sink])
            left = any(not getattr(other, "aside", False) for other in self.sinks)  # as the control page is
        if is_window:
            self._gone_windows.append(sink)  # the main thread closes it
        else:
            try:
                sink.close()
            except Exception as second:  # the first error is the one that counts
                log.debug("cannot close %s either: %s", sink.name, second)
        if not left:
            raise error
        self._report(sink, error)

    def _report(self, sink: Sink, error: Exception) -> None:
        text = f"{sink.name}: {error}"
        self._stats.errors.append(text)
        log.error("%s", text, exc_info=None if isinstance(error, GreenlessError) else error)


def _checked(sinks: Sequence[Sink]) -> Sequence[Sink]:
    if not sinks:
        raise ValueError("expected at least one sink, got none")
    return sinks
