"""``Economy``: a matter for one stream that does less where the picture allows it.

    scale  the network sees the picture smaller
    skip   while nothing moves the last matte is given again
    crop   the network sees only the part where somebody is, and comes back to the whole picture

Goes in: the frames of one stream, in order. Come out: coarse mattes, always of the whole frame. Nobody is lost: what
moves outside the part brings the whole picture back at once, so does a person who reaches out of it, and so does time.
Networks for other sizes are made ready in a thread of their own; until then the size stays as it is.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from realtime.errors import GreenlessError
from realtime.frame import Alpha, CoarseMatte, Frame
from realtime.matting.base import Matter
from realtime.matting.batches import Size
from realtime.matting.resize import GRID_PX
from realtime.matting.stillness import Blocks, blocks, changed

log = logging.getLogger("greenless")

LONGEST_S = 1.0
"""A matte is given again for so long at most."""

WHOLE_EVERY_S = 0.5
"""The network sees the whole picture at least as often."""

_PERSON = 0.05
_WORTH = 0.8
_SHORTEST_PX = 128


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the network was shown last, and what it gave."""

    alpha: Alpha
    """``(h, w)`` of the whole frame."""

    blocks: Blocks
    """Of the frame that the network saw."""

    at_s: float
    """When that was captured."""


class Economy:
    """A ``Matter`` for one stream.

    Args:
        matter: does the work; it stays the caller's.

    Attributes:
        scale: share of the network's own size, on both sides.
        skip: whether a matte is given again while nothing moves.
        crop: whether the network is shown a part.
    """

    def __init__(self, matter: Matter) -> None:
        self.matter = matter
        self.scale = 1.0
        self.skip = False
        self.crop = False
        self._frame_size: Size | None = None
        self._warming: threading.Thread | None = None
        self._forget()

    @property
    def name(self) -> str:
        """Of the matter, and what is left out."""
        left_out = ["skips still pictures"] * self.skip + ["crops to the person"] * self.crop
        return ", ".join([self.matter.name, *left_out])

    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """The mattes of the next frames of the stream, see ``base.Matter``; ``size_px`` turns all economy off."""
        if size_px is not None:
            return self.matter.matte_batch(frames, size_px)
        return [CoarseMatte(alpha=self._alpha(frame), frame=frame) for frame in frames]

    def close(self) -> None:
        """Wait for a network that is being made ready; the matter stays open."""
        if self._warming is not None:
            self._warming.join()

    def _forget(self) -> None:
        """Begin anew: another stream, or another size of its frames."""
        self._full: Size | None = None
        self._size: Size | None = None
        self._ready: set[Size] = set()
        self._tried: set[Size] = set()
        self._last: Seen | None = None  # what the network gave last
        self._whole: Seen | None = None  # what it gave last of a whole picture

    def _alpha(self, frame: Frame) -> Alpha:
        if (size := (frame.width_px, frame.height_px)) != self._frame_size:
            self._forget()
            self._frame_size = size
        if self._full is None:
            return self._first(frame)
        size = self._wished(frame)
        if size != self._size:
            self._size, self._last, self._whole = size, None, None
        if not (self.skip or self.crop):
            self._last = self._whole = None
            return self._run(frame, size)
        now = blocks(frame.pixels)
        last = self._last
        fresh = last is not None and 0 <= frame.captured_s - last.at_s < LONGEST_S
        if self.skip and last is not None and fresh and not changed(last.blocks, now).any():
            return last.alpha.copy()
        part = self._part(frame, size, now) if self.crop else None
        alpha = self._run(frame, size) if part is None else part
        self._last = Seen(alpha=alpha.copy(), blocks=now, at_s=frame.captured_s)
        if part is None:
            self._whole = self._last
        return alpha

    def _first(self, frame: Frame) -> Alpha:
        [matte] = self.matter.matte_batch([frame])
        self._full = self._size = (matte.alpha.shape[1], matte.alpha.shape[0])
        self._tried.add(self._full)
        self._ready.add(self._full)
        return matte.alpha

    def _run(self, frame: Frame, size: Size) -> Alpha:
        [matte] = self.matter.matte_batch([frame]) if size == self._full else self.matter.matte_batch([frame], size)
        return matte.alpha

    def _wished(self, frame: Frame) -> Size:
        """The size of the scale, once it is ready."""
        assert self._full is not None
        assert self._size is not None
        sides = [_on_grid(self.scale * side) for side in self._full]
        if self.scale >= 1 or min(sides) < min(_SHORTEST_PX, *self._full):
            return self._full
        return (sides[0], sides[1]) if self._is_ready((sides[0], sides[1])) else self._size

    def _is_ready(self, size: Size) -> bool:
        """Whether the network has run at this size; if not, it does now, in a thread of its own."""
        if size not in self._tried and (self._warming is None or not self._warming.is_alive()):
            self._tried.add(size)
            self._warming = threading.Thread(target=self._warm, args=[size], name="warming", daemon=True)
            self._warming.start()
        return size in self._ready

    def _warm(self, size: Size) -> None:
        blank = Frame(pixels=np.zeros((size[1], size[0], 3), np.uint8), index=0, captured_s=0.0)
        try:
            [matte] = self.matter.matte_batch([blank], size)
        except GreenlessError as error:  # then the size stays
            log.debug("no network for %s: %s", size, error)
        else:
            if matte.alpha.shape == (size[1], size[0]):  # else it takes one size only
                self._ready.add(size)

    def _part(self, frame: Frame, size: Size, now: Blocks) -> Alpha | None:
        """The alpha by the network's view of a part; None when it must see the whole."""
        whole, last = self._whole, self._last
        if whole is None or last is None or not 0 <= frame.captured_s - whole.at_s < WHOLE_EVERY_S:
            return None
        if (part := _around(last.alpha)) is None:
            return None
        x, y, width, height = part
        if not self._is_ready((width, height)):
            return None
        outside = changed(whole.blocks, now)
        outside[_rows(part, size, outside.shape)] = False
        if outside.any():  # somebody enters
            return None
        across, down = frame.width_px / size[0], frame.height_px / size[1]
        left, top = round(x * across), round(y * down)
        pixels = frame.pixels[top : round((y + height) * down), left : round((x + width) * across)]
        [matte] = self.matter.matte_batch(
            [Frame(pixels=pixels, index=frame.index, captured_s=frame.captured_s)], (width, height)
        )
        if _reaches_out(matte.alpha, part, size):
            return None
        alpha = np.zeros((size[1], size[0]), np.float32)
        alpha[y : y + height, x : x + width] = matte.alpha
        return alpha


