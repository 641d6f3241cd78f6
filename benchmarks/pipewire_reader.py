"""Simulates a program that reads a camera of PipeWire: prints a line for every frame, as ``v4l2_reader.py`` does.

    python benchmarks/pipewire_reader.py greenless

A line is the time (monotonic clock, s) and the luma of a pixel near the top left corner.
"""

import sys
import time

from realtime.pipewire.connection import Connection
from realtime.pipewire.node_reader import NodeReader

CORNER_PX = 4


def main(node: str) -> None:
    """Read until the camera is gone."""
    with NodeReader(Connection(), target=node) as reader:
        while not reader.lost:
            if (frame := reader.read(1.0)) is not None:
                corner = CORNER_PX * frame.format.width_px + CORNER_PX
                print(f"{time.monotonic():.6f} {frame.data[corner]}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
