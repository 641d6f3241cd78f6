"""``StillImage``: an image file, decoded, whose upright sRGB pixels are made a few rows at a time.

    file ──opened──▶ as stored: Pillow's 8 bits, or 16-bit levels ──rows──▶ profile ──▶ upright ──▶ Part

The stored pixels are the only full copy. A large image is therefore read in bounded memory, and a small one at once.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image

from realtime.frame import Alpha, Matte, Pixels
from realtime.media import colour_profile, deep_colour, deep_levels
from realtime.media.deep_levels import Levels
from realtime.media.image_metadata import Metadata
from realtime.media.orientation import UPRIGHT

_Box = tuple[int, int, int, int]
"""Left, top, right, bottom of a rectangle of stored pixels."""

_FROM_BELOW = (3, 4, 7, 8)
"""Orientations whose first upright row is the last stored row, or column."""

_WITHOUT_ALPHA = {"LA": "L", "La": "L", "1": "L", "CMYK": "CMYK", "LAB": "LAB", "L": "L"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """Some rows of an image."""

    pixels: Pixels
    """``(h, W, 3) uint8 BGR``, sRGB."""

    alpha: Alpha | None
    """``(h, W) float32 in [0, 1]``; None if the image has no transparency."""

    deep: Levels | None = None
    """``(h, W, 3) uint16 BGR``, sRGB: the same with all its bits; None if the file has 8."""

    def within(self, matte: Matte) -> Matte:
        """Return a matte of these pixels, multiplied by their own alpha."""
        return matte if self.alpha is None else Matte(alpha=matte.alpha * self.alpha, frame=matte.frame)


class Stored:
    """Pixels as the file stores them, 8 bits in each channel.

    Args:
        picture: decoded.
        profile: the ICC profile; empty if there is none.
    """

    deep = False

    def __init__(self, picture: Image.Image, profile: bytes) -> None:
        self.size = picture.size
        self._picture = picture
        self._alpha = picture.has_transparency_data
        self._mode = _WITHOUT_ALPHA.get(picture.mode, "RGB")
        found = colour_profile.conversion(profile, self._mode) if profile else None
        self.foreign = bool(profile) and found is None
        self._way = found or (colour_profile.lab() if self._mode == "LAB" else colour_profile.PLAIN)

    def part(self, box: _Box) -> Part:
        """Return a rectangle of them, not turned."""
        region = self._picture if box == (0, 0, *self.size) else self._picture.crop(box)
        alpha = None
        if self._alpha:
            region = region.convert("RGBA")
            alpha = np.asarray(region.getchannel("A"), np.float32) / np.float32(255)
            region = region.getchannel("R") if self._mode == "L" else region.convert("RGB")
        rgb = np.asarray(self._way.applied(region))
        return Part(pixels=np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8), alpha=alpha)


class StoredDeep:
    """Pixels as the file stores them, 16 bits in each channel.

    Args:
        levels: grey, BGR or BGRA.
        profile: the ICC profile; empty if there is none.
    """

    deep = True

    def __init__(self, levels: Levels, profile: bytes) -> None:
        self.size = levels.shape[1], levels.shape[0]
        self._levels = levels
        plain = colour_profile.PLAIN
        way = colour_profile.conversion(profile, "L" if levels.ndim == 2 else "RGB") if profile else plain
        self._profile = b"" if way is plain else profile
        first = levels[:1, :1, :3] if levels.ndim == 3 else levels[:1, :1]
        self.foreign = way is None or (way is not plain and self._converted(first) is None)

    def part(self, box: _Box) -> Part:
        """Return a rectangle of them, not turned."""
        left, top, right, bottom = box
        levels, alpha = self._levels[top:bottom, left:right], None
        if levels.shape[2:] == (4,):
            alpha = levels[..., 3] * np.float32(1 / 65535)
            levels = levels[..., :3]
        levels = self._converted(levels) if self._profile and not self.foreign else levels
        deep = np.ascontiguousarray(levels if levels.ndim == 3 else cv2.merge([levels] * 3))
        return Part(pixels=deep_levels.eight(deep), alpha=alpha, deep=deep)

    def _converted(self, levels: Levels) -> Any:
        return deep_colour.converted(levels, self._profile)


class StillImage:
    """An upright image in sRGB.

    Args:
        stored: its pixels.
        orientation: of EXIF, 1 to 8; 1 if ``stored`` is upright.
        metadata: what outputs keep of it.
        frames: the images in the file, of which this is the first.
    """

    def __init__(
        self,
        stored: Stored | StoredDeep,
        *,
        orientation: int,
        metadata: Metadata,
        frames: int = 1,
    ) -> None:
        self._stored = stored
        self._orientation = orientation if orientation in UPRIGHT else 1
        self.metadata = metadata
        self.frames = frames
        self.is_deep = stored.deep
        """Whether the file has more than 8 bits in each channel."""
        width, height = stored.size
        self.width_px, self.height_px = (height, width) if self._orientation > 4 else (width, height)

    def rows(self, top: int, bottom: int) -> Part:
        """Return the rows from ``top`` to before ``bottom``."""
        if self._orientation in _FROM_BELOW:
            top, bottom = self.height_px - bottom, self.height_px - top
        width, height = self._stored.size
        part = self._stored.part((top, 0, bottom, height) if self._orientation > 4 else (0, top, width, bottom))
        turned = UPRIGHT.get(self._orientation)
        if turned is None:
            return part
        return Part(
            pixels=turned(part.pixels),
            alpha=None if part.alpha is None else turned(part.alpha),
            deep=None if part.deep is None else turned(part.deep),
        )

    def whole(self) -> Part:
        """Return all rows."""
        return self.rows(0, self.height_px)
