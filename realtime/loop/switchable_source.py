"""The source of a run, which may be changed, closed and opened again while the run goes on.

Goes in: an open source, later another one, or none. Comes out: their frames, numbered on; while there is no source
whoever asks for a frame waits.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from realtime.capture.base import Source
from realtime.frame import Frame
from realtime.stats import Stats


class SwitchableSource:
    """Whatever source there is at the moment. Owns and closes it.

    Args:
        source: an open source.
        stats: where the time of each frame goes.
    """

    def __init__(self, source: Source, stats: Stats) -> None:
        self._source: Source | None = source
        self._stats = stats
        self._changed = threading.Condition()
        self._closed = False
        self._next_index = 0
        self._fps = source.fps

    @property
    def fps(self) -> float:
        """Of the source, or of the last one; what a source says may change when it is opened anew."""
        source = self._source
        if source is not None:
            self._fps = source.fps
        return self._fps

    @property
    def has_source(self) -> bool:
        """Whether there is a source at the moment."""
        return self._source is not None

    def set(self, source: Source | None) -> None:
        """Go on with another source, or with none; the one before is closed. From any thread."""
        with self._changed:
            before, self._source = self._source, source
            self._changed.notify_all()
            unwanted = source if self._closed else None
        for old in (before, unwanted):
            if old is not None:
                old.close()  # wakes a read that blocks

    def frames(self) -> Iterator[Frame]:
        """Every frame, timed, until a source ends or this is closed. For one thread.

        Raises:
            realtime.errors.SourceLost: the source is gone.
        """
        while (source := self._awaited()) is not None:
            shift = self._next_index
            while True:
                start_s = time.perf_counter()
                try:
                    frame = next(source)
                except StopIteration:
                    if source is self._source:
                        return
                    break
                except Exception:
                    if source is self._source:
                        raise
                    break  # closed under a read that blocked
                if source is not self._source:
                    break
                self._stats.add("capture", time.perf_counter() - start_s)
                self._next_index = frame.index + shift + 1
                yield replace(frame, index=frame.index + shift) if shift else frame

    def close(self) -> None:
        """Close the source, wake whoever waits, and give no more frames."""
        with self._changed:
            self._closed = True
        self.set(None)

    def _awaited(self) -> Source | None:
        """The source that is there, waited for; None when this is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._source is not None)
            return None if self._closed else self._source
