"""The seam of the outputs: what every sink is."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol, Self, runtime_checkable

from realtime.frame import Composite


class Sink(Protocol):
    """Takes composites, in order. Never sees a camera picture that had no matte."""

    @property
    def name(self) -> str:
        """For people: ``"virtual camera /dev/video10, 1280x720"``."""
        ...

    def send(self, composite: Composite) -> None:
        """Show, write or publish one picture. Must not change it; keeps none of its buffers unless it copies.

        Raises:
            realtime.errors.SinkError: the output is gone or the disk is full.
        """
        ...

    def close(self) -> None:
        """Finish the file, give the device back. May be called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


@runtime_checkable
class Watchable(Sink, Protocol):
    """A sink that can say whether anybody sees it. What cannot (a window, a recording) counts as seen all the time."""

    def watched(self) -> bool | None:
        """Whether anybody sees it now; None where that cannot be known here.

        Called from a thread of its own, several times a second.
        """
        ...


class Action(Enum):
    """What somebody at a window asked for that is not the window's own affair."""

    QUIT = auto()
    NEXT_BACKGROUND = auto()
    SHUTTER = auto()


@runtime_checkable
class Window(Sink, Protocol):
    """A sink that must live on the main thread (macOS and Qt demand it): ``send`` only leaves the newest composite."""

    def pump(self, stats: str) -> Sequence[Action]:
        """Draw the newest composite, with ``stats`` over it when wished, and return what the user asked for.

        Called from the main thread only, about sixty times a second; returns within a frame's time.
        """
        ...
