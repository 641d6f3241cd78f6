"""Whether another program reads a v4l2loopback virtual camera. Linux only.

v4l2loopback 0.13 and later queue an event when a program starts or stops streaming. They also send the current state on
subscription, so ``Streams`` subscribes again every few seconds in case an event was lost.

Older versions report nothing. ``Opens`` then counts opens and closes of the node (inotify), and checks the open files
of all processes (/proc) every few seconds: a program may have opened the node earlier, and inotify can merge two closes
into one.
"""

import errno
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress

from realtime.ending import Closing, closed_on_error
from realtime.errors import SinkError
from realtime.media.inotify import IN_CLOSE, IN_OPEN, IN_Q_OVERFLOW, Inotify

LEVEL_S = 3.0
"""Interval at which the current state is read again."""

SOON_S = 0.3
"""Time from a close to the next read of the current state."""

VIDIOC_DQEVENT = 0x80885659
VIDIOC_SUBSCRIBE_EVENT = 0x4020565A
SEND_INITIAL = 1
CLIENT_USAGE = 0x10E00001
"""v4l2loopback's ``V4L2_EVENT_PRI_CLIENT_USAGE``; its payload is 0 while no program streams."""

SUBSCRIPTION = struct.Struct("=3I20x")
"""``struct v4l2_event_subscription``: type, id, flags."""

EVENT = struct.Struct("=I4xI60x64x")
"""``struct v4l2_event`` of a 64-bit system: type, and first number of the payload."""


def watch(device: str) -> "Streams | Opens":
    """Watch the readers of ``device`` by the best means that its driver offers.

    Raises:
        SinkError: neither driver nor system report them.
    """
    try:
        try:
            return Streams(device)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTTY):
                raise
        return Opens(device)
    except OSError as error:
        raise SinkError(f"cannot find out which programs read {device}: {error.strerror}") from error


class Streams(Closing):
    """Programs that stream from the device, by events of v4l2loopback 0.13 and later.

    Raises:
        OSError: EINVAL from an older version.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._streaming = 0
        self._descriptor = self._subscribed()

    def any(self) -> bool:
        """Return whether a program streams."""
        if time.monotonic() - self._read_s >= LEVEL_S:
            with suppress(OSError):  # the old subscription stays valid
                fresh = self._subscribed()  # the driver ignores a second subscription on one descriptor
                self.close()
                self._descriptor = fresh
        self._drain()
        return self._streaming > 0

    def close(self) -> None:
        """Stop watching."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _subscribed(self) -> int:
        """Open a descriptor that receives the current state at once, and then every change."""
        self._read_s = time.monotonic()
        descriptor = os.open(self._device, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(descriptor, VIDIOC_SUBSCRIBE_EVENT, SUBSCRIPTION.pack(CLIENT_USAGE, 0, SEND_INITIAL))
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _drain(self) -> None:
        with suppress(OSError):  # no event is left
            while True:
                kind, count = EVENT.unpack(fcntl.ioctl(self._descriptor, VIDIOC_DQEVENT, bytes(EVENT.size)))
                if kind == CLIENT_USAGE:
                    self._streaming = count


class Opens(Closing):
    """Programs that have the device open, for drivers that do not report streaming.

    A program that lists cameras opens the device for a moment too, so callers must wait for a lasting result. Processes
    of other users are invisible, so the count holds until a visible process closes the device.

    Raises:
        OSError: inotify is exhausted, or there is no such device.
    """

    def __init__(self, device: str) -> None:
        self._device = os.path.realpath(device)
        self._opens = 0
        self._found = False
        self._looked_s = 0.0
        self._events = Inotify()
        with closed_on_error(self):
            self._events.add(self._device, IN_OPEN | IN_CLOSE)
        self._look()

    def any(self) -> bool:
        """Return whether another process has the device open."""
        for mask in self._events.read():
            self._count(mask)
        if time.monotonic() - self._looked_s >= LEVEL_S:
            self._look()
        return self._opens > 0 or self._found

    def close(self) -> None:
        """Stop watching."""
        self._events.close()

    def _count(self, mask: int) -> None:
        if mask & IN_Q_OVERFLOW:
            self._opens = 0
            self._look()
        elif mask & IN_OPEN:
            self._opens += 1
        elif mask & IN_CLOSE:
            self._opens = max(0, self._opens - 1)  # earlier opens were not counted
            self._looked_s = min(self._looked_s, time.monotonic() - LEVEL_S + SOON_S)

    def _look(self) -> None:
        self._looked_s = time.monotonic()
        before, self._found = self._found, is_open_elsewhere(self._device)
        if before and not self._found:
            self._opens = 0


def is_open_elsewhere(device: str) -> bool:
    """Return whether another process that this user may inspect has ``device`` open."""
    others = (process for process in os.listdir("/proc") if process.isdecimal() and int(process) != os.getpid())
    return any(device in _open_in(process) for process in others)


def _open_in(process: str) -> Iterator[str]:
    """Yield the open files of a process; none if it belongs to another user or has ended."""
    with suppress(OSError):
        for descriptor in os.listdir(f"/proc/{process}/fd"):
            with suppress(OSError):
                yield os.readlink(f"/proc/{process}/fd/{descriptor}")
