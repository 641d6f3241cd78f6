"""Picture files: the one place that reads and writes them.

In: a path, in any script of the world. Out: BGR pixels, upright, and the alpha where there is one.
"""

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
"""Endings of files that are taken for pictures, in lower case. A GIF moves: it is a video."""

_JPEG_QUALITY = 95

LONGEST_PX = 32766
"""OpenCV looks pixels up by numbers of 16 bits."""


def read_picture(path: Path) -> tuple[Pixels, Alpha | None]:
    """Read a picture: turned as its EXIF says; palette, grey, 16-bit and CMYK become 8-bit BGR.

    Args:
        path: a file that Pillow reads; of a moving one the first picture.

    Returns:
        ``(H, W, 3) uint8 BGR`` and, where the file has transparency, ``(H, W) float32 in [0, 1]``.

    Raises:
        SourceError: the file is missing, may not be read, is no picture, is damaged, or has a side over ``LONGEST_PX``
            or more pixels than Pillow decodes, twice its ``MAX_IMAGE_PIXELS``.
    """
    try:
        with open_regular(path) as file, Image.open(file) as opened:
            if max(opened.size) > LONGEST_PX:
                width, height = opened.size
                what = f"{path} is {width}x{height}: no side may be over {LONGEST_PX} px"
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
    """Write a picture in the format of the path's ending, whole or not at all.

    Args:
        path: ``.png`` or ``.jpg``; takes the place of a file of that name.
        pixels: ``(H, W) uint8`` grey, ``(H, W, 3) uint8 BGR`` or, for PNG, ``(H, W, 4) uint8 BGRA``.

    Raises:
        SinkError: the disk is full or the place cannot be written to.
    """
    _, data = cv2.imencode(path.suffix, pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    with replacing(path, make_folder=False, failed=_cannot_write) as part:
        part.write_bytes(data.tobytes())


def cannot_read(path: Path, error: Exception) -> SourceError:
    """Word the failure of reading a picture for the user."""
    if isinstance(error, FileNotFoundError):
        return SourceError(f"there is no file {path}", cure="Check the path")
    if isinstance(error, PermissionError):
        return SourceError(f"{path} may not be read", cure="Change the file's permissions")
    if isinstance(error, NotRegular):
        return SourceError(f"cannot read {path}: {error}", cure="Name a JPEG, PNG, WebP, TIFF, BMP or AVIF")
    if isinstance(error, UnidentifiedImageError):
        return SourceError(f"{path} is no picture", cure="Name a JPEG, PNG, WebP, TIFF, BMP or AVIF")
    return SourceError(f"cannot read {path}: {error}", cure="Save or fetch the picture anew")


def _too_many_pixels(path: Path, error: Image.DecompressionBombError) -> SourceError:
    """Pillow names the pixels in its text alone."""
    limit = f"{2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6:.3g} megapixels"
    found = re.search(r"\d+", str(error))
    has = f"{int(found[0]) / 1e6:.3g} megapixels" if found else "too many pixels"
    return SourceError(f"{path} has {has}, the limit is {limit}", cure="Make it smaller, or cut it into parts")


def _cannot_write(path: Path, error: OSError) -> SinkError:
    return SinkError(f"cannot write {path}: {error.strerror or error}", cure="Free space or name another place")


def eight_bit(picture: Image.Image) -> Image.Image:
    """Cut grey of 16 bits to 8, which Pillow would clip; anything else stays as it is."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture).astype(np.int64).clip(0, 65535) >> 8).astype(np.uint8))


def _alpha(picture: Image.Image) -> Alpha:
    return np.asarray(picture.convert("RGBA").getchannel("A"), np.float32) / np.float32(255)
