"""Decodes an image of any kind into a ``StillImage``: chooses the decoder, and finds profile, orientation, metadata.

Pillow decodes nearly everything. What it cannot, or cuts down to 8 bits, OpenCV or FFmpeg decodes.
"""

import logging
from collections.abc import Callable
from io import SEEK_END
from typing import Any, BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from realtime.errors import SourceError
from realtime.media import (
    deep_levels,
    image_formats,
    jpeg_2000,
    lab,
    memory,
    psd,
    stated_colours,
    tiff_tags,
)
from realtime.media.deep_levels import Levels
from realtime.media.image_metadata import NO_METADATA, Keep, Metadata, kept
from realtime.media.still_image import StillImage, Stored, StoredDeep

LARGEST_PX = 400_000_000
"""Pixels of the largest image."""

MOST_PX_OF_BYTE = 10_000
"""Most pixels that one byte of a large image holds: a black-and-white PNG of one colour has 8,256. A damaged header
states any size, and the decoder would fill the memory with it."""

LARGE_PX = 40_000_000
"""An image with more pixels is worked on in strips, and its need of memory is said beforehand."""

_WORK_BYTES = 900_000_000
"""What the network and the strips of a large image take, besides its stored pixels (measured)."""

Image.MAX_IMAGE_PIXELS = LARGEST_PX  # otherwise Pillow warns of 89 megapixels, and refuses 179
logging.getLogger("PIL").addHandler(logging.NullHandler())  # otherwise its errors are printed

_HEAD_BYTES = 128

Say = Callable[[str], None]
"""Takes a sentence for the user."""

_STORED_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 4, "I": 6, "F": 6}
"""Bytes of a decoded pixel by Pillow's mode; 4 for all others."""

_DAMAGED = "its colour profile is damaged or of another kind of image, so its colours are read as sRGB"
_SHALLOW = "its 16 bits become 8, because its colour profile is a table"


def decoded(file: BinaryIO, keep: Keep, say: Say) -> StillImage:
    """Decode an image.

    Args:
        file: a whole image, at its start.
        keep: what to keep of its metadata.
        say: is called with what the user should know of it, of its size before it is decoded.

    Raises:
        SourceError: it is too large, or a kind of image that cannot be read.
        ImportError: it is HEIC, and pillow-heif is not installed.
        Exception: of any kind, from a decoder, because the file is no image or is damaged.
    """
    head = file.read(_HEAD_BYTES)
    tags = tiff_tags.first_tags(file) if tiff_tags.is_tiff(head) else None
    if tags is not None and tiff_tags.is_raw(file, tags, head):
        return _raw(file, tags, keep, say)
    if tags is not None:
        tiff_tags.silence()
        tiff_tags.check_whole(file, tags)
    try:
        picture = image_formats.opened(file)
    except UnidentifiedImageError:
        if tags is not None:
            return _other_tiff(file, tags, keep, say)
        if psd.is_psd(head):
            return _other_psd(file, head, keep, say)
        raise
    bits = deep_levels.colour_bits(picture, head)
    _check(file, picture.size, 12 if bits > 8 else _STORED_BYTES.get(picture.mode, 4), say)
    if psd.is_psd(head):
        psd.with_metadata(picture, _with_composite(file))
    return _image(file, picture, bits, tags, keep, say)


def in_memory(picture: Image.Image, say: Say) -> StillImage:
    """Return an image that Pillow holds already.

    Args:
        picture: of any mode.
        say: as for ``decoded``.

    Raises:
        ValueError: its values have no scale, see ``deep_levels.scaled``.
    """
    stored = _stored(picture, deep_levels.of_grey(picture), picture.info.get("icc_profile") or b"", say)
    return _still(stored, say, orientation=_orientation(picture), metadata=NO_METADATA)


