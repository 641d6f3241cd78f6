"""``Hotplug``: a sign that a camera that is away may be back, so that nobody waits for the next try.

Goes in: the node of a camera that is away. Comes out, whenever one asks: whether a device was plugged in or changed
since, or another program gave this one back. Linux tells (inotify); elsewhere, and where it cannot, there are no signs.
"""

from contextlib import suppress
from pathlib import Path
from typing import Self

from realtime.media.inotify import IN_ATTRIB, IN_CLOSE, IN_CREATE, Inotify

DEV = Path("/dev")

_SIGNS = IN_CREATE | IN_ATTRIB | IN_CLOSE
"""Of all that is told; that a node is gone is told too."""


class Hotplug:
    """Watches for the return of one camera until it is closed.

    Args:
        handle: what OpenCV opens the camera by; a path where there are signs.
    """

    def __init__(self, handle: int | str) -> None:
        self._node = handle
        self._events: Inotify | None = None
        with suppress(OSError):
            self._events = Inotify()
            self._events.add(DEV, IN_CREATE | IN_ATTRIB)  # udev lets users in a moment after the node is there
            self._watch_node()

    def sign(self) -> bool:
        """Whether there was one since the last call."""
        if self._events is None or not any(mask & _SIGNS for mask in self._events.read()):
            return False
        self._watch_node()
        return True

    def close(self) -> None:
        """Watch no longer. May be called twice."""
        if self._events is not None:
            self._events.close()
            self._events = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _watch_node(self) -> None:
        if self._events is not None and isinstance(self._node, str):
            with suppress(OSError):  # it is not there now
                self._events.add(self._node, IN_CLOSE)
