"""``Source``: the protocol of everything that gives frames."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from realtime.ending import Closing
from realtime.frame import Frame


class Source(Closing, Protocol):
    """An open source of frames: iterate it, then close it.

    ``next(source)`` blocks until the next frame. It raises ``StopIteration`` at the end of a file and
    ``realtime.errors.SourceLost`` if a device stops giving frames. One thread uses a source; only ``close`` may be
    called from another.
    """

    live: bool = True
    """True if the source continues without a reader (camera, stream, screen): only the newest frame counts."""

    @property
    def name(self) -> str:
        """Describes what the device granted: ``"Logitech C920 (/dev/video0), 1280x720 at 30 fps, MJPG"``."""
        ...

    @property
    def fps(self) -> float:
        """Frame rate that the device granted or the file states; 0 for a single image."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame: ...


@runtime_checkable
class Reopenable(Source, Protocol):
    """A source that can reopen the same device, even if its number or path now belongs to another device."""

    def again(self) -> Source:
        """Reopen it after it was lost or closed.

        Raises:
            realtime.errors.SourceError: it cannot be opened now.
        """
        ...
