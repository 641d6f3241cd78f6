"""Brings images of more than 8 bits to one scale, ``uint16`` from 0 for black to 65535 for white.

- Unsigned 16-bit integers keep their values.
- Other integers fill the fewest bits, at least 8, that hold the largest of them. Negative ones are an error.
- Floats are taken from 0 to 1. Values beyond are an error, because no scale of them is certain.

Pillow reads the first kinds in grey only, and cuts the colours of 16-bit images down to 8 bits. OpenCV reads these.
"""

import io
import mmap
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from realtime.media import lab, tiff_tags

Levels = npt.NDArray[np.uint16]
"""``(H, W) uint16`` grey, ``(H, W, 3) uint16 BGR`` or ``(H, W, 4) uint16 BGRA``; 65535 is white."""

_TOP = 65535

_ABOVE = 0.01
"""Resizing overshoots the ends of the scale by so much: such floats are clipped."""

_PNG_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PLANAR, _UNSPECIFIED, _ASSOCIATED = 284, 0, 1


class OffScale(ValueError):
    """The values of an image are on no scale that is known."""


def scaled(values: npt.NDArray[Any]) -> Levels:
    """Bring values to 16 bits by the rules above.

    Args:
        values: of any shape, integers or floats. 16-bit integers are returned as they are.

    Raises:
        OffScale: negative integers, floats beyond [0, 1], or no numbers.
    """
    if values.dtype.kind == "f":
        return _from_floats(values)
    if values.dtype.kind not in "iu":
        raise OffScale(f"its values are {values.dtype}")
    if values.dtype.kind == "i" and values.size and int(values.min()) < 0:
        raise OffScale(f"its values reach from {values.min()} to {values.max()}, and an image has none below 0")
    if values.dtype == np.uint16:
        return values
    bits = max(8, int(values.max(initial=0)).bit_length())
    return np.asarray(np.rint(values * (_TOP / (2**bits - 1))), np.uint16)


def _from_floats(values: npt.NDArray[Any]) -> Levels:
    least, most = float(values.min(initial=0)), float(values.max(initial=0))
    if not (least >= -_ABOVE and most <= 1 + _ABOVE):  # true also if one is not a number
        raise OffScale(f"its values reach from {least:.4g} to {most:.4g}, and floats are read from 0 to 1")
    levels = np.empty(values.shape, np.uint16)
    for row, line in zip(levels, values, strict=True):  # by rows, because a whole copy takes four times the memory
        np.rint(np.clip(line, 0, 1) * _TOP, out=row, casting="unsafe")
    return levels


def of_grey(picture: Image.Image) -> Levels | None:
    """Return the levels of a grey image that Pillow decoded with more than 8 bits; None if it has 8.

    Raises:
        OffScale: see ``scaled``.
    """
    mode, values = picture.mode, np.asarray(picture) if picture.mode.startswith(("I", "F")) else None
    if values is None:
        return None
    if mode == "I" and picture.format == "TIFF" and _unsigned(picture):
        values = values.view(np.uint32)
    elif mode == "I" and picture.format in ("PNG", "PPM"):
        values = values.astype(np.uint16)  # their largest value is 65535
    if mode == "F" and picture.format == "PPM":
        raise OffScale("it is a PFM, whose floats have no scale")
    levels = scaled(values)
    return np.invert(levels) if _is_negative(getattr(picture, "tag_v2", {})) else levels


def colour_bits(picture: Image.Image, head: bytes) -> int:
    """Return the bits of each channel of an image in colour, or with alpha, that Pillow opened: 8 or more.

    Args:
        picture: not decoded yet.
        head: the first 128 bytes of its file.
    """
    if picture.mode not in ("RGB", "RGBA", "LA", "L"):
        return 8
    if picture.format == "PNG":
        return head[24]
    if picture.format == "JPEG2000":
        at = head.find(b"ihdr") + 14 if b"ihdr" in head else 42  # otherwise the file is a bare codestream
        return (head[at] & 0x7F) + 1 if head[at] != 0xFF else 8
    if picture.format == "TIFF":
        bits: Any = picture.tag_v2.get(tiff_tags.BITS, ())  # type: ignore[attr-defined]
        return min(bits, default=8)
    if picture.format == "PPM":
        tiles: Any = picture.tile  # type: ignore[attr-defined]
        return 16 if tiles[0].args == ("RGB", _TOP) else 8
    return 8


