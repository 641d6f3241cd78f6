"""What flows through greenless: ``Frame`` -> ``CoarseMatte`` -> ``Matte`` -> ``Composite``.

Each carries the one before it, so a matte can never meet another picture: zero skew by construction.
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
"""A picture: ``(H, W, 3) uint8 BGR``, OpenCV's order."""

Alpha = npt.NDArray[np.float32]
"""A matte: ``(H, W) float32 in [0, 1]``, 1 where the person is."""


def halved(pixels: Pixels) -> Pixels:
    """A picture of half the size, rounded up, by area averaging: ``(H, W, C)`` or ``(H, W)``, uint8."""
    import cv2  # late: capture sets what OpenCV reads when it is imported

    size = (-(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One picture from a source."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``. Nobody writes into it after it was made."""

    index: int
    """Number of the frame in its source, from 0; a gap means that frames were dropped."""

    captured_s: float
    """When the picture was taken, on the clock of ``time.perf_counter()``, in seconds."""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8 or self.pixels.size == 0:
            raise ValueError(f"expected pixels (H, W, 3) uint8 BGR, got {self.pixels.shape} {self.pixels.dtype}")

    @property
    def height_px(self) -> int:
        """H."""
        return int(self.pixels.shape[0])

    @property
    def width_px(self) -> int:
        """W."""
        return int(self.pixels.shape[1])

    def reduced(self, side_px: float) -> Pixels:
        """The picture halved while its shorter side stays at least ``side_px``: ``(h, w, 3) uint8 BGR``.

        Each size is worked out once and kept, for all who need a small picture. Nobody writes into it.
        """
        times, sizes = 0, self._sizes
        while min(sizes[times].shape[:2]) >= 2 * max(1, side_px):
            times += 1
            if times not in sizes:
                sizes[times] = halved(sizes[times - 1])
        return sizes[times]

    @cached_property
    def _sizes(self) -> dict[int, Pixels]:
        """The picture by how often it was halved."""
        return {0: self.pixels}

    @cached_property
    def on_gpu(self) -> "Tensor | None":
        """``pixels`` on the device that the network runs on; None where ``gpu.memory.frame_on_device`` did not put it
        there."""
        return None

    def __repr__(self) -> str:
        return f"Frame(index={self.index}, {self.width_px}x{self.height_px}, captured_s={self.captured_s:.3f})"


@dataclass(frozen=True, kw_only=True, eq=False)
class CoarseMatte:
    """The alpha of one frame as a network gives it, at the network's size."""

    alpha: Alpha
    """``(h, w) float32 in [0, 1]``, 1 where the person is; it covers the whole frame, whatever its size and aspect."""

    frame: Frame
    """The very picture that the alpha was made from."""

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
    """``(H, W) float32 in [0, 1]``, 1 where the person is."""

    frame: Frame
    """The very picture that the alpha was made from."""

    @cached_property
    def on_gpu(self) -> "Tensor | None":
        """``alpha`` on a device; None where it was never there, see ``gpu.matte``."""
        return None

    @cached_property
    def alpha8(self) -> npt.NDArray[np.uint8]:
        """The alpha in 8 bits, ``(H, W) uint8``, rounded; what is no number counts as 0. Nobody writes into it."""
        import cv2

        return np.asarray(cv2.convertScaleAbs(self.alpha, alpha=255), np.uint8)

    def as_of(self, captured_s: float) -> "Matte":
        """The same matte of the same picture, as if captured then; nothing is worked out or fetched for it."""
        again = copy(self)
        vars(again)["frame"] = replace(self.frame, captured_s=captured_s)
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
    """A finished picture: the person before the new background."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``, blended. For the transparent background: the person over black."""

    matte: Matte
    """The matte it was blended with; ``matte.frame`` is the camera's picture."""

    person: Pixels | Callable[[], Pixels]
    """What ``foreground`` gives, or a function that makes it: most outputs never ask."""

    transparent: bool = False
    """True when no background was put in: a sink that can keep alpha should, others show ``pixels``."""

    notice: bool = False
    """True where the picture is words that greenless drew: a mirror leaves them as they are."""

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
        """``(H, W, 3) uint8 BGR``, straight (not premultiplied) colour of the person, for sinks that keep the alpha."""
        return self.person() if callable(self.person) else self.person

    @property
    def frame(self) -> Frame:
        """The camera's picture that this was made of."""
        return self.matte.frame

    def __repr__(self) -> str:
        return f"Composite({self.frame!r})"
