"""What ``greenless image`` writes of one image: matte, cut-out, composite, and all three side by side."""

from collections.abc import Container, Iterator

import cv2
import numpy as np

from realtime.frame import Pixels
from realtime.media.png import Picture
from realtime.offline.by_strips import Strip
from realtime.scene.blend import blend
from realtime.scene.rim import FAINT, Rim

ALPHA, CUTOUT, COMPOSITE, COMBINED = "_alpha.png", "_cutout.png", "_composite.png", "_combined.png"
ENDINGS = (ALPHA, CUTOUT, COMPOSITE, COMBINED)


def endings_of(*, composed: bool, combined: bool) -> tuple[str, ...]:
    """Return the endings of the outputs that a run writes of each image.

    Args:
        composed: whether there is a background, and so a composite.
        combined: whether to write original | person over white | matte.
    """
    return (ALPHA, CUTOUT, *([COMPOSITE] if composed else []), *([COMBINED] if combined else []))


def layout(ending: str, *, is_deep: bool) -> tuple[int, int, int]:
    """Return channels, bits, and the width in widths of the image, of an output."""
    channels = {ALPHA: 1, CUTOUT: 4}.get(ending, 3)
    return channels, 16 if is_deep and ending == CUTOUT else 8, 3 if ending == COMBINED else 1


def of_strip(strip: Strip, endings: Container[str]) -> Iterator[tuple[str, Picture]]:
    """Yield the rows of each output with its ending."""
    alpha8 = np.asarray(cv2.convertScaleAbs(strip.alpha, alpha=255), np.uint8)
    yield ALPHA, alpha8
    yield CUTOUT, np.dstack((strip.foreground, alpha8)) if strip.part.deep is None else _deep_cutout(strip, alpha8)
    if COMPOSITE in endings:
        yield COMPOSITE, strip.composite
    if COMBINED in endings:
        yield COMBINED, _combined(strip, alpha8)


def _deep_cutout(strip: Strip, alpha8: Pixels) -> Picture:
    """``(h, W, 4) uint16 BGRA``: the image's own levels, plus what the scene changed in 8 bits."""
    assert strip.part.deep is not None
    change = (strip.foreground.astype(np.int32) - strip.part.pixels) * 257
    colours = np.clip(strip.part.deep + change, 0, 65535).astype(np.uint16)
    colours[alpha8 <= FAINT] = 0
    return np.dstack((colours, np.rint(strip.alpha * 65535).astype(np.uint16)))


def _combined(strip: Strip, alpha8: Pixels) -> Pixels:
    """``(h, 3 W, 3) uint8 BGR``: original | person over white | matte."""
    pixels, own_alpha = strip.part.pixels, strip.part.alpha
    white = np.full_like(pixels, 255)
    shown = pixels if own_alpha is None else blend(pixels, white, Rim.of(own_alpha))
    person = blend(strip.foreground, white, Rim.of(strip.alpha))
    return np.hstack((shown, person, np.dstack([alpha8] * 3)))
