"""``SkipAndCrop``: a matter for one stream that saves work.

    scale  the network sees a smaller frame
    skip   while nothing moves, the last matte is used again
    crop   the network sees only the part of the frame with people in it

The mattes always cover the whole frame, and nobody is lost: the network sees the whole frame again as soon as something
moves outside the crop or a person reaches its border, and at least every ``WHOLE_EVERY_S``. A thread prepares the
network for a new size; until it is ready, the size stays the same.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.network_size import GRID_PX, on_grid
from realtime.errors import GreenlessError
from realtime.frame import Alpha, CoarseMatte, Frame
from realtime.matting.matter import Matter
from realtime.matting.runtimes.batches import SIZES_KEPT, Size
from realtime.matting.saving.stillness import Blocks, blocks, changed

log = logging.getLogger("greenless")

LONGEST_S = 1.0
"""The longest time for which a matte is used again."""

WHOLE_EVERY_S = 0.5
"""The network sees the whole frame at least this often."""

PARTS = SIZES_KEPT - 2
"""Sizes of crops at one scale. A matter keeps all of them beside the whole frame and one size in preparation, so that
the loop never waits for a session."""

_CLOSING_S = 5.0
"""How long ``close`` waits for a size in preparation: it delays a change of the network and the end of the run."""

_PERSON = 0.05
_WORTH = 0.8
_SHORTEST_PX = 128


@dataclass(frozen=True, kw_only=True)
class Level:
    """How much work is done."""

    scale: float = 1.0
    """Size at the network, as a share of the configured size."""

    skip: bool = False
    """Whether the network skips frames in which nothing moves."""

    crop: bool = False
    """Whether the network sees only the part with the person."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The last frame that the network saw, and its matte."""

    alpha: Alpha
    """``(h, w)`` of the whole frame."""

    blocks: Blocks
    """Of that frame."""

    at_s: float
    """Its capture time."""


class SkipAndCrop:
    """A ``Matter`` for one stream.

    Args:
        matter: makes the mattes; ``close`` closes it too.

    Attributes:
        level: how much work is done; may be replaced at any time.
    """

    def __init__(self, matter: Matter) -> None:
        self.matter = matter
        self.level = Level()
        self._frame_size: Size | None = None
        self._warming: threading.Thread | None = None
        self._forget()

    @property
    def name(self) -> str:
        """The name of the matter, and the savings."""
        left_out = ["skips still frames"] * self.level.skip + ["crops to the person"] * self.level.crop
        return ", ".join([self.matter.name, *left_out])

    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """Return the mattes of the next frames, see ``matter.Matter``; ``size_px`` disables skip and crop."""
        if size_px is not None:
            return self.matter.matte_batch(frames, size_px)
        return [CoarseMatte(alpha=self._alpha(frame), frame=frame) for frame in frames]

    def close(self) -> None:
        """Release the network, after a few seconds at most if a size is in preparation. May be called twice."""
        if self._warming is not None:
            self._warming.join(_CLOSING_S)
            if self._warming.is_alive():
                log.debug("%s still prepares another size", self.matter.name)
        self.matter.close()

    def _forget(self) -> None:
        """Reset for another stream, or another size of its frames."""
        self._full: Size | None = None
        self._size: Size | None = None
        self._ready: set[Size] = set()
        self._tried: set[Size] = set()
        self._last: Seen | None = None
        self._whole: Seen | None = None  # the last one of a whole frame

    def _alpha(self, frame: Frame) -> Alpha:
        if (size := (frame.width_px, frame.height_px)) != self._frame_size:
            self._forget()
            self._frame_size = size
        if self._full is None:
            return self._first(frame)
        size = self._wished(frame)
        if size != self._size:
            self._size, self._last, self._whole = size, None, None
            self._ready, self._tried = {size}, {size}
        if not (self.level.skip or self.level.crop):
            self._last = self._whole = None
            return self._run(frame, size)
        now = blocks(frame.pixels)
        last = self._last
        fresh = last is not None and 0 <= frame.captured_s - last.at_s < LONGEST_S
        if self.level.skip and last is not None and fresh and not changed(last.blocks, now).any():
            return last.alpha.copy()
        part = self._part(frame, size, now) if self.level.crop else None
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
        """Return the size for the scale once it is ready, until then the current one."""
        assert self._full is not None
        assert self._size is not None
        sides = [on_grid(self.level.scale * side) for side in self._full]
        too_small = min(sides) < min(_SHORTEST_PX, *self._full)
        size = self._full if self.level.scale >= 1 or too_small else (sides[0], sides[1])
        return size if self._is_ready(size) else self._size

    def _is_ready(self, size: Size) -> bool:
        """Whether the network has run at this size; if not, a thread runs it now."""
        if size not in self._tried and (self._warming is None or not self._warming.is_alive()):
            self._tried.add(size)
            self._warming = threading.Thread(target=self._warm, args=[size, self._ready], name="warming", daemon=True)
            self._warming.start()
        return size in self._ready

    def _warm(self, size: Size, ready: set[Size]) -> None:
        blank = Frame(pixels=np.zeros((size[1], size[0], 3), np.uint8), index=0, captured_s=0.0)
        try:
            [matte] = self.matter.matte_batch([blank], size)
        except GreenlessError as error:  # keep the current size
            log.debug("no network for %s: %s", size, error)
        else:
            if matte.alpha.shape == (size[1], size[0]):  # else the size is fixed
                ready.add(size)

    def _part(self, frame: Frame, size: Size, now: Blocks) -> Alpha | None:
        """Return the alpha from a crop; None if the network must see the whole frame."""
        whole, last = self._whole, self._last
        if whole is None or last is None or not 0 <= frame.captured_s - whole.at_s < WHOLE_EVERY_S:
            return None
        if (box := _box(last.alpha)) is None or (best := _fitting(box, _parts(size), size)) is None:
            return None
        if best not in self._tried and len(self._tried) <= PARTS:
            self._is_ready(best)
        if (fitting := _fitting(box, self._ready - {size}, size)) is None:
            return None
        part = x, y, width, height = _around(box, fitting, size)
        outside = changed(whole.blocks, now)
        outside[_rows(part, size, outside.shape)] = False
        if outside.any():  # somebody may be entering
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
"""``(x, y, width, height)`` in px at the network."""