def _image(
    file: BinaryIO, picture: Image.Image, bits: int, tags: tiff_tags.Tags | None, keep: Keep, say: Say
) -> StillImage:
    """Decode what Pillow opened."""
    frames = _frames(picture)
    picture.load()
    profile = stated_colours.profile_of(picture, file)
    orientation = _orientation(picture)
    metadata = kept(picture, keep, jpeg_2000.exif_of(picture, file) if picture.format == "JPEG2000" else None)
    levels = deep_levels.of_grey(picture)
    if bits > 8 and levels is None:
        picture = image_formats.opened(file)  # its pixels were decoded only to see that they are whole
        levels = deep_levels.colours(file, tags, bits)
        if tags is not None and levels is not None:
            orientation = tags.get(tiff_tags.ORIENTATION, 1) if deep_levels.by_planes(tags) else 1
    if levels is not None and picture.has_transparency_data and levels.shape[2:] != (4,):
        levels = None  # a single colour is transparent
    if picture.mode == "LAB" and not profile and tags and not lab.is_d50(tags.get(tiff_tags.WHITE_POINT, lab.D50)):
        colours = lab.to_srgb(lab.of_8_bits(np.asarray(picture)), tags[tiff_tags.WHITE_POINT])
        picture = Image.fromarray(deep_levels.eight(colours)[..., ::-1])
    stored = _stored(picture, levels, profile, say)
    return _still(stored, say, orientation=orientation, metadata=metadata, frames=frames)


def _stored(picture: Image.Image, levels: Levels | None, profile: bytes, say: Say) -> Stored | StoredDeep:
    """Choose between 8 and 16 bits."""
    deep = None if levels is None else StoredDeep(levels, profile)
    if deep is not None and (not deep.foreign or picture.mode not in ("RGB", "RGBA", "LA")):
        return deep
    picture.load()
    shallow = Stored(picture, profile)
    if deep is None:
        return shallow
    if shallow.foreign:
        return deep
    say(_SHALLOW)
    return shallow


def _still(
    stored: Stored | StoredDeep, say: Say, *, orientation: int, metadata: Metadata, frames: int = 1
) -> StillImage:
    if stored.foreign:
        say(_DAMAGED)
    return StillImage(stored, orientation=orientation, metadata=metadata, frames=frames)


