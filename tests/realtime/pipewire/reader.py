"""A program that reads a PipeWire camera: ``python -m tests.realtime.pipewire.reader NODE``.

For each frame it prints the number and the age in ms, or ``torn`` if a single byte is wrong.
"""

import sys
import time

import numpy as np
import numpy.typing as npt

from realtime.pipewire.connection import Connection
from realtime.pipewire.node_reader import NodeReader

WIDTH_PX, HEIGHT_PX = 320, 240


def stamped(number: int) -> npt.NDArray[np.uint8]:
    """A frame that begins with its number and the time; all other bytes follow from the number."""
    planes = np.random.default_rng(number).integers(0, 256, (HEIGHT_PX * 3 // 2, WIDTH_PX), np.uint8)
    planes.reshape(-1)[:16] = np.array([number, time.monotonic_ns()], np.int64).view(np.uint8)
    return planes


def read_stamp(data: npt.NDArray[np.uint8]) -> tuple[int, float] | None:
    """Number and age in ms of a frame; None if a byte is wrong."""
    number, time_ns = map(int, data[:16].view(np.int64))
    good = 0 <= number < 1 << 32 and np.array_equal(stamped(number).reshape(-1)[16:], data[16:])
    return (number, (time.monotonic_ns() - time_ns) / 1e6) if good else None


def main(node: str) -> None:
    """Read until the camera is gone."""
    with NodeReader(Connection(), target=node, width_px=WIDTH_PX, height_px=HEIGHT_PX) as reader:
        while not reader.lost:
            if (frame := reader.read(1.0)) is not None:
                stamp = read_stamp(frame.data)
                print("{} {:.1f}".format(*stamp) if stamp else "torn", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
