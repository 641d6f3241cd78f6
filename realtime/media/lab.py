"""Converts CIE Lab to sRGB if LittleCMS cannot: with 16 bits, or with another white than D50.

Sources: TIFF 6.0, section 23 (``WhitePoint`` is the white; Photoshop leaves it out and means D50); CIE 15.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from realtime.media import colour_profile, deep_colour
from realtime.media.deep_colour import Levels

D50 = (0.3457, 0.3585)
"""CIE x and y of the white if a file states none."""

_NEAR = 0.002
_ROWS = 64
_D65_XYZ = np.array((0.9505, 1.0, 1.0890))
_TO_RGB = np.linalg.inv(np.array(((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))))


def is_d50(white: Sequence[float]) -> bool:
    """Whether CIE x and y are those of D50."""
    return bool(np.allclose([float(number) for number in white], D50, atol=_NEAR))


def to_srgb(lab: npt.NDArray[np.uint16], white: Sequence[float] = D50) -> Levels:
    """Convert Lab to sRGB.

    Args:
        lab: ``(H, W, 3) uint16`` as a TIFF codes it: L from 0 to 65535, a and b as signed numbers of 1/256.
        white: CIE x and y of the colour that has L = 100, a = b = 0.

    Returns:
        ``(H, W, 3) uint16 BGR``.
    """
    x, y = map(float, white)  # Pillow gives fractions
    white_xyz = np.array((x / y, 1, (1 - x - y) / y))
    matrix = _TO_RGB @ colour_profile.adapted(white_xyz, _D65_XYZ) @ np.diag(white_xyz)
    levels = np.empty_like(lab)
    for top in range(0, len(lab), _ROWS):  # the floats of a whole image would take six times its memory
        part = lab[top : top + _ROWS]
        lightness = (part[..., 0] * (100 / 65535) + 16) / 116
        a, b = (part[..., at].view(np.int16) / 256 for at in (1, 2))
        near = np.stack((lightness + a / 500, lightness, lightness - b / 200), axis=-1)
        xyz = np.where(near > 6 / 29, near**3, (near - 4 / 29) * 3 * (6 / 29) ** 2)
        levels[top : top + _ROWS] = deep_colour.encoded(xyz @ matrix.T)[..., ::-1]
    return levels


def of_8_bits(lab: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    """Return the Lab of 8 bits, as NumPy gets it from Pillow and a TIFF codes it, in the way that ``to_srgb`` takes."""
    wide = lab.astype(np.uint16) << 8
    wide[..., 0] += lab[..., 0]
    return np.asarray(wide, np.uint16)
