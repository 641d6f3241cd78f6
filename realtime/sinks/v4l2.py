"""Lists the v4l2loopback virtual cameras, and repairs one that was left half closed. Linux only."""

import contextlib
import fcntl
import os
import struct
from pathlib import Path

DEV = Path("/dev")
DRIVER = b"v4l2 loopback"
"""Driver name of v4l2loopback."""

VIDIOC_QUERYCAP = 0x80685600
VIDIOC_STREAMON = 0x40045612
BUF_TYPE_VIDEO_OUTPUT = 2
CAN_CAPTURE = 0x1
CAN_OUTPUT = 0x2
CAPABILITY = struct.Struct("=16s32s32s6I")
"""``struct v4l2_capability``: driver, card, bus, version, capabilities, capabilities of the node, three reserved."""


def loopbacks() -> list[str]:
    """List the v4l2loopback virtual cameras of this machine, as ``/dev/videoN`` in the order of N."""
    return [node for node in _nodes() if _capabilities(node) is not None]


def forbidden() -> list[str]:
    """List the video devices that this user may not open; some may be virtual cameras."""
    return [node for node in _nodes() if not os.access(node, os.R_OK | os.W_OK)]


def can_output(device: str) -> bool:
    """Return whether a writer may open the virtual camera now. With ``exclusive_caps=1`` it may not while in use."""
    return bool((_capabilities(device) or 0) & CAN_OUTPUT)


def can_capture(device: str) -> bool:
    """Return whether a program may read the virtual camera now. With ``exclusive_caps=1`` it needs a writer."""
    return bool((_capabilities(device) or 0) & CAN_CAPTURE)


def is_dead(device: str) -> bool:
    """Return whether a virtual camera reports no capability at all, so that no program can use it."""
    capabilities = _capabilities(device)
    return capabilities is not None and not capabilities & (CAN_CAPTURE | CAN_OUTPUT)


def heal(device: str) -> bool:
    """Restore the output of a virtual camera that reports no capability; return whether it worked.

    v4l2loopback 0.12 with ``exclusive_caps=1`` can be left in this state after a writer closes it. A request to stream
    fails, and resets it. A camera that can be captured stays untouched, because a program may be writing to it.
    """
    if not is_dead(device):
        return False
    with contextlib.suppress(OSError):
        descriptor = os.open(device, os.O_RDWR)
        try:
            fcntl.ioctl(descriptor, VIDIOC_STREAMON, struct.pack("=i", BUF_TYPE_VIDEO_OUTPUT))
        finally:
            os.close(descriptor)
    return can_output(device)


def _nodes() -> list[str]:
    return [str(node) for node in sorted(DEV.glob("video[0-9]*"), key=lambda path: (len(path.name), path.name))]


def _capabilities(device: str) -> int | None:
    """Return the node's current capabilities; None if it is no virtual camera, or cannot be opened."""
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        answer = fcntl.ioctl(descriptor, VIDIOC_QUERYCAP, bytes(CAPABILITY.size))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    driver, _, _, _, _, node, *_ = CAPABILITY.unpack(answer)
    return int(node) if driver.rstrip(b"\0") == DRIVER else None
