"""What flows through greenless: ``Frame`` -> ``CoarseMatte`` -> ``Matte`` -> ``Composite``.

Each carries the previous one, so a matte can never meet another frame: zero skew by construction.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

Pixels = npt.NDArray[np.uint8]
"""Pixels of a frame or an image: ``(H, W, 3) uint8 BGR``, OpenCV's order."""

Alpha = npt.NDArray[np.float32]
"""The values of a matte: ``(H, W) float32 in [0, 1]``, 1 for the person."""


def halved(pixels: Pixels) -> Pixels:
    """Halve the size, rounded up, by area averaging: ``(H, W, C)`` or ``(H, W)``, uint8."""
    import cv2  # late, because capture sets variables that OpenCV reads at import

    size = (-(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One frame from a source."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``. Never written to after it was made."""

    index: int
    """Number of the frame in the run, from 0; a gap means that frames were dropped."""

    captured_s: float
    """When the frame was captured, on the clock of ``time.perf_counter()``, in seconds."""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8 or self.pixels.size == 0:
            raise ValueError(f"expected pixels (H, W, 3) uint8 BGR, got {self.pixels.shape} {self.pixels.dtype}")

    @property
    def height_px(self) -> int:
        """The height, H."""
        return int(self.pixels.shape[0])

    @property
    def width_px(self) -> int:
        """The width, W."""
        return int(self.pixels.shape[1])

    def reduced(self, side_px: float) -> Pixels:
        """Halve the pixels while the shorter side stays at least ``side_px``: ``(h, w, 3) uint8 BGR``.

        Each size is computed once and cached for all callers. Never write to it.
        """
        times, sizes = 0, self._sizes
        while min(sizes[times].shape[:2]) >= 2 * max(1, side_px):
            times += 1
            if times not in sizes:
                sizes[times] = halved(sizes[times - 1])
        return sizes[times]

    @cached_property
    def _sizes(self) -> dict[int, Pixels]:
        """The pixels by the number of halvings."""
        return {0: self.pixels}

    @cached_property
    def on_gpu(self) -> "Tensor | None":
        """``pixels`` on the device of the network; None unless ``gpu.memory.frame_on_device`` put them there."""
        return None

    def __repr__(self) -> str:
        return f"Frame(index={self.index}, {self.width_px}x{self.height_px}, captured_s={self.captured_s:.3f})"


@dataclass(frozen=True, kw_only=True, eq=False)
class CoarseMatte:
    """The alpha of one frame as a network gives it, at the network's size."""

    alpha: Alpha
    """``(h, w) float32 in [0, 1]``, 1 for the person. It covers the whole frame, at any size and aspect ratio."""

    frame: Frame
    """The frame that the alpha was made from."""

    def __post_init__(self) -> None:
        if self.alpha.ndim != 2 or self.alpha.dtype != np.float32 or self.alpha.size == 0:
            raise ValueError(f"expected alpha (h, w) float32, got {self.alpha.shape} {self.alpha.dtype}")

    def __repr__(self) -> str:
        height, width = self.alpha.shape
        return f"CoarseMatte({self.frame!r}, {width}x{height}, coverage={float(self.alpha.mean()):.3f})"


@dataclass(frozen=True, kw_only=True, eq=False)
class Matte:
    """The alpha of one frame, at the frame's own size."""

    alpha: Alpha
    """``(H, W) float32 in [0, 1]``, 1 for the person."""

    frame: Frame
    """The frame that the alpha was made from."""

    @cached_property
    def on_gpu(self) -> "Tensor | None":
        """``alpha`` on a device; None if it was never there, see ``gpu.matte``."""
        return None

    @cached_property
    def alpha8(self) -> npt.NDArray[np.uint8]:
        """The alpha in 8 bits, ``(H, W) uint8``, rounded; NaN counts as 0. Never write to it."""
        import cv2

        return np.asarray(cv2.convertScaleAbs(self.alpha, alpha=255), np.uint8)

    def as_of(self, captured_s: float) -> "Matte":
        """Give the same matte of the same pixels, as if captured then. Computes and fetches nothing."""
        again = copy(self)
        object.__setattr__(again, "frame", replace(self.frame, captured_s=captured_s))  # frozen, but a copy
        return again

    def __post_init__(self) -> None:
        if self.alpha.dtype != np.float32 or self.alpha.shape != self.frame.pixels.shape[:2]:
            raise ValueError(
                f"expected alpha {self.frame.pixels.shape[:2]} float32, got {self.alpha.shape} {self.alpha.dtype}"
            )

    def __repr__(self) -> str:
        return f"Matte({self.frame!r}, coverage={float(self.alpha.mean()):.3f})"


@dataclass(frozen=True, kw_only=True, eq=False)
class Composite:
    """A finished image: the person in front of the new background."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``, blended. For the transparent background: the person over black."""

    matte: Matte
    """The matte it was blended with; ``matte.frame`` is the frame from the camera."""

    person: Pixels | Callable[[], Pixels]
    """The value of ``foreground``, or a function that makes it, because most sinks never ask."""

    transparent: bool = False
    """True without a background: a sink that can keep alpha should, others show ``pixels``."""

    notice: bool = False
    """True for text that greenless drew, which a mirror must not flip."""

    def __post_init__(self) -> None:
        self._check("pixels", self.pixels)
        if not callable(self.person):
            self._check("person", self.person)

    def _check(self, name: str, pixels: Pixels) -> None:
        expected = self.matte.frame.pixels.shape
        if pixels.dtype != np.uint8 or pixels.shape != expected:
            raise ValueError(f"expected {name} {expected} uint8, got {pixels.shape} {pixels.dtype}")

    @cached_property
    def foreground(self) -> Pixels:
        """``(H, W, 3) uint8 BGR``, straight (not premultiplied) colour of the person, for sinks that keep alpha."""
        return self.person() if callable(self.person) else self.person

    @property
    def frame(self) -> Frame:
        """The frame from the camera."""
        return self.matte.frame

    def __repr__(self) -> str:
        return f"Composite({self.frame!r})"
