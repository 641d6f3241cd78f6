"""What every filter graph of FFmpeg begins with."""

from fractions import Fraction

import av
from av.filter import Graph
from av.filter.context import FilterContext

TICK = Fraction(1, av.time_base)
"""Unit of the times of frames that have none."""


def entrance(graph: Graph, frame: av.VideoFrame) -> FilterContext:
    """Add the buffer for frames of the size, format and unit of time of ``frame``."""
    return graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or TICK
    )
