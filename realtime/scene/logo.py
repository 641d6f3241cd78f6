"""``Logo``: an image in front of the composite, such as a logo or a lower third."""

from dataclasses import dataclass

import cv2
import numpy as np

from models.files import named
from models.shown import shown
from realtime.errors import GreenlessError, SceneError
from realtime.frame import Alpha, Pixels
from realtime.media.fit import fit
from realtime.media.image_file import read_picture
from realtime.settings.placement import USAGE, placement, split

LARGEST_PX = 7680 * 4320
"""Most pixels of a scaled logo: a frame in 8K."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fitted:
    """The visible part of a logo for one size of frames."""

    frame_px: tuple[int, ...]
    """``(H, W)`` of the frames."""

    seen: tuple[slice, slice]
    """Rows and columns of the frame that it covers."""

    colour: Pixels
    """``(h, w, 3) uint8 BGR``, straight; empty if the logo is outside the frame."""

    alpha: Alpha
    """``(h, w) float32 in [0, 1]``."""

    rest: Alpha
    """``1 - alpha``."""


class Logo:
    """An image that is blended over composites, by its own straight alpha.

    Args:
        spec: ``FILE[:X,Y[,SCALE]]``, see ``settings.placement``.

    Raises:
        SceneError: the file cannot be read, or a number is out of range.
    """

    def __init__(self, spec: str) -> None:
        file, _ = split(spec)
        self._place = placement(spec)
        try:
            pixels, alpha = read_picture(named(file))
        except GreenlessError as error:
            raise SceneError(f"cannot read the overlay {shown(spec)}: {error.what}", cure=f"Type {USAGE}") from error
        alpha8 = np.full(pixels.shape[:2], 255, np.uint8) if alpha is None else cv2.convertScaleAbs(alpha, alpha=255)
        self._image = np.asarray(np.dstack((pixels, alpha8)), np.uint8)
        self._size_px = tuple(round(side * (self._place.scale or 1)) for side in alpha8.shape)
        if not 0 < np.prod(self._size_px, dtype=int) <= LARGEST_PX:
            size = "{1}x{0}".format(*self._size_px)
            what = (
                f"the overlay {shown(spec)} would be {size}; it must have from 1 to {LARGEST_PX / 1e6:.0f} million px"
            )
            raise SceneError(what, cure="Name another scale, or another image")
        self._fitted: _Fitted | None = None

    def draw(self, pixels: Pixels, *, top: int = 0, height_px: int = 0) -> None:
        """Blend it into a composite in place. It is fitted once for each size.

        Args:
            pixels: ``(h, W, 3) uint8 BGR``, the composite or some rows of it.
            top: the first of these rows.
            height_px: height of the whole composite; 0 if ``pixels`` is all of it.
        """
        size = (height_px or pixels.shape[0], pixels.shape[1])
        fitted = self._fitted
        if fitted is None or fitted.frame_px != size:
            fitted = self._fitted = self._fit(*size)
        rows, columns = fitted.seen
        first, last = max(rows.start, top), min(rows.stop, top + pixels.shape[0])
        if first < last and fitted.colour.size:
            part, behind = np.s_[first - rows.start : last - rows.start], pixels[first - top : last - top, columns]
            mixed = fitted.colour[part], np.ascontiguousarray(behind), fitted.alpha[part], fitted.rest[part]
            behind[:] = cv2.blendLinear(*mixed)

    def _fit(self, frame_height: int, frame_width: int) -> _Fitted:
        height, width = self._size_px
        if self._place.scale is None:
            shrunk = min(1.0, frame_height / height, frame_width / width)
            height, width = (max(1, round(side * shrunk)) for side in (height, width))
        image = fit(self._image, width_px=width, height_px=height, how="stretch")
        top, left = _edge(self._place.y, frame_height - height), _edge(self._place.x, frame_width - width)
        inside = image[max(0, -top) : max(0, frame_height - top), max(0, -left) : max(0, frame_width - left)]
        x, y, width, height = cv2.boundingRect(np.ascontiguousarray(inside[..., 3])) if inside.size else (0, 0, 0, 0)
        inside = inside[y : y + height, x : x + width]
        top, left = max(0, top) + y, max(0, left) + x
        alpha = np.asarray(inside[..., 3] / np.float32(255), np.float32)
        return _Fitted(
            frame_px=(frame_height, frame_width),
            seen=np.s_[top : top + height, left : left + width],
            colour=np.ascontiguousarray(inside[..., :3]),
            alpha=alpha,
            rest=np.asarray(1 - alpha, np.float32),
        )


def _edge(coordinate: int | float, free_px: int) -> int:
    """Return the left or top edge, in px."""
    if isinstance(coordinate, float):
        return round(coordinate * free_px)
    return coordinate if coordinate >= 0 else free_px + coordinate
