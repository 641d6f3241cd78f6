"""``FineEdges``: a matter for images that also runs its network at a smaller and at a larger size.

At a larger size a network draws a finer edge, but opens holes in people, and keeps things behind them. So the people
come from the smaller size, and only their edges from the larger one, where the network sees the image and its mirror
image. Where the smaller size has a hole, or misses a hand or a whole person, the usual size fills it.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from models.network_size import on_grid
from realtime.frame import Alpha, CoarseMatte, Frame
from realtime.matting.matter import Matter, needs_whole_frames

SMALLER, LARGER = 0.78, 1.25
"""The sizes for the people and for their edges, as shares of the usual one."""

BORDERING, LARGE = 0.5, 0.08
"""A part that the usual size shows and the smaller one misses is added if people border at least this share of its
outline, or if it takes at least this share of the image. Most passers-by do neither."""

REACH = 0.008
"""How far the edge reaches to each side, as a share of the shorter side."""

_VARIES = 0.1
"""The edge is where alpha varies by more than this within the reach."""

_MOST_PX = 2_500_000
"""A larger size needs gigabytes of memory: such a matte stays as it is."""


class FineEdges:
    """A ``Matter``; it closes the one that it is given.

    Args:
        matter: runs the network. One that remembers frames, or keys a colour, is used as it is.
    """

    def __init__(self, matter: Matter) -> None:
        self._matter = matter

    @property
    def name(self) -> str:
        """The name of the matter."""
        return self._matter.name

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """Return mattes at the larger size, see ``matter.Matter``."""
        coarse = self._matter.matte_batch(frames, size_px)
        return coarse if needs_whole_frames(self._matter) else [self._refined(matte) for matte in coarse]

    def close(self) -> None:
        """Close the matter."""
        self._matter.close()

    def _refined(self, coarse: CoarseMatte) -> CoarseMatte:
        height, width = coarse.alpha.shape
        if LARGER**2 * height * width > _MOST_PX:
            return coarse
        mirrored = replace(coarse.frame, pixels=np.ascontiguousarray(coarse.frame.pixels[:, ::-1]))
        both_ways = (coarse.frame, mirrored)
        fine = self._mean(both_ways, (on_grid(LARGER * width), on_grid(LARGER * height)))
        if fine.shape == coarse.alpha.shape:  # the network has a fixed size
            return coarse
        [people] = self._matter.matte_batch([coarse.frame], (on_grid(SMALLER * width), on_grid(SMALLER * height)))
        small, usual = (_resized(matte, fine) for matte in (people, coarse))
        return replace(coarse, alpha=_joined(_completed(small, usual), fine))

    def _mean(self, both_ways: Sequence[Frame], size_px: tuple[int, int]) -> Alpha:
        """Return the mean matte of an image and of its mirror image."""
        plain, mirrored = (matte.alpha for matte in self._matter.matte_batch(both_ways, size_px))
        return np.asarray((plain + mirrored[:, ::-1]) / 2, np.float32)


def _resized(matte: CoarseMatte, other: Alpha) -> Alpha:
    """Return the alpha of ``matte`` at the size of ``other``."""
    return np.asarray(cv2.resize(matte.alpha, other.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _completed(people: Alpha, usual: Alpha) -> Alpha:
    """Add to ``people`` the parts of ``usual`` that ``BORDERING`` and ``LARGE`` let in; the sizes are the same."""
    solid = people > 0.5
    missed = ((usual > 0.5) & ~solid).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(missed)
    added = np.zeros(people.shape, np.float32)
    for part in range(1, count):
        left, top, width, height, area_px = boxes[part]
        around = np.s_[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1]
        inside = (labels[around] == part).astype(np.uint8)
        outline = cv2.dilate(inside, np.ones((3, 3), np.uint8)) > inside
        bordering_px = np.count_nonzero(outline & solid[around])
        if bordering_px >= BORDERING * np.count_nonzero(outline) or area_px >= LARGE * people.size:
            added[around] += inside
    share = cv2.blur(cv2.dilate(added, np.ones((5, 5), np.uint8)), (5, 5))
    return np.asarray(people + share * (np.maximum(people, usual) - people), np.float32)


def _joined(people: Alpha, fine: Alpha) -> Alpha:
    """Return ``people`` with ``fine`` at the edges, where the two blend into each other; the sizes are the same."""
    side_px = 2 * max(1, round(REACH * min(fine.shape))) + 1
    square = np.ones((side_px, side_px), np.uint8)
    edge = cv2.subtract(cv2.dilate(people, square), cv2.erode(people, square)) > _VARIES
    share = cv2.blur(edge.astype(np.float32), (side_px, side_px))
    return np.asarray(people + share * (fine - people), np.float32)