def _other_tiff(file: BinaryIO, tags: tiff_tags.Tags, keep: Keep, say: Say) -> StillImage:
    """Decode a TIFF that Pillow cannot: floats or integers in colour, and others."""
    if tiff_tags.WIDTH not in tags:
        raise SourceError("it is damaged", cure="Save or download the image again")
    bits = tags.get(tiff_tags.BITS, (1,))
    _check(file, (tags.get(tiff_tags.WIDTH, 0), tags.get(tiff_tags.HEIGHT, 0)), len(bits) * (max(bits) // 8 + 2), say)
    levels = deep_levels.colours(file, tags)
    if levels is None:
        values = "integers" if tags.get(tiff_tags.SAMPLE_FORMAT, (1,))[0] in (1, 2) else "other numbers"
        what = f"it is a TIFF of a kind that cannot be read ({values} of {max(bits)} bits, {len(bits)} a pixel)"
        raise SourceError(what, cure="Save it with integers of 8 or 16 bits")
    orientation = tags.get(tiff_tags.ORIENTATION, 1) if deep_levels.by_planes(tags) else 1
    bare = Image.new("L", (1, 1))
    bare.info["xmp"] = tags.get(tiff_tags.XMP)
    stored = StoredDeep(levels, tags.get(tiff_tags.PROFILE, b""))
    return _still(stored, say, orientation=orientation, metadata=_tiff_metadata(file, bare, keep))


def _other_psd(file: BinaryIO, head: bytes, keep: Keep, say: Say) -> StillImage:
    """Decode the composite of a PSD with 16 bits."""
    _check(file, psd.size(head), 14, say)
    found = _with_composite(file)
    levels = psd.deep_composite(file, head)
    if levels is None:
        raise SourceError("it is a PSD of a kind that cannot be read", cure="Save it as a TIFF or PNG")
    metadata = kept(psd.with_metadata(Image.new("L", (1, 1)), found), keep)
    return _still(StoredDeep(levels, found.get(psd.PROFILE, b"")), say, orientation=1, metadata=metadata)


def _raw(file: BinaryIO, tags: tiff_tags.Tags, keep: Keep, say: Say) -> StillImage:
    """Decode the preview of a raw photo."""
    preview = tiff_tags.raw_preview(file)
    if preview is None:
        raise SourceError("it is a raw photo without a preview", cure="Export it as a TIFF or JPEG")
    _check(file, preview.size, 4, say)
    say(f"it is a raw photo, of which the preview of {preview.width}x{preview.height} px is used")
    metadata = _tiff_metadata(file, preview, keep)
    preview.load()
    stored = Stored(preview, preview.info.get("icc_profile") or b"")
    return _still(stored, say, orientation=tags.get(tiff_tags.ORIENTATION, 1), metadata=metadata)


def _tiff_metadata(file: BinaryIO, picture: Image.Image, keep: Keep) -> Metadata:
    """Return what is kept of the tags of a TIFF, and of the XMP of ``picture``; nothing if they are damaged."""
    exif = Image.Exif()
    file.seek(0)
    try:
        exif.load_from_fp(file)
    except Exception:  # Pillow raises of every kind, for a BigTIFF, too
        return NO_METADATA
    return kept(picture, keep, exif)


def _with_composite(file: BinaryIO) -> dict[int, bytes]:
    """Return the resources of a PSD that holds its flattened image."""
    found = psd.resources(file)
    if not psd.has_composite(found):
        raise SourceError(
            "it is a PSD without its flattened image", cure='Save it with "Maximize compatibility", or as a PNG'
        )
    return found


def _check(file: BinaryIO, size: tuple[int, int], stored_bytes: int, say: Say) -> None:
    """Refuse an image that is too large; say what a large one needs.

    Args:
        file: its position is kept.
        size: width and height in px.
        stored_bytes: bytes of each decoded pixel.
        say: takes the sentence.
    """
    count = size[0] * size[1]
    if count > LARGEST_PX:
        what = f"it has {count / 1e6:.3g} megapixels, the limit is {LARGEST_PX / 1e6:.3g} megapixels"
        raise SourceError(what, cure="Make it smaller, or cut it into parts")
    if count <= LARGE_PX:
        return
    if (bytes_there := _length(file)) * MOST_PX_OF_BYTE < count:
        what = f"its {count / 1e6:.3g} megapixels cannot be in {bytes_there} bytes"
        raise SourceError(what, cure="Save or download the image again")
    needed, free = count * stored_bytes + _WORK_BYTES, memory.free_bytes()
    needs = f"{count / 1e6:.0f} megapixels need about {needed / 1e9:.1f} GB of memory"
    if free is not None and needed > free:
        raise SourceError(
            f"its {needs}, and {free / 1e9:.1f} GB are free", cure="Close other programs, or make it smaller"
        )
    say(f"its {needs}; it is worked on in strips")


def _length(file: BinaryIO) -> int:
    at = file.tell()
    length = file.seek(0, SEEK_END)
    file.seek(at)
    return length


def _orientation(picture: Image.Image) -> int:
    """Return the orientation that EXIF or XMP give, 1 if they are damaged."""
    try:
        found: Any = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow raises of every kind
        return 1
    return found if isinstance(found, int) else 1


def _frames(picture: Image.Image) -> int:
    """Return the number of images of an animation or of pages; 1 for the two views of a camera (MPO)."""
    if picture.format == "MPO" or not getattr(picture, "is_animated", False):
        return 1
    try:
        return int(getattr(picture, "n_frames", 1))
    except (OSError, EOFError, SyntaxError, ValueError):
        return 1
