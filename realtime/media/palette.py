"""``Palette``: reduces frames to 256 colours, as a GIF wants them."""

import av
from av.filter import Graph

from realtime.media.filters import entrance

OPAQUE_FROM = 128
"""Alpha from which a pixel is opaque: a GIF has no half-covered pixels."""


class Palette:
    """Gives each frame its own 256 colours, by FFmpeg's palettegen and paletteuse."""

    def __init__(self) -> None:
        self._graph: Graph | None = None

    def __call__(self, bgra: av.VideoFrame) -> av.VideoFrame:
        """Return the frame as ``pal8``, of the same size and time; every frame must have the size of the first."""
        self._graph = self._graph or _graph(bgra)
        self._graph.vpush(bgra)
        return self._graph.vpull()


def _graph(frame: av.VideoFrame) -> Graph:
    graph = Graph()
    twice = graph.add("split")
    colours = graph.add("palettegen", stats_mode="single", reserve_transparent="1")
    # An ordered pattern does not crawl from frame to frame, as error diffusion does.
    used = graph.add("paletteuse", new="1", dither="bayer", bayer_scale="3", alpha_threshold=str(OPAQUE_FROM))
    graph.link_nodes(entrance(graph, frame), twice, used, graph.add("buffersink"))
    twice.link_to(colours, 1, 0)
    colours.link_to(used, 0, 1)
    graph.configure()
    return graph
