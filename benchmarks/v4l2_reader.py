"""Simulates a program that uses a camera: streams from a V4L2 device and prints a line for every frame.

    python benchmarks/v4l2_reader.py /dev/video10

A line is the time (monotonic clock, s) and the brightness of a pixel near the top left corner (its first byte, which is
Y in I420 and YUYV). It reopens the device when the stream ends. It imports only the standard library, so it starts
fast. Constants and structs are those of ``linux/videodev2.h`` on a 64-bit system.
"""

import fcntl
import mmap
import os
import select
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

CAPTURE, MMAP = 1, 1
G_FMT, REQBUFS, QUERYBUF, QBUF, DQBUF, STREAMON = (
    *(0xC0D05604, 0xC0145608, 0xC0585609),
    *(0xC058560F, 0xC0585611, 0x40045612),
)
FORMAT = struct.Struct("=I4xIII4xI180x")
"""``struct v4l2_format``: type, width, height, pixel format, bytes a line."""

REQUEST = struct.Struct("=III8x")
"""``struct v4l2_requestbuffers``: count, type, memory."""

BUFFER = struct.Struct("=II52xIQI12x")
"""``struct v4l2_buffer``: index, type, memory, offset, length."""

CORNER_PX = 4
BUFFERS = 4
PATIENCE_S = 5.0


def frames(device: str) -> Iterator[int]:
    """Yield the brightness of each frame, until the device stops.

    Raises:
        OSError: the device cannot be opened, or does not stream.
    """
    descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    try:
        maps = _mapped(descriptor)
        shape = FORMAT.unpack(fcntl.ioctl(descriptor, G_FMT, FORMAT.pack(CAPTURE, 0, 0, 0, 0)))
        corner = CORNER_PX * shape[4] + CORNER_PX
        fcntl.ioctl(descriptor, STREAMON, struct.pack("=i", CAPTURE))
        while select.select([descriptor], [], [], PATIENCE_S)[0]:
            filled = fcntl.ioctl(descriptor, DQBUF, BUFFER.pack(0, CAPTURE, MMAP, 0, 0))
            yield maps[BUFFER.unpack(filled)[0]][corner]
            fcntl.ioctl(descriptor, QBUF, filled)
    finally:
        os.close(descriptor)


def _mapped(descriptor: int) -> list[mmap.mmap]:
    """Request, map and queue buffers."""
    granted = fcntl.ioctl(descriptor, REQBUFS, REQUEST.pack(BUFFERS, CAPTURE, MMAP))
    maps = []
    for index in range(REQUEST.unpack(granted)[0]):
        buffer = fcntl.ioctl(descriptor, QUERYBUF, BUFFER.pack(index, CAPTURE, MMAP, 0, 0))
        _, _, _, offset, length = BUFFER.unpack(buffer)
        maps.append(mmap.mmap(descriptor, length, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset))
        fcntl.ioctl(descriptor, QBUF, buffer)
    return maps


if __name__ == "__main__":
    while True:
        with suppress(OSError):
            for brightness in frames(sys.argv[1]):
                print(time.monotonic(), brightness, flush=True)
        time.sleep(0.02)
