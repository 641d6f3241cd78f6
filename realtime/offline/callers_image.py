"""``CallersImage``: an image as a caller of the Python API has it, and results in the same kind.

A caller has a ``PIL.Image``, an array, encoded bytes or a path. Inside, every image is ``(H, W, 3) uint8 BGR``.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from realtime.errors import GreenlessError, SourceError
from realtime.media import png
from realtime.media.image_decoding import decoded, in_memory
from realtime.media.image_file import read_picture
from realtime.media.still_image import Part, StillImage

log = logging.getLogger("greenless")

Array: TypeAlias = npt.NDArray[np.uint8]

AnyImage: TypeAlias = "Image.Image | npt.NDArray[np.uint8] | bytes | bytearray | memoryview | str | PathLike[str]"
"""``PIL.Image``, ``(H, W, 3|4) uint8`` RGB or RGBA, encoded bytes (JPEG, PNG and others), or a path."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CallersImage:
    """One image and the kind that its results take."""

    part: Part
    """Its pixels, and its own alpha."""

    answer: Callable[[Array], Any]
    """Turns ``(H, W, 3|4) uint8`` BGR or BGRA into the caller's kind."""

    channels: int
    """3, or 4 if a composite of it has an alpha channel too."""


def callers_image(image: AnyImage, *, bgr: bool = False) -> CallersImage:
    """Read an image of any kind.

    Args:
        image: see ``AnyImage``. Images with an EXIF orientation are turned upright.
        bgr: whether an array is BGR or BGRA, OpenCV's order, and its results too.

    Raises:
        ValueError: an array of another shape or dtype, or another kind of object.
        SourceError: a file or bytes that hold no image.
    """
    if isinstance(image, np.ndarray):
        return _of_array(image, bgr=bgr)
    if bgr:
        raise ValueError(f"expected an array with bgr=True, got {type(image).__name__}")
    if isinstance(image, Image.Image):
        return _of_pillow(image)
    if isinstance(image, (bytes, bytearray, memoryview)):
        return _of_bytes(bytes(image))
    if isinstance(image, (str, PathLike)):
        pixels, own_alpha = read_picture(Path(fspath(image)))
        return CallersImage(part=Part(pixels=pixels, alpha=own_alpha), answer=_pillow, channels=3)
    raise ValueError(f"expected a PIL.Image, an array, bytes or a path, got {type(image).__name__}")


def _of_array(image: npt.NDArray[Any], *, bgr: bool) -> CallersImage:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4) or image.size == 0:
        order = "BGR or BGRA" if bgr else "RGB or RGBA"
        raise ValueError(f"expected an array (H, W, 3|4) uint8 {order}, got {image.shape} {image.dtype}")
    colour = image[..., :3] if bgr else image[..., 2::-1]
    channels = image.shape[2]
    alpha = image[..., 3].astype(np.float32) / np.float32(255) if channels == 4 else None
    # A copy, because a frame is never written to after it was made, and the caller may write to its own.
    part = Part(pixels=np.array(colour, np.uint8, order="C"), alpha=alpha)
    return CallersImage(part=part, answer=np.ascontiguousarray if bgr else rgb, channels=channels)


def _of_pillow(image: Image.Image) -> CallersImage:
    if 0 in image.size:
        raise ValueError(f"expected an image with pixels, got a PIL.Image of {image.width}x{image.height}")
    return _of_still(in_memory(image, log.warning), _pillow)


def _of_bytes(data: bytes) -> CallersImage:
    try:
        return _of_still(decoded(BytesIO(data), "none", log.warning), png.encoded)
    except GreenlessError:
        raise
    except Exception as error:  # decoders raise of every kind
        what = f"these {len(data)} bytes are not an image"
        raise SourceError(what, cure="Pass the bytes of an image file") from error


def _of_still(image: StillImage, answer: Callable[[Array], Any]) -> CallersImage:
    part = image.whole()
    return CallersImage(part=part, answer=answer, channels=3 if part.alpha is None else 4)


def rgb(pixels: Array) -> Array:
    """Return BGR or BGRA as RGB or RGBA, or the other way round."""
    return np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])


def _pillow(pixels: Array) -> Image.Image:
    return Image.fromarray(rgb(pixels))
