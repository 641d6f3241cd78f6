"""Opens image files, upright and in sRGB, and writes PNGs and JPEGs. Paths may be in any script.

The content of a file decides its kind, not its suffix. Of an animation or of pages, the first image is read.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from models.extras import how_to_add
from models.files import replacing
from models.regular import NotRegular, open_regular
from models.shown import one_line
from models.waiting import NOTICE
from realtime.errors import GreenlessError, SourceError
from realtime.frame import Alpha, Pixels
from realtime.media import large_image, png
from realtime.media.deep_levels import OffScale
from realtime.media.failures import cannot_read, cannot_write
from realtime.media.image_decoding import decoded
from realtime.media.image_formats import READABLE
from realtime.media.image_metadata import Keep
from realtime.media.large_image import LONGEST_PX
from realtime.media.still_image import StillImage

log = logging.getLogger("greenless")

_JPEG_QUALITY = 95


def open_image(path: Path, keep: Keep = "none") -> StillImage:
    """Open an image, decode it, and log what the user should know of it.

    Args:
        path: an image of a kind in ``image_formats``.
        keep: what to keep of its metadata.

    Raises:
        SourceError: the file is missing, may not be read, is damaged, is not an image, or is too large.
    """
    try:
        with _warnings_logged(path), open_regular(path) as file:
            if not os.fstat(file.fileno()).st_size:
                raise SourceError("the file is empty", cure="Copy or download it again")
            return decoded(file, keep, lambda note: log.log(NOTICE, "%s: %s", one_line(path.name), note))
    except MemoryError:
        raise
    except Exception as error:  # decoders raise of every kind
        raise _unreadable(path, error) from error


@contextmanager
def _warnings_logged(path: Path) -> Iterator[None]:
    """Send the warnings of Pillow to the log: they say what the error says, or what does no harm."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        log.debug("%s: %s", path.name, warning.message)


def read_picture(path: Path) -> tuple[Pixels, Alpha | None]:
    """Read an image at once, upright, as sRGB with 8 bits.

    Args:
        path: as for ``open_image``.

    Returns:
        ``(H, W, 3) uint8 BGR`` and, if the file has transparency, ``(H, W) float32 in [0, 1]``.

    Raises:
        SourceError: as ``open_image``, or a side is over ``LONGEST_PX``.
    """
    image = open_image(path)
    if max(image.width_px, image.height_px) > LONGEST_PX:
        what = f"{path} is {image.width_px}x{image.height_px}: the limit for each side is {LONGEST_PX} px"
        raise SourceError(what, cure="Cut it into parts, or make it smaller")
    part = image.whole()
    return part.pixels, part.alpha


def reduced_picture(path: Path) -> tuple[Pixels, Alpha | None]:
    """Read an image as ``read_picture`` does; one that is too large for that is reduced while it is read.

    Raises:
        SourceError: as ``open_image``.
    """
    image = open_image(path)
    part = large_image.reduced(image) if large_image.is_large(image) else image.whole()
    return part.pixels, part.alpha


def write_picture(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write an image in the format of the suffix, whole or not at all.

    Args:
        path: ``.png`` or ``.jpg``; an existing file is replaced.
        pixels: ``(H, W) uint8`` grey, ``(H, W, 3) uint8 BGR`` or, for PNG, ``(H, W, 4) uint8 BGRA``.

    Raises:
        SinkError: the disk is full or the path cannot be written.
    """
    if path.suffix == ".png":
        data = png.encoded(pixels)
    else:
        data = cv2.imencode(path.suffix, pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
    with replacing(path, make_folder=False, failed=cannot_write) as part:
        part.write_bytes(data)


def _unreadable(path: Path, error: Exception) -> SourceError:
    if isinstance(error, GreenlessError):
        return SourceError(f"cannot read {path}: {error.what}", cure=error.cure)
    if isinstance(error, UnidentifiedImageError):
        return SourceError(f"{path} is not an image", cure=f"Name a {READABLE}")
    if isinstance(error, ImportError):
        what = f"{path} is an HEIC image, and the package pillow-heif is not installed"
        return SourceError(what, cure=how_to_add("heif"))
    if isinstance(error, Image.DecompressionBombError):
        return SourceError(f"{path} has too many pixels", cure="Make it smaller, or cut it into parts")
    cure = "Save or download the image again"
    if isinstance(error, NotRegular):
        cure = f"Name a {READABLE}"
    elif isinstance(error, OffScale):
        cure = "Save it with 8 or 16 bits"
    return cannot_read(path, error, cure)
