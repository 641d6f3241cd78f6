"""The kinds of image files that greenless reads, by content and by suffix: the one list of them.

The content decides what a file is; the suffix decides only which files of a folder are taken. ``docs/formats.md``
states the list, and a test reads one file of each suffix.
"""

from typing import BinaryIO

from PIL import Image, features

_PLAIN = {
    "BMP": (".bmp",),
    "DIB": (".dib",),
    "GIF": (".gif",),
    "JPEG": (".jfif", ".jpe", ".jpeg", ".jpg", ".mpo"),
    "PNG": (".apng", ".png"),
    "PPM": (".pbm", ".pgm", ".pnm", ".ppm"),
    "PSD": (".psd",),
    "TIFF": (".dng", ".tif", ".tiff"),
}
_OPTIONAL = {
    "AVIF": ("avif", (".avif",)),
    "JPEG2000": ("jpg_2000", (".j2k", ".jp2", ".jpf", ".jpx")),
    "WEBP": ("webp", (".webp",)),
}
"""Kinds that Pillow reads only if it was built with a library: the name of the library, and the suffixes."""

_HEIC = (".heic", ".heif", ".hif")
"""Suffixes that stay in the list without pillow-heif, because the error then names the cure."""

_LIBRARIES = {kind: suffixes for kind, (library, suffixes) in _OPTIONAL.items() if features.check(library)}

FORMATS = (*_PLAIN, *_LIBRARIES)
"""Pillow's names of the kinds. Its others are never tried: some start programs, and none comes from a camera."""

IMAGE_SUFFIXES = frozenset(suffix for suffixes in (_PLAIN | _LIBRARIES).values() for suffix in suffixes) | {*_HEIC}
"""Suffixes of the images in a folder, in lower case, with their dot."""

PICTURE_SUFFIXES = IMAGE_SUFFIXES - {".gif"}
"""The same where clips are taken, too: a GIF is a clip there."""

READABLE = "JPEG, PNG, WebP, TIFF, HEIC, AVIF, JPEG 2000, PSD, GIF or BMP"
"""For messages."""

_JP2_HEADER_BYTES = 1 << 20

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def is_heic(head: bytes) -> bool:
    """Whether the first 12 bytes of a file are those of an HEIC or HEIF image."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def opened(file: BinaryIO) -> Image.Image:
    """Open an image by its content; its pixels are not decoded yet.

    Args:
        file: at its start.

    Raises:
        ImportError: it is HEIC, and pillow-heif is not installed.
        OSError, SyntaxError, ValueError: it is no image, or its header is damaged.
    """
    heic = is_heic(file.read(12))
    file.seek(0)
    if heic and not _avif_inside(file):
        from pillow_heif import register_heif_opener  # an extra: here, because it is heavy

        register_heif_opener()
        return Image.open(file, formats=["HEIF"])
    return Image.open(file, formats=FORMATS)


def _avif_inside(file: BinaryIO) -> bool:
    """Whether a file of the general brand ``mif1`` names AVIF among its compatible brands."""
    head = file.read(64)
    file.seek(0)
    brands = head[16 : int.from_bytes(head[:4], "big")]
    return b"avif" in (brands[at : at + 4] for at in range(0, len(brands), 4))


def profile_of(file: BinaryIO, picture: Image.Image) -> bytes:
    """Return the ICC profile of an image that Pillow opened, empty if it has none.

    Pillow does not read that of JPEG 2000: method 2 of the box ``colr``. Source: ISO/IEC 15444-1, I.5.3.3.
    """
    found: bytes = picture.info.get("icc_profile") or b""
    if found or picture.format != "JPEG2000":
        return found
    file.seek(0)
    header = file.read(_JP2_HEADER_BYTES).partition(b"jp2c")[0]
    at = header.find(b"colr")
    if at < 4 or header[at + 4 : at + 5] != b"\x02":
        return b""
    return header[at + 7 : at - 4 + int.from_bytes(header[at - 4 : at], "big")]
