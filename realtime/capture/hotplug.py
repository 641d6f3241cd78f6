"""``Hotplug``: signs that a lost camera may be back, so that greenless reopens it without delay.

A sign is a device that was plugged in or changed, or another program that closed the camera. Linux reports them
(inotify). On other systems, and if inotify is exhausted, there are no signs.
"""

from contextlib import suppress
from pathlib import Path

from realtime.ending import Closing
from realtime.media.inotify import IN_ATTRIB, IN_CLOSE, IN_CREATE, Inotify

DEV = Path("/dev")

_SIGNS = IN_CREATE | IN_ATTRIB | IN_CLOSE
"""The events that are signs; inotify also reports other events, such as the removal of a node."""


class Hotplug(Closing):
    """Watches for the return of one camera.

    Args:
        handle: the camera's ``Device.handle``; only a path has signs of its release.
    """

    def __init__(self, handle: int | str) -> None:
        self._node = handle
        self._events: Inotify | None = None
        with suppress(OSError):
            self._events = Inotify()
            self._events.add(DEV, IN_CREATE | IN_ATTRIB)  # IN_ATTRIB: udev sets permissions after creating the node
            self._watch_node()

    def sign(self) -> bool:
        """Return whether there was a sign since the last call."""
        if self._events is None or not any(mask & _SIGNS for mask in self._events.read()):
            return False
        self._watch_node()
        return True

    def close(self) -> None:
        """Stop watching. May be called twice."""
        if self._events is not None:
            self._events.close()
            self._events = None

    def _watch_node(self) -> None:
        if self._events is not None and isinstance(self._node, str):
            with suppress(OSError):  # the node does not exist yet
                self._events.add(self._node, IN_CLOSE)
