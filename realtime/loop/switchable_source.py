"""``SwitchableSource``: the slot that holds the source of a run, and numbers its frames.

The source may be replaced or removed during the run. It is separate from ``LiveSource`` because a change opens the next
``LiveSource`` while this slot is empty, and fills the slot later.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from realtime.capture.source import Source
from realtime.frame import Frame
from realtime.loop.stats import Stats

_USUAL_PERIOD_S = 1 / 30
"""For a source that has no frame rate."""


class SwitchableSource:
    """Gives the frames of the current source. Owns it, and closes it.

    Args:
        source: an open source.
        stats: counts the time of each frame.
    """

    def __init__(self, source: Source, stats: Stats) -> None:
        self._source: Source | None = source
        self._stats = stats
        self._changed = threading.Condition()
        self._closed = False
        self._next_index = 0
        self._fps = source.fps

    @property
    def period_s(self) -> float:
        """The time between two frames of the source, or of the last one; it may change when the source reopens."""
        source = self._source
        if source is not None:
            self._fps = source.fps
        return 1 / self._fps if self._fps > 0 else _USUAL_PERIOD_S

    @property
    def has_source(self) -> bool:
        """Whether the slot holds a source."""
        return self._source is not None

    def set(self, source: Source | None) -> None:
        """Close the source, and continue with another one or with none. Thread-safe."""
        with self._changed:
            before, self._source = self._source, source
            self._changed.notify_all()
            unwanted = source if self._closed else None
        for old in (before, unwanted):
            if old is not None:
                old.close()  # wakes a read that blocks

    def frames(self) -> Iterator[Frame]:
        """Give every frame, timed and numbered, until a source ends or ``close``. For one thread.

        Without a source, the iteration waits for the next one.

        Raises:
            realtime.errors.SourceLost: the source is gone.
        """
        while (source := self._awaited()) is not None:
            start_s = time.perf_counter()
            try:
                frame = next(source, None)
            except Exception:
                if source is self._source:
                    raise
                continue  # another thread closed the source during a read
            if source is not self._source:
                continue
            if frame is None:
                return
            self._stats.add("capture", time.perf_counter() - start_s)
            number, self._next_index = self._next_index, self._next_index + 1
            yield frame if frame.index == number else replace(frame, index=number)

    def close(self) -> None:
        """Close the source, and end the iteration. May be called twice."""
        with self._changed:
            self._closed = True
        self.set(None)

    def _awaited(self) -> Source | None:
        """Wait for a source; None after ``close``."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._source is not None)
            return None if self._closed else self._source
