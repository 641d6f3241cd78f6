"""What ``greenless image`` writes of one image: matte, cut-out, composite, and all three side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from realtime.frame import Alpha, Composite, Pixels
from realtime.media.deep_levels import Levels
from realtime.media.png import Picture
from realtime.offline.by_strips import Strip
from realtime.scene.blend import blend
from realtime.scene.rim import FAINT, Rim

ALPHA, CUTOUT, COMPOSITE, COMBINED = "_alpha.png", "_cutout.png", "_composite.png", "_combined.png"
ENDINGS = (ALPHA, CUTOUT, COMPOSITE, COMBINED)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The outputs that a run writes of each image."""

    composed: bool
    """Whether there is a background, and so a composite."""

    combined: bool
    """Whether to write original | person over white | matte."""

    @property
    def endings(self) -> tuple[str, ...]:
        """Their endings."""
        return (ALPHA, CUTOUT, *([COMPOSITE] if self.composed else []), *([COMBINED] if self.combined else []))


def layout(ending: str, *, is_deep: bool) -> tuple[int, int, int]:
    """Return channels, bits, and the width in widths of the image, of an output."""
    channels = {ALPHA: 1, CUTOUT: 4}.get(ending, 3)
    return channels, 16 if is_deep and ending == CUTOUT else 8, 3 if ending == COMBINED else 1


def of_composite(
    composite: Composite, own_alpha: Alpha | None, deep: Levels | None, wanted: Wanted
) -> Iterator[tuple[str, Picture]]:
    """Yield each output of an image with its ending.

    Args:
        composite: of the image.
        own_alpha: ``(H, W) float32``: the image's own; None if it has no transparency.
        deep: the image with 16 bits, ``(H, W, 3) uint16 BGR``; None if it has 8.
        wanted: the outputs.
    """
    strip = Strip(
        pixels=composite.frame.pixels,
        deep=deep,
        own_alpha=own_alpha,
        alpha=composite.matte.alpha,
        foreground=composite.foreground,
        composite=composite.pixels,
        bottom=composite.frame.height_px,
    )
    return of_strip(strip, wanted)


def of_strip(strip: Strip, wanted: Wanted) -> Iterator[tuple[str, Picture]]:
    """Yield the rows of each output with its ending."""
    alpha8 = np.asarray(cv2.convertScaleAbs(strip.alpha, alpha=255), np.uint8)
    yield ALPHA, alpha8
    yield CUTOUT, np.dstack((strip.foreground, alpha8)) if strip.deep is None else _deep_cutout(strip, alpha8)
    if wanted.composed:
        yield COMPOSITE, strip.composite
    if wanted.combined:
        yield COMBINED, _combined(strip, alpha8)


def _deep_cutout(strip: Strip, alpha8: Pixels) -> Picture:
    """``(h, W, 4) uint16 BGRA``: the image's own levels, plus what the scene changed in 8 bits."""
    assert strip.deep is not None
    change = (strip.foreground.astype(np.int32) - strip.pixels) * 257
    colours = np.clip(strip.deep + change, 0, 65535).astype(np.uint16)
    colours[alpha8 <= FAINT] = 0
    return np.dstack((colours, np.rint(strip.alpha * 65535).astype(np.uint16)))


def _combined(strip: Strip, alpha8: Pixels) -> Pixels:
    """``(h, 3 W, 3) uint8 BGR``: original | person over white | matte."""
    white = np.full_like(strip.pixels, 255)
    shown = strip.pixels if strip.own_alpha is None else blend(strip.pixels, white, Rim.of(strip.own_alpha))
    person = blend(strip.foreground, white, Rim.of(strip.alpha))
    return np.hstack((shown, person, np.dstack([alpha8] * 3)))
