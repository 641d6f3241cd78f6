"""``Deinterlacer``: turns the interlaced frames of one file into progressive ones, by FFmpeg's bwdif.

Progressive frames pass as they are. Telecined film (24 frames per second in the fields of 30) keeps its rate, because
its frames cannot be told from others without doubt.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, cast

import av
from av.filter import Graph

Deinterlace = Literal["frame", "field", "off"]
"""One frame from each interlaced frame, one from each of its two fields (twice the frame rate), or none: as it is."""

LOOKED_AT = 50
"""Interlaced frames after which telecine is judged."""

TELECINED_FROM = 0.25
"""Share of frames that repeat a field. Telecine repeats one in two of five frames."""


class Deinterlacer:
    """The filter of one stream of frames.

    Args:
        how: what becomes of an interlaced frame.
    """

    def __init__(self, how: Deinterlace) -> None:
        self._how = how
        self._graph: Graph | None = None
        self._of: tuple[int, int, str] | None = None
        self._repeats: list[bool] = []
        self.found = False
        """Whether a frame so far was interlaced."""
        self.telecined = False
        """Whether frames so far repeat fields as telecined film does."""

    def __call__(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Yield what is finished; an interlaced frame waits for the next one."""
        self.found = self.found or bool(frame.interlaced_frame)
        if not self.found or self._how == "off":
            yield frame
            return
        of = frame.width, frame.height, frame.format.name
        if self._graph is None or of != self._of:
            yield from self.flush()
            self._graph, self._of = _graph(frame, self._how), of
        self._graph.vpush(frame)
        yield from self._pulled()

    def flush(self) -> Iterator[av.VideoFrame]:
        """Yield the frame that is still held at the end."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._pulled()
            self._graph = None

    def _pulled(self) -> Iterator[av.VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            self._judge(frame)
            yield frame

    def _judge(self, frame: av.VideoFrame) -> None:
        if len(self._repeats) < LOOKED_AT:
            metadata = cast("dict[str, str]", getattr(frame, "metadata", {}))  # PyAV before 15 has none
            self._repeats.append(metadata.get("lavfi.idet.repeated.current_frame", "neither") != "neither")
            self.telecined = len(self._repeats) == LOOKED_AT and sum(self._repeats) >= TELECINED_FROM * LOOKED_AT


def _graph(frame: av.VideoFrame, how: Deinterlace) -> Graph:
    graph = Graph()
    size = {"width": frame.width, "height": frame.height}
    source = graph.add_buffer(**size, format=frame.format, time_base=frame.time_base or Fraction(1, av.time_base))
    steps = (graph.add("idet"), graph.add("bwdif", mode=f"send_{how}", deint="interlaced"), graph.add("buffersink"))
    graph.link_nodes(source, *steps).configure()
    return graph
