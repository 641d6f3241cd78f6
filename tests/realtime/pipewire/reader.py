"""A program that reads a PipeWire camera: ``python -m tests.realtime.pipewire.reader NODE [hold]``. SIGUSR1 pauses it,
SIGUSR2 lets it go on.

For each frame it prints the number and the age in ms, or ``torn`` if a single byte is wrong. With
``hold`` it gives no buffer back, as a program that is killed while it reads.
"""

import signal
import sys
import time
from ctypes import c_bool, c_void_p
from functools import partial

import numpy as np
import numpy.typing as npt

from realtime.pipewire.connection import Connection
from realtime.pipewire.library import load
from realtime.pipewire.node_reader import NodeReader
from realtime.pipewire.stream import Stream

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


def main(node: str, hold: str = "") -> None:
    """Read until the camera is gone."""
    with NodeReader(Connection(), target=node, width_px=WIDTH_PX, height_px=HEIGHT_PX) as reader:
        if hold:
            reader.queue = lambda buffer: None  # type: ignore[method-assign]
        for number, active in ((signal.SIGUSR1, False), (signal.SIGUSR2, True)):
            signal.signal(number, partial(_set_active, reader, active))
        while not reader.lost:
            if (frame := reader.read(1.0)) is not None:
                stamp = read_stamp(frame.data)
                print("{} {:.1f}".format(*stamp) if stamp else "torn", flush=True)


def _set_active(stream: Stream, active: bool, *_: object) -> None:
    function = load().pw_stream_set_active
    function.argtypes = (c_void_p, c_bool)
    with stream.locked():
        function(stream._handle, active)


if __name__ == "__main__":
    main(*sys.argv[1:])
