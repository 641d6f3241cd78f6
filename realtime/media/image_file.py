"""Reads and writes image files: upright BGR pixels and, if the file has it, alpha. Paths may be in any script."""

import re
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from models.files import replacing
from models.regular import NotRegular, open_regular
from realtime.errors import SinkError, SourceError
from realtime.frame import Alpha, Pixels

PICTURE_SUFFIXES = frozenset({".avif", ".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Suffixes of files that are taken for images, in lower case. A GIF is a video."""

_JPEG_QUALITY = 95

LONGEST_PX = 32766
"""Longest side of an image: OpenCV indexes pixels with 16 bits."""


def read_picture(path: Path) -> tuple[Pixels, Alpha | None]:
    """Read an image, turned as its EXIF data says. Palette, grey, 16-bit and CMYK images become 8-bit BGR.

    Args:
        path: a file that Pillow reads; of an animation, the first image.

    Returns:
        ``(H, W, 3) uint8 BGR`` and, if the file has transparency, ``(H, W) float32 in [0, 1]``.

    Raises:
        SourceError: the file is missing, may not be read, is damaged, is not an image, has a side over ``LONGEST_PX``,
            or has more pixels than Pillow decodes (twice its ``MAX_IMAGE_PIXELS``).
    """
    try:
        with open_regular(path) as file, Image.open(file) as opened:
            if max(opened.size) > LONGEST_PX:
                width, height = opened.size
                what = f"{path} is {width}x{height}: the limit for each side is {LONGEST_PX} px"
                raise SourceError(what, cure="Cut it into parts, or make it smaller")
            picture = ImageOps.exif_transpose(opened)
            alpha = _alpha(picture) if picture.has_transparency_data else None
            rgb = np.asarray(eight_bit(picture).convert("RGB"), np.uint8)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(path, error) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise cannot_read(path, error) from error
    return np.ascontiguousarray(rgb[..., ::-1]), alpha


def write_picture(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write an image in the format of the suffix, whole or not at all.

    Args:
        path: ``.png`` or ``.jpg``; an existing file is replaced.
        pixels: ``(H, W) uint8`` grey, ``(H, W, 3) uint8 BGR`` or, for PNG, ``(H, W, 4) uint8 BGRA``.

    Raises:
        SinkError: the disk is full or the path cannot be written.
    """
    _, data = cv2.imencode(path.suffix, pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    with replacing(path, make_folder=False, failed=_cannot_write) as part:
        part.write_bytes(data.tobytes())


def cannot_read(path: Path, error: Exception) -> SourceError:
    """Word a failure to read an image for the user."""
    if isinstance(error, FileNotFoundError):
        return SourceError(f"there is no file {path}", cure="Check the path")
    if isinstance(error, PermissionError):
        return SourceError(f"{path} may not be read", cure="Change the file's permissions")
    if isinstance(error, NotRegular):
        return SourceError(f"cannot read {path}: {error}", cure="Name a JPEG, PNG, WebP, TIFF, BMP or AVIF")
    if isinstance(error, UnidentifiedImageError):
        return SourceError(f"{path} is not an image", cure="Name a JPEG, PNG, WebP, TIFF, BMP or AVIF")
    return SourceError(f"cannot read {path}: {error}", cure="Save or download the image again")


def _too_many_pixels(path: Path, error: Image.DecompressionBombError) -> SourceError:
    """Word Pillow's error, which states the number of pixels only in its text."""
    limit = f"{2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6:.3g} megapixels"
    found = re.search(r"\d+", str(error))
    has = f"{int(found[0]) / 1e6:.3g} megapixels" if found else "too many pixels"
    return SourceError(f"{path} has {has}, the limit is {limit}", cure="Make it smaller, or cut it into parts")


def _cannot_write(path: Path, error: OSError) -> SinkError:
    return SinkError(f"cannot write {path}: {error.strerror or error}", cure="Free some space, or name another folder")


def eight_bit(picture: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8 bits, because Pillow would clip it; return any other image as it is."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture).astype(np.int64).clip(0, 65535) >> 8).astype(np.uint8))


def _alpha(picture: Image.Image) -> Alpha:
    return np.asarray(picture.convert("RGBA").getchannel("A"), np.float32) / np.float32(255)
