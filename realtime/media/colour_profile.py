"""Converts the colours of an image to sRGB by its ICC profile, with LittleCMS through Pillow.

The intent is relative colorimetric with black point compensation, as in photo editors. A profile that is sRGB in
other words is recognised, so that an ordinary photo costs no conversion.
"""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
"""Pillow's mode by the colour space of a profile."""

_BRADFORD = np.array(((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)))

_SAME = 1
"""Levels of 255 by which a profile may differ from sRGB and still be taken for it: the rounding of its tables."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Conversion:
    """The way from a profile to sRGB."""

    transform: ImageCms.ImageCmsTransform | None
    """Of LittleCMS; None if the colours are those of sRGB."""

    def applied(self, picture: Image.Image) -> Image.Image:
        """Return the image in sRGB, mode RGB.

        Args:
            picture: without alpha, in any mode that Pillow converts to that of the profile.
        """
        if self.transform is None:
            return picture if picture.mode == "RGB" else picture.convert("RGB")
        mode = self.transform.input_mode
        there = picture if picture.mode == mode else picture.convert(mode)
        converted = ImageCms.applyTransform(there, self.transform)
        assert converted is not None  # it is None only in place
        return converted


PLAIN = Conversion(transform=None)
"""For images without a profile: their colours are sRGB."""


@lru_cache(maxsize=16)
def conversion(profile: bytes, mode: str) -> Conversion | None:
    """Return the conversion from a profile to sRGB; None if the profile is damaged, or belongs to other images.

    Args:
        profile: the bytes of the ICC profile.
        mode: Pillow's mode of the image, without alpha.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        takes = _SPACES[source.profile.xcolor_space.strip()]
        if not _fits(mode, takes):
            return None
        way = _built(source, takes)
        if takes == "RGB" and _same(way):
            return PLAIN
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError, TypeError):
        return None
    return Conversion(transform=way)


@lru_cache(maxsize=1)
def lab() -> Conversion:
    """Return the conversion of CIE Lab images, which need no profile."""
    source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return Conversion(transform=_built(source, "LAB"))


@lru_cache(maxsize=1)
def srgb() -> bytes:
    """Return an sRGB profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def adapted(white: npt.NDArray[np.float64], to: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the matrix that adapts XYZ from one white to another, by Bradford's method (ICC.1:2022, annex E)."""
    gains = np.diag((_BRADFORD @ to) / (_BRADFORD @ white))
    return np.asarray(np.linalg.inv(_BRADFORD) @ gains @ _BRADFORD)


def _built(source: ImageCms.ImageCmsProfile, takes: str) -> ImageCms.ImageCmsTransform:
    target = ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(source, target, takes, "RGB", renderingIntent=_INTENT, flags=_FLAGS)


def _fits(mode: str, takes: str) -> bool:
    """Whether an image of this mode can have a profile of that kind. A grey image may have one of colours."""
    return (mode in ("CMYK", "LAB")) == (takes in ("CMYK", "LAB")) and (takes != "L" or mode in ("1", "L", "I;16", "F"))


def _same(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether a transform of RGB leaves every colour as it is."""
    steps = np.linspace(0, 255, 18).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 18, 3)
    changed = np.asarray(ImageCms.applyTransform(Image.fromarray(cube), transform), np.int16)
    return int(np.abs(changed - cube).max()) <= _SAME