def colours(file: BinaryIO, tags: tiff_tags.Tags | None, bits: int = 16) -> Levels | None:
    """Decode an image with all its bits; None if no decoder can. A TIFF is turned upright, unless ``by_planes``.

    Args:
        file: a whole image.
        tags: of a TIFF; None for other files.
        bits: of each channel, as ``colour_bits`` gives them.

    Raises:
        OffScale: see ``scaled``.
    """
    tags = tags or {}
    if tags.get(tiff_tags.PHOTOMETRIC) == tiff_tags.LAB:
        return _of_lab(file, tags)
    planes = by_planes(tags)
    values = _by_ffmpeg(file) if planes else _by_opencv(file)
    if values is None or (values.ndim == 3 and values.shape[2] not in (3, 4)):
        return None
    levels = scaled(values)
    if _is_negative(tags) and not planes:
        levels = np.invert(levels)
    if bits < 16:
        levels = np.asarray(np.rint(levels * (_TOP / (2**bits - 1))), np.uint16)
    extra = tags.get(tiff_tags.EXTRA_SAMPLES, ())[:1] if levels.shape[2:] == (4,) else ()
    if extra == (_UNSPECIFIED,):
        return np.ascontiguousarray(levels[..., :3])
    return _straight(levels) if extra == (_ASSOCIATED,) else levels


def by_planes(tags: tiff_tags.Tags) -> bool:
    """Whether a TIFF has a layout that OpenCV misreads, and FFmpeg decodes without turning it upright."""
    bits = tags.get(tiff_tags.BITS, ())
    return len(bits) == 2 or (len(bits) > 1 and tags.get(_PLANAR) == 2)


def eight(levels: Levels) -> npt.NDArray[np.uint8]:
    """Return levels in 8 bits, rounded."""
    return np.asarray(cv2.convertScaleAbs(levels, alpha=1 / 257), np.uint8)


def _of_lab(file: BinaryIO, tags: tiff_tags.Tags) -> Levels | None:
    """Decode CIE Lab of 16 bits: OpenCV would cut it down to 8, so it reads the numbers as those of RGB."""
    file.seek(0)
    as_rgb = io.BytesIO(tiff_tags.patched(file.read(), tiff_tags.PHOTOMETRIC, tiff_tags.RGB))
    values = _by_opencv(as_rgb)
    if values is None or values.dtype != np.uint16 or values.shape[2:] != (3,):
        return None
    return lab.to_srgb(values[..., ::-1], tags.get(tiff_tags.WHITE_POINT, lab.D50))


def _by_opencv(file: BinaryIO) -> npt.NDArray[Any] | None:
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what it says is no help to a user
    try:
        return cv2.imdecode(np.frombuffer(_bytes_of(file), np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    finally:
        cv2.utils.logging.setLogLevel(before)


def _bytes_of(file: BinaryIO) -> Any:
    """Return the bytes of a file, of a PNG only the chunks of pixels: others make libpng print warnings."""
    try:
        data: Any = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # so that they need not be in memory
    except (OSError, ValueError):  # it is not on a disk
        file.seek(0)
        data = file.read()
    if data[:4] != b"\x89PNG":
        return data
    return data[:8] + b"".join(chunk for chunk in _chunks(data) if chunk[4:8] in _PNG_CHUNKS)


def _chunks(data: Any) -> Iterator[bytes]:
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + struct.unpack_from(">I", data, at)[0]
        yield data[at:end]
        at = end


def _by_ffmpeg(file: BinaryIO) -> npt.NDArray[Any] | None:
    import av  # here, because it is heavy, and few images need it

    file.seek(0)
    try:
        with av.open(io.BytesIO(file.read()), "r", format="tiff_pipe") as container:
            frame = next(container.decode(video=0))
            alpha = any(component.is_alpha for component in frame.format.components)
            return np.asarray(frame.to_ndarray(format="bgra64le" if alpha else "bgr48le"))
    except (av.FFmpegError, StopIteration, ValueError):
        return None


def _straight(levels: Levels) -> Levels:
    """Divide colours by their alpha, which were multiplied by it."""
    for row in levels:
        share = np.maximum(row[:, 3:], 1) / _TOP
        row[:, :3] = np.minimum(np.rint(row[:, :3] / share), _TOP)
    return levels


def _unsigned(picture: Image.Image) -> bool:
    tags: Any = picture.tag_v2  # type: ignore[attr-defined]
    return tuple(tags.get(tiff_tags.SAMPLE_FORMAT, (1,)))[:1] == (1,)


def _is_negative(tags: Any) -> bool:
    """Whether 0 is white in a TIFF, which Pillow turns only if it has 8 bits, and OpenCV never."""
    return bool(tags.get(tiff_tags.PHOTOMETRIC) == 0)
