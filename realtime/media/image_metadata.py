"""What an output keeps of the metadata of its image: date, author and copyright, or all, or nothing.

People share these files. So by default the place (GPS), the camera and every other tag stay behind. A thumbnail never
comes along, because it shows the room that was cut away. Orientation and colour space are those of the output.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from realtime.media import xmp

Keep = Literal["credits", "all", "none"]
"""``credits``: date, author and copyright. ``all``: also GPS, camera and the rest. ``none``: nothing."""

_Tag = ExifTags.Base
_EXIF, _GPS = ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo
_MAIN_CREDITS = (_Tag.DateTime, _Tag.Artist, _Tag.Copyright)
_EXIF_CREDITS = (
    *(_Tag.DateTimeOriginal, _Tag.DateTimeDigitized, _Tag.OffsetTime, _Tag.OffsetTimeOriginal),
    *(_Tag.OffsetTimeDigitized, _Tag.SubsecTime, _Tag.SubsecTimeOriginal, _Tag.SubsecTimeDigitized),
)
_OF_PIXELS = frozenset(
    {
        *range(254, 270),  # size, bits, compression, photometric interpretation
        *(*range(273, 274), *range(277, 282), 284, 301, 317, 318, 319, 320, *range(322, 326), 330),  # layout, colours
        *(338, 339, 340, 341, 347, *range(512, 522), *range(529, 533), 700, 33723, 34377, 34675),  # XMP, IPTC, ICC
        *range(50706, 51112),  # DNG
        _Tag.Orientation,
    }
)
"""Tags of the source's pixels, file or colours, which are not those of the output."""

_EXIF_OF_PIXELS = (_Tag.ExifImageWidth, _Tag.ExifImageHeight, _Tag.ColorSpace, ExifTags.IFD.Interop, _Tag.Gamma)
_IPTC_AUTHOR, _IPTC_COPYRIGHT, _IPTC_DATE, _IPTC_TIME = (2, 80), (2, 116), (2, 55), (2, 60)


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The metadata of an output."""

    exif: bytes = b""
    """A TIFF structure, without the ``Exif`` that JPEG puts before it; empty for none."""

    xmp: bytes = b""
    """An XMP packet; empty for none."""


NO_METADATA = Metadata()


def kept(picture: Image.Image, keep: Keep, exif: Image.Exif | None = None) -> Metadata:
    """Return what the outputs of an image keep.

    Args:
        picture: the image as it was opened. Damaged metadata counts as none.
        keep: how much.
        exif: instead of that of ``picture``.
    """
    if keep == "none":
        return NO_METADATA
    packet = picture.info.get("xmp") or b""
    root = xmp.parsed(packet.encode() if isinstance(packet, str) else packet)
    try:
        found = picture.getexif() if exif is None else exif
        exif = _all(found) if keep == "all" else _credits(found)
        if root is not None:
            _fill(exif, _Tag.Artist, xmp.value(root, xmp.CREATOR))
            _fill(exif, _Tag.Copyright, xmp.value(root, xmp.RIGHTS))
            _date(exif, next(filter(None, (xmp.value(root, name) for name in xmp.DATES)), ""))
        _fill_from_others(exif, picture)
        data = exif.tobytes().removeprefix(b"Exif\0\0") if len(exif) else b""
    except Exception:  # Pillow raises of every kind
        data = b""
    return Metadata(exif=data, xmp=b"" if root is None else xmp.filtered(root, everything=keep == "all"))


def _credits(found: Image.Exif) -> Image.Exif:
    exif = Image.Exif()
    _copy(found, exif, _MAIN_CREDITS)
    _copy(found.get_ifd(_EXIF), exif.get_ifd(_EXIF), _EXIF_CREDITS)
    if _Tag.Artist not in exif and isinstance(author := found.get(_Tag.XPAuthor), bytes):  # Windows writes this one
        _fill(exif, _Tag.Artist, author.decode("utf-16-le", "replace").strip("\0"))
    return _with_folder(exif)


def _all(found: Image.Exif) -> Image.Exif:
    exif = Image.Exif()
    _copy(found, exif, [tag for tag in found if tag not in _OF_PIXELS and tag not in (_EXIF, _GPS)])
    inner = found.get_ifd(_EXIF)
    _copy(inner, exif.get_ifd(_EXIF), [tag for tag in inner if tag not in _EXIF_OF_PIXELS])
    if gps := found.get_ifd(_GPS):
        _copy(gps, exif.get_ifd(_GPS), gps)
        exif[_GPS] = exif.get_ifd(_GPS)
    return _with_folder(exif)


def _copy(source: Any, target: Any, tags: Any) -> None:
    for tag in tags:
        if tag in source:
            target[tag] = _Text(source[tag]) if isinstance(source[tag], str) else source[tag]


class _Text(str):
    """A text that keeps its bytes: Pillow reads them as Latin-1 and would write ASCII, but most are UTF-8."""

    def encode(self, encoding: str = "latin-1", errors: str = "replace") -> bytes:
        return super().encode("latin-1", "replace")


def _utf8(text: str) -> str:
    return _Text(text.encode().decode("latin-1"))


def _with_folder(exif: Image.Exif) -> Image.Exif:
    if inner := exif.get_ifd(_EXIF):
        exif[_EXIF] = inner
    return exif


def _fill(exif: Image.Exif, tag: int, text: str) -> None:
    """Set a text that is missing."""
    if text and tag not in exif:
        exif[tag] = _utf8(text)


def _date(exif: Image.Exif, text: str) -> None:
    """Set the date of the photo, if it is missing, from the ISO 8601 of XMP."""
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$", text.strip())
    inner = exif.get_ifd(_EXIF)
    if found is None or _Tag.DateTimeOriginal in inner:
        return
    year, month, day, minutes, seconds, offset = found.groups()
    inner[_Tag.DateTimeOriginal] = f"{year}:{month}:{day} {minutes}{seconds or ':00'}"
    if offset:
        inner[_Tag.OffsetTimeOriginal] = offset.replace("Z", "+00:00")
    exif[_EXIF] = inner


def _fill_from_others(exif: Image.Exif, picture: Image.Image) -> None:
    """Set what is missing from IPTC, which agencies write, and from the texts of a PNG."""
    iptc: dict[Any, Any] = (isinstance(picture, ImageFile.ImageFile) and IptcImagePlugin.getiptcinfo(picture)) or {}
    _fill(exif, _Tag.Artist, _text(iptc.get(_IPTC_AUTHOR)) or str(picture.info.get("Author", "")))
    _fill(exif, _Tag.Copyright, _text(iptc.get(_IPTC_COPYRIGHT)) or str(picture.info.get("Copyright", "")))
    day, time = _text(iptc.get(_IPTC_DATE)), _text(iptc.get(_IPTC_TIME))
    if re.fullmatch(r"\d{8}", day) and re.match(r"\d{6}", time):
        _date(exif, f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:6]}")


def _text(value: Any) -> str:
    """Return a value of IPTC, of which there may be several, as text."""
    several = value if isinstance(value, list) else [value]
    return "; ".join(_decoded(item) for item in several if isinstance(item, bytes))


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
