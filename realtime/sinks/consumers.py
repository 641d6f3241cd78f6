"""Who reads a virtual camera of Linux: whether another program shows it now.

Goes in: the path of a v4l2loopback. Comes out: yes or no, as often as one asks; asking costs a system call or two.
v4l2loopback 0.13 and later queue an event when a program starts or stops to stream, and give the level to who
subscribes anew, which is done every few seconds, since an event can be lost. Older ones say nothing: there the opens
and closes of the node are counted (inotify), and the descriptors of the processes are looked at every few seconds
(/proc): a program may have been there before us, and two closes right after another are told as one. Linux only.
"""

import errno
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from realtime.errors import SinkError
from realtime.media.inotify import IN_CLOSE, IN_OPEN, IN_Q_OVERFLOW, Inotify

LEVEL_S = 3.0
"""How old the level may be before it is read again."""

SOON_S = 0.3
"""How old after a close."""

VIDIOC_DQEVENT = 0x80885659
VIDIOC_SUBSCRIBE_EVENT = 0x4020565A
SEND_INITIAL = 1
CLIENT_USAGE = 0x10E00001
"""v4l2loopback's ``V4L2_EVENT_PRI_CLIENT_USAGE``; its payload is 0 while no program streams."""

SUBSCRIPTION = struct.Struct("=3I20x")
"""``struct v4l2_event_subscription``: type, id, flags."""

EVENT = struct.Struct("=I4xI60x64x")
"""``struct v4l2_event`` of a 64-bit system: the type, and the first number of the payload."""


class Consumers(Protocol):
    """Watches one virtual camera."""

    def any(self) -> bool:
        """Whether a program reads it now."""
        ...

    def close(self) -> None:
        """Watch no longer. May be called twice."""
        ...


def watch(device: str) -> Consumers:
    """Watch who reads ``device``, by the best means that its driver has.

    Raises:
        SinkError: the system gives no means.
    """
    try:
        return Streams(device)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTTY):
            raise SinkError(f"cannot tell who reads {device}: {error.strerror}") from error
    try:
        return Opens(device)
    except OSError as error:
        raise SinkError(f"cannot tell who reads {device}: {error.strerror}") from error


class Streams:
    """Programs that stream from it, as v4l2loopback 0.13 and later tell.

    Raises:
        OSError: EINVAL from an older one.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._streaming = 0
        self._descriptor = self._subscribed()

    def any(self) -> bool:
        """Whether a program streams."""
        if time.monotonic() - self._read_s >= LEVEL_S:
            with suppress(OSError):  # the old subscription still holds
                fresh = self._subscribed()  # a second time on one descriptor it would be ignored
                self.close()
                self._descriptor = fresh
        self._drain()
        return self._streaming > 0

    def close(self) -> None:
        """Watch no longer."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _subscribed(self) -> int:
        """A descriptor to which the level comes at once, and then every change."""
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


class Opens:
    """Programs that have it open, for drivers that do not tell who streams.

    A program that only looks which cameras there are has it open for a moment too: believe what lasts. The processes of
    others cannot be looked at, so the count is believed until a program that could be seen is gone.

    Raises:
        OSError: inotify is exhausted, or there is no such device.
    """

    def __init__(self, device: str) -> None:
        self._device = os.path.realpath(device)
        self._opens = 0
        self._found = False
        self._looked_s = 0.0
        self._events = Inotify()
        try:
            self._events.add(self._device, IN_OPEN | IN_CLOSE)
        except OSError:
            self._events.close()
            raise
        self._look()

    def any(self) -> bool:
        """Whether another process has it open."""
        for mask in self._events.read():
            self._count(mask)
        if time.monotonic() - self._looked_s >= LEVEL_S:
            self._look()
        return self._opens > 0 or self._found

    def close(self) -> None:
        """Watch no longer."""
        self._events.close()

    def _count(self, mask: int) -> None:
        if mask & IN_Q_OVERFLOW:
            self._opens = 0
            self._look()
        elif mask & IN_OPEN:
            self._opens += 1
        elif mask & IN_CLOSE:
            self._opens = max(0, self._opens - 1)  # one that was open before us was never counted
            self._looked_s = min(self._looked_s, time.monotonic() - LEVEL_S + SOON_S)

    def _look(self) -> None:
        self._looked_s = time.monotonic()
        before, self._found = self._found, is_open_elsewhere(self._device)
        if before and not self._found:
            self._opens = 0


def is_open_elsewhere(device: str) -> bool:
    """Whether another process has ``device`` open, as far as this user may see."""
    others = (process for process in os.listdir("/proc") if process.isdecimal() and int(process) != os.getpid())
    return any(device in _open_in(process) for process in others)


def _open_in(process: str) -> Iterator[str]:
    """What a process has open; nothing where it is another user's or has just gone."""
    with suppress(OSError):
        for descriptor in os.listdir(f"/proc/{process}/fd"):
            with suppress(OSError):
                yield os.readlink(f"/proc/{process}/fd/{descriptor}")
