"""``SinkGroup``: all sinks of a run. A sink that fails leaves, and the others continue.

The work thread sends composites; the main thread calls ``pump``, because windows must live there.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from realtime.errors import GreenlessError
from realtime.frame import Composite
from realtime.sinks.base import Action, Sink, Window
from realtime.stats import Stats

log = logging.getLogger("greenless")


@runtime_checkable
class Bystander(Protocol):
    """A sink that may ask not to keep a run alive, for example the control page."""

    aside: bool
    """Whether the run ends when no other sink is left."""


class SinkGroup:
    """The sinks of a run; owns and closes them.

    Args:
        sinks: at least one.
        stats: counts the time of each.
    """

    def __init__(self, sinks: Sequence[Sink], stats: Stats) -> None:
        if not sinks:
            raise ValueError("expected at least one sink, got none")
        self._gone_windows: list[Sink] = []
        self._stats = stats
        self._changing = threading.Lock()
        self._put(sinks)

    def send(self, composite: Composite) -> None:
        """Give one composite to every sink.

        Raises:
            Exception: the last sink failed.
        """
        for sink in self._sinks:
            start_s = time.perf_counter()
            try:
                sink.send(composite)
            except Exception as error:  # the other sinks continue
                self._fail(sink, error)
            else:
                self._stats.add(sink.name, time.perf_counter() - start_s)

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """The sinks that have not failed."""
        return self._sinks

    def set(self, sinks: Sequence[Sink]) -> list[Sink]:
        """Continue with these sinks. Not during ``send``.

        Returns:
            The removed sinks that the caller must close; the next ``pump`` closes windows.
        """
        if not sinks:
            raise ValueError("expected at least one sink, got none")
        with self._changing:
            gone = [sink for sink in self._sinks if sink not in sinks]
            windows = self._windows
            self._put(sinks)
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
        """Close every sink, even if some raise. Main thread only.

        Raises:
            Exception: no sink could be closed; this is the first error.
        """
        errors = [error for sink in (*self._sinks, *self._gone_windows) if (error := self._close(sink)) is not None]
        if errors and len(errors) >= len(self._sinks):
            raise errors[0]

    def _put(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
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
            self._put([other for other in self._sinks if other is not sink])
            left = any(not (isinstance(other, Bystander) and other.aside) for other in self._sinks)
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
