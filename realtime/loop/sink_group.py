"""The sinks of a run as one: every composite goes to each, and one that fails leaves without stopping the others.

Goes in: composites, from the thread that makes them; ``pump`` from the main thread, where windows must live. Comes out:
the time that each sink took, its error, once, and what the user asked for at a window.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import TypeGuard

from realtime.errors import GreenlessError
from realtime.frame import Composite
from realtime.sinks.base import Action, Sink, Window
from realtime.stats import Stats

log = logging.getLogger("greenless")


class SinkGroup:
    """All sinks of a run; owns and closes them.

    Args:
        sinks: at least one.
        stats: where the time of each goes.
    """

    def __init__(self, sinks: Sequence[Sink], stats: Stats) -> None:
        if not sinks:
            raise ValueError("expected at least one sink, got none")
        self._sinks = tuple(sinks)
        self._gone_windows: list[Sink] = []
        self._stats = stats
        self._changing = threading.Lock()

    def send(self, composite: Composite) -> None:
        """Give one composite to every sink.

        Raises:
            Exception: the error of the last sink that was left.
        """
        for sink in self._sinks:
            start_s = time.perf_counter()
            try:
                sink.send(composite)
            except Exception as error:  # whatever a sink does, the others go on
                self._fail(sink, error)
            else:
                self._stats.add(sink.name, time.perf_counter() - start_s)

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """Those that are left."""
        return self._sinks

    def set(self, sinks: Sequence[Sink]) -> list[Sink]:
        """Go on with these sinks. Not while ``send`` is at work.

        Returns:
            Those of the old ones that the caller must close; windows are closed by the next ``pump``.
        """
        if not sinks:
            raise ValueError("expected at least one sink, got none")
        with self._changing:
            gone = [sink for sink in self._sinks if sink not in sinks]
            self._sinks = tuple(sinks)
        self._gone_windows += [sink for sink in gone if _is_window(sink)]
        return [sink for sink in gone if not _is_window(sink)]

    def has_windows(self) -> bool:
        """Whether ``pump`` has anything to do."""
        return bool(self._gone_windows) or any(_is_window(sink) for sink in self._sinks)

    def pump(self, line: str) -> list[Action]:
        """Draw the windows, with ``line`` of stats, and return what the user asked for. Main thread only.

        Raises:
            Exception: the error of the last sink that was left.
        """
        actions: list[Action] = []
        while self._gone_windows:
            self._close(self._gone_windows.pop())
        for sink in self._sinks:
            if _is_window(sink):
                try:
                    actions += sink.pump(line)
                except Exception as error:  # whatever a window does, the other sinks go on
                    self._fail(sink, error)
        return actions

    def close(self) -> None:
        """Close every sink, whatever they do. Main thread only.

        Raises:
            Exception: the first error, when no sink could be closed.
        """
        errors = [error for sink in (*self._sinks, *self._gone_windows) if (error := self._close(sink)) is not None]
        if errors and len(errors) >= len(self._sinks):
            raise errors[0]

    def _close(self, sink: Sink) -> Exception | None:
        """Close one sink; its error is told, and others are closed all the same."""
        try:
            sink.close()
        except Exception as error:
            self._report(sink, error)
            return error
        return None

    def _fail(self, sink: Sink, error: Exception) -> None:
        """Take one sink out; its error goes to the log, or on to the caller when no other is left.

        One that stands aside, as the page that looks on, is nothing to go on for.
        """
        with self._changing:
            self._sinks = tuple(other for other in self._sinks if other is not sink)
            left = any(not getattr(other, "aside", False) for other in self._sinks)
        if _is_window(sink):
            self._gone_windows.append(sink)  # closed by the main thread
        else:
            try:
                sink.close()
            except Exception as second:  # it is lost already; its first error is the one that counts
                log.debug("%s did not close either: %s", sink.name, second)
        if not left:
            raise error
        self._report(sink, error)

    def _report(self, sink: Sink, error: Exception) -> None:
        text = f"{sink.name}: {error}"
        self._stats.errors.append(text)
        log.error("%s", text, exc_info=None if isinstance(error, GreenlessError) else error)


def _is_window(sink: Sink) -> TypeGuard[Window]:
    return callable(getattr(sink, "pump", None))
