"""The seam of capture: what every source is."""

from collections.abc import Iterator
from typing import Protocol, Self, runtime_checkable

from realtime.frame import Frame


class Source(Protocol):
    """An open source of frames: iterate it, close it.

    ``next(source)`` blocks until the next frame, raises ``StopIteration`` at the end of a file and
    ``realtime.errors.SourceLost`` when a device stopped giving frames. A source is used from one thread;
    only ``close`` may be called from another.
    """

    @property
    def name(self) -> str:
        """For people, what was granted, not asked: ``"Logitech C920 (/dev/video0), 1280x720 at 30 fps, MJPG"``."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second as granted or as the file says; 0 for a single picture."""
        ...

    @property
    def live(self) -> bool:
        """True for what goes on whether one reads or not (camera, stream, screen): the newest frame wins."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...

    def __next__(self) -> Frame: ...

    def close(self) -> None:
        """Give the device or file back. May be called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class Signs(Protocol):
    """What tells that a device that is away may be back; asked often, until it is closed."""

    def sign(self) -> bool:
        """Whether there was a sign since the last call; costs next to nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class Reopenable(Source, Protocol):
    """A source that can be opened anew as the very same one, where what it was called by may lead elsewhere now."""

    def again(self) -> Source:
        """Open it anew, after it was lost or closed.

        Raises:
            realtime.errors.SourceError: it cannot be opened now.
        """
        ...


@runtime_checkable
class Hotpluggable(Source, Protocol):
    """A source whose device tells that it may be back."""

    def signs(self) -> Signs:
        """Watch for its return, while it is lost."""
        ...
