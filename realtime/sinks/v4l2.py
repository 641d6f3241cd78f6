"""Linux' virtual cameras, as the kernel shows them: which there are, and how to heal one that was left half closed.

Goes in: device paths. Comes out: the loopbacks of this machine and what they can do now. Linux only.
"""

import contextlib
import fcntl
import os
import struct
from pathlib import Path

DEV = Path("/dev")
DRIVER = b"v4l2 loopback"
"""How v4l2loopback names itself."""

VIDIOC_QUERYCAP = 0x80685600
VIDIOC_STREAMON = 0x40045612
BUF_TYPE_VIDEO_OUTPUT = 2
CAN_CAPTURE = 0x1
CAN_OUTPUT = 0x2
CAPABILITY = struct.Struct("=16s32s32s6I")
"""``struct v4l2_capability``: driver, card, bus; version, capabilities, those of the node, and three in reserve."""


def loopbacks() -> list[str]:
    """The virtual cameras of v4l2loopback on this machine, as ``/dev/videoN`` in the order of N."""
    return [node for node in _nodes() if _capabilities(node) is not None]


def forbidden() -> list[str]:
    """The video devices that this user may not open; some may be virtual cameras."""
    return [node for node in _nodes() if not os.access(node, os.R_OK | os.W_OK)]


def can_output(device: str) -> bool:
    """Whether a writer may open the virtual camera now; with ``exclusive_caps=1`` one that is in use may not be."""
    return bool((_capabilities(device) or 0) & CAN_OUTPUT)


def is_dead(device: str) -> bool:
    """Whether a virtual camera shows no capability at all, so that nobody can open it for anything."""
    capabilities = _capabilities(device)
    return capabilities is not None and not capabilities & (CAN_CAPTURE | CAN_OUTPUT)


def heal(device: str) -> bool:
    """Give a virtual camera that shows no capability at all its output back; whether it did.

    v4l2loopback 0.12 with ``exclusive_caps=1`` is left so after a writer closes. Asking it to stream fails, and
    resets it. One that can be captured from is left alone: somebody may be writing it.
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
    """What the node can do now; None where it is no virtual camera, or cannot be opened."""
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
