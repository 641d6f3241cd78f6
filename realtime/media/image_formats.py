"""The kinds of image files that greenless reads, by content and by suffix: the one list of them.

The content decides what a file is; the suffix decides only which files of a folder are taken. ``docs/formats.md``
states the list, and a test reads one file of each suffix.
"""

from typing import BinaryIO

from PIL import Image, UnidentifiedImageError, features

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

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def opened(file: BinaryIO) -> Image.Image:
    """Open an image by its content; its pixels are not decoded yet.

    Args:
        file: an image, at any position.

    Raises:
        ImportError: it is HEIC, and pillow-heif is not installed.
        OSError, SyntaxError, ValueError: it is no image, or its header is damaged.
    """
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        file.seek(0)
        head = file.read(12)
        if head[4:8] != b"ftyp" or head[8:] not in _HEIC_BRANDS:
            raise
    from pillow_heif import register_heif_opener  # an extra: here, because it is heavy

    register_heif_opener()
    return Image.open(file, formats=["HEIF"])
