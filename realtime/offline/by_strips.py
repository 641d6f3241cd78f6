"""Works on a large image in bounded memory: the stages see it reduced, and its strips take over what they found.

    image ──reduce──▶ Frame ──Matter, Scene──▶ Composite ──┐
      └──rows, a strip at a time──▶ enlarge matte, colours, plate ──▶ Strip

A strip takes the matte along its own edges (``refine.enlarge``), its own pixels, and what the scene changed in the
colours of the reduced image. So it shows every detail of the source. A background image is as sharp as the reduced one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, Composite, Frame, Pixels
from realtime.matting.refine.enlarge import bilinear, guided
from realtime.media.large_image import factor_of, padded, strips_of
from realtime.media.still_image import Part, StillImage
from realtime.scene.blend import blend
from realtime.scene.logo import Logo
from realtime.scene.rim import FAINT, Rim

_MARGIN = 8
"""Rows of the reduced image that a strip sees beyond its own on each side, so that no seam shows."""

_Values = npt.NDArray[Any]

_NEAR = (5, 5)
"""Window in which colours spread from the person into the pixels around."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Strip:
    """Some rows of the result, at full size."""

    part: Part
    """These rows of the image itself."""

    alpha: Alpha
    """``(h, W) float32``: the matte, times the image's own alpha."""

    foreground: Pixels
    """``(h, W, 3) uint8 BGR``, straight; black where there is nobody."""

    composite: Pixels
    """``(h, W, 3) uint8 BGR``."""

    bottom: int
    """The row of the image after the last one of the strip."""


def whole(part: Part, composite: Composite) -> Strip:
    """Return the result of an image that is not large, as one strip."""
    return Strip(
        part=part,
        alpha=composite.matte.alpha,
        foreground=composite.foreground,
        composite=composite.pixels,
        bottom=len(part.pixels),
    )


def strips(
    image: StillImage, matte: Alpha, composite: Composite, plate: Pixels | None, *, led: bool
) -> Iterator[Strip]:
    """Yield the strips of the result of a large image, from the top.

    Args:
        image: the image.
        matte: ``(h, w) float32``, of the reduced image, without its own alpha.
        composite: of the reduced image, with its own alpha.
        plate: the background behind it; None if it is the image itself.
        led: whether the matte follows the edges of the image.
    """
    factor = factor_of(image)
    for top, bottom in strips_of(image, factor):
        seen = slice(max(0, top // factor - _MARGIN), min(len(matte), -(-bottom // factor) + _MARGIN))
        first, size = seen.start * factor, (matte.shape[1] * factor, (seen.stop - seen.start) * factor)
        part = image.rows(first, min(image.height_px, seen.stop * factor))
        inner = slice(top - first, bottom - first)
        frame = Frame(pixels=padded(part.pixels, size), index=0, captured_s=0.0)
        alpha = guided(matte[seen], frame) if led else bilinear(matte[seen], size)
        alpha = np.ascontiguousarray(alpha[inner, : image.width_px])
        own = None if part.alpha is None else part.alpha[inner]
        if own is not None:
            alpha = alpha * own

        enlarged = partial(_enlarged, size=size, rows=inner, width_px=image.width_px)
        pixels, deep, rim = part.pixels[inner], None if part.deep is None else part.deep[inner], Rim.of(alpha)
        shown = np.asarray(cv2.add(pixels, enlarged(_change(composite, seen)), dtype=cv2.CV_8U), np.uint8)
        foreground = np.asarray(cv2.copyTo(shown, (rim.alpha8 > FAINT).view(np.uint8)), np.uint8)
        behind = None if plate is None else np.asarray(enlarged(_behind(composite, plate, seen)), np.uint8)
        yield Strip(
            part=Part(pixels=pixels, alpha=own, deep=deep),
            alpha=alpha,
            foreground=foreground,
            composite=pixels if behind is None else blend(shown, behind, rim),
            bottom=bottom,
        )


def with_logo(strip: Strip, logo: Logo, height_px: int) -> Strip:
    """Return a strip whose composite has the logo of the whole image, which is ``height_px`` high."""
    composite = strip.composite.copy()  # it may be the image's own pixels
    logo.draw(composite, top=strip.bottom - len(composite), height_px=height_px)
    return replace(strip, composite=composite)


def _enlarged(values: _Values, *, size: tuple[int, int], rows: slice, width_px: int) -> _Values:
    whole = cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(whole[rows, :width_px])


def _change(composite: Composite, rows: slice) -> npt.NDArray[np.int16]:
    """Return what the scene changed in the person's colours, ``(h, w, 3) int16``; it spreads to the pixels around."""
    there = composite.matte.alpha8[rows] > FAINT
    change = np.subtract(composite.foreground[rows], composite.frame.pixels[rows], dtype=np.int16)
    change[~there] = 0
    weight = cv2.blur(there.astype(np.float32), _NEAR)[..., None]
    spread = cv2.blur(change.astype(np.float32), _NEAR) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(there[..., None], change, np.rint(spread)), np.int16)


def _behind(composite: Composite, plate: Pixels, rows: slice) -> Pixels:
    """Return the background: beyond the person, the composite shows it as the scene adapted it."""
    beyond = composite.matte.alpha8[rows] <= FAINT
    return np.where(beyond[..., None], composite.pixels[rows], plate[rows])