Part = tuple[int, int, int, int]
"""``(x, y, width, height)`` in px of the network's view."""


def _around(alpha: Alpha) -> Part | None:
    """The part that holds everybody with a margin, its sides in quarters of the whole; None where it saves little."""
    height, width = alpha.shape
    x, y, wide, high = cv2.boundingRect((alpha > _PERSON).astype(np.uint8))
    if not wide:
        return None
    left, part_width = _widened(x, wide, width)
    top, part_height = _widened(y, high, height)
    if part_width * part_height > _WORTH * width * height:
        return None
    return left, top, part_width, part_height


def _widened(start: int, length: int, whole: int) -> tuple[int, int]:
    """A stretch with a margin on both sides, of one of a few lengths, within the whole."""
    needed = length + 2 * GRID_PX
    lengths = [_on_grid(whole * quarters / 4) for quarters in (2, 3)]
    wide = next((side for side in lengths if side >= needed), whole)
    middle = start + length // 2
    return min(max(0, middle - wide // 2), whole - wide), wide


def _reaches_out(alpha: Alpha, part: Part, size: Size) -> bool:
    """Whether somebody stands at a border of the part that is no border of the picture."""
    x, y, width, height = part
    borders = [alpha[:, 0]] * (x > 0) + [alpha[:, -1]] * (x + width < size[0])
    borders += [alpha[0]] * (y > 0) + [alpha[-1]] * (y + height < size[1])
    return any(bool((border > _PERSON).any()) for border in borders)


def _rows(part: Part, size: Size, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The blocks that lie in the part, whole or not."""
    x, y, width, height = part
    down, across = shape[0] / size[1], shape[1] / size[0]
    return (
        slice(int(y * down), int(np.ceil((y + height) * down))),
        slice(int(x * across), int(np.ceil((x + width) * across))),
    )


def _on_grid(side_px: float) -> int:
    return max(GRID_PX, int(side_px / GRID_PX + 0.5) * GRID_PX)
