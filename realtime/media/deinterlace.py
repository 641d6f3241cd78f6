"""``Deinterlacer``: turns the interlaced frames of one file into progressive ones, by FFmpeg's bwdif.

Progressive frames pass as they are. Telecined film (24 frames per second in the fields of 30) keeps its rate, because
its frames cannot be told from others without doubt.
"""

from collections.abc import Iterator
from typing import Literal, cast

import av
from av.filter import Graph

from realtime.media.filters import single

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

    @property
    def telecined(self) -> bool:
        """Whether the frames repeat fields as telecined film does."""
        return len(self._repeats) == LOOKED_AT and sum(self._repeats) >= TELECINED_FROM * LOOKED_AT

    def __call__(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Yield what is finished; an interlaced frame waits for the next one."""
        self.found = self.found or bool(frame.interlaced_frame)
        if not self.found or self._how == "off":
            yield frame
            return
        of = frame.width, frame.height, frame.format.name
        if self._graph is None or of != self._of:
            yield from self.flush()
            self._graph = single(frame, "bwdif", mode=f"send_{self._how}", deint="interlaced")
            self._of, self._cadence = of, single(frame, "idet")
        if len(self._repeats) < LOOKED_AT:
            self._look(frame)
        self._graph.vpush(frame)
        yield from _pulled(self._graph)

    def flush(self) -> Iterator[av.VideoFrame]:
        """Yield the frame that is still held at the end."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from _pulled(self._graph)
            self._graph = None

    def _look(self, frame: av.VideoFrame) -> None:
        """Note whether a frame repeats a field. Beside the other filter, because idet changes the order of fields."""
        self._cadence.vpush(frame)
        for seen in _pulled(self._cadence):
            metadata = cast("dict[str, str]", getattr(seen, "metadata", {}))  # older PyAVs have none
            self._repeats.append(metadata.get("lavfi.idet.repeated.current_frame", "neither") != "neither")


def _pulled(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