def _box(alpha: Alpha) -> Part | None:
    """Return the box around all people; None if there are none."""
    box = cv2.boundingRect((alpha > _PERSON).astype(np.uint8))
    return (box[0], box[1], box[2], box[3]) if box[2] else None


def _parts(whole: Size) -> set[Size]:
    """Return the possible sizes of crops: their sides are quarters of the whole."""
    across, down = ([on_grid(side * quarters / 4) for quarters in (2, 3)] for side in whole)
    sizes = {(wide, high) for wide in (*across, whole[0]) for high in (*down, whole[1])}
    return {size for size in sizes if size[0] * size[1] <= _WORTH * whole[0] * whole[1]}


def _fitting(box: Part, sizes: Iterable[Size], whole: Size) -> Size | None:
    """Return the smallest size that holds the box with a margin on all sides."""
    needed = [min(length + 2 * GRID_PX, side) for length, side in zip(box[2:], whole, strict=True)]
    holding = [size for size in sizes if size[0] >= needed[0] and size[1] >= needed[1]]
    return min(holding, key=lambda size: (size[0] * size[1], size), default=None)


def _around(box: Part, size: Size, whole: Size) -> Part:
    """Return the crop of that size, centred on the box as far as the borders of the frame allow."""
    left, top = (
        min(max(0, start + length // 2 - part // 2), side - part)
        for start, length, part, side in zip(box[:2], box[2:], size, whole, strict=True)
    )
    return left, top, *size


def _reaches_out(alpha: Alpha, part: Part, size: Size) -> bool:
    """Whether a person touches a border of the crop that is not a border of the frame."""
    x, y, width, height = part
    borders = [alpha[:, 0]] * (x > 0) + [alpha[:, -1]] * (x + width < size[0])
    borders += [alpha[0]] * (y > 0) + [alpha[-1]] * (y + height < size[1])
    return any(bool((border > _PERSON).any()) for border in borders)


def _rows(part: Part, size: Size, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the blocks that the crop covers at least in part."""
    x, y, width, height = part
    down, across = shape[0] / size[1], shape[1] / size[0]
    return (
        slice(int(y * down), int(np.ceil((y + height) * down))),
        slice(int(x * across), int(np.ceil((x + width) * across))),
    )
