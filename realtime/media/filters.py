"""Filter graphs of FFmpeg: what each begins with, and those of one filter."""

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


def single(frame: av.VideoFrame, name: str, **options: str) -> Graph:
    """Return a graph of one filter, for frames like ``frame``."""
    graph = Graph()
    graph.link_nodes(entrance(graph, frame), graph.add(name, **options), graph.add("buffersink")).configure()
    return graph
