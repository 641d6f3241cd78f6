"""``Sink``: the protocol of all outputs."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol, runtime_checkable

from realtime.ending import Closing
from realtime.frame import Composite

DEFAULT_NAME = "greenless"
"""Name of a PipeWire camera or NDI source if the user gives none."""


class Sink(Closing, Protocol):
    """Takes composites, in order. It never receives a frame without a matte."""

    name: str
    """Describes the sink to the user: ``"virtual camera /dev/video10, 1280x720"``."""

    def send(self, composite: Composite) -> None:
        """Show, write or publish one composite, without changing it.

        Raises:
            realtime.errors.SinkError: the device is gone or the disk is full.
        """
        ...

    def close(self) -> None:
        """Finish the file, release the device. May be called twice."""
        ...


@runtime_checkable
class Watchable(Sink, Protocol):
    """A sink that knows whether anybody watches it. Other sinks (a window, a recording) always count as watched."""

    def watched(self) -> bool | None:
        """Return whether anybody watches; None if the system does not report it.

        A separate thread calls it several times a second.
        """
        ...


@runtime_checkable
class Remote(Sink, Protocol):
    """A sink that may lose its receiver, drops composites then, and reconnects by itself."""

    trouble: str
    """Why the receiver gets nothing now, for people; empty if it gets composites."""


class Action(Enum):
    """A user's command at a window that the window cannot execute itself."""

    QUIT = auto()
    NEXT_BACKGROUND = auto()
    SHUTTER = auto()


@runtime_checkable
class Window(Sink, Protocol):
    """A sink that must draw on the main thread, as macOS and Qt require. ``send`` only stores the newest composite."""

    def pump(self, stats: str) -> Sequence[Action]:
        """Draw the newest composite, with ``stats`` over it if the user wants them, and return the user's commands.

        The main thread calls it about sixty times a second. It returns within the time of one frame.
        """
        ...
