"""A background that a page sends: untrusted bytes go in, a file in the backgrounds folder comes out, or nothing.

A picture is decoded here, if its header keeps to a limit of pixels, and written again, so that what stands in the
folder afterwards was made by greenless: no metadata, nothing behind the picture. A clip is kept as it came, if it is in
one of a few containers by its first bytes, and its key frames decode and are not too large. The name is cut down to
plain characters and never replaces a file that is there. One file is decoded at a time, which ``decode`` of ``receive``
sees to, and takes less than 650 MB for it.
"""

import io
import os
import re
import unicodedata
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import av
from PIL import ExifTags, Image, ImageOps

from realtime.errors import ControlError
from realtime.media.image_file import PICTURE_SUFFIXES, eight_bit
from realtime.media.video_reader import VideoReader, open_container
from realtime.scene.choices import CLIP_SUFFIXES

LARGEST_BYTES = 200_000_000
"""Of a clip; a few minutes in full HD."""

LARGEST_PICTURE_BYTES = 40_000_000

LARGEST_PX = 60_000_000
"""Pixels of a picture, each of which takes 3 to 11 bytes while it is decoded."""

LARGEST_PX_OF = {"AVIF": 50_000_000, "WEBP": 30_000_000}
"""Pixels of a picture in a format that takes 9 and 15 bytes for each."""

LARGEST_FRAME_PX = 8192 * 4320
"""Pixels of a clip's frame: 8K."""

KEPT_PX = 3840
"""The longer side of a picture as it is kept."""

_PICTURES = ("AVIF", "BMP", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_SCALED = ("CMYK", "F", "I", "I;16", "I;16B", "L", "RGB", "YCbCr")
"""Pixels that are scaled as they are; others become RGB first: those of a palette cannot, and alpha is left out."""

_FORMATS = {".gif": "gif", ".avi": "avi", ".mkv": "matroska", ".webm": "matroska"}
"""FFmpeg's demuxer by the ending; the others are MP4's. Naming it keeps FFmpeg from taking the bytes for a playlist
that names other files."""


Decode = Callable[[Callable[[], Path]], Awaitable[Path]]
"""Runs a function in a thread, when those before it are done."""


async def receive(folder: Path, name: str, chunks: AsyncIterator[bytes], decode: Decode) -> Path:
    """Take a file in.

    Args:
        folder: where it goes; made when it is not there.
        name: what the sender calls it; only its ending and its plain characters count.
        chunks: its bytes.
        decode: where it is decoded.

    Returns:
        The new file.

    Raises:
        ControlError: too large, of another kind, damaged, or the folder cannot be written.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in PICTURE_SUFFIXES | CLIP_SUFFIXES:
        raise ControlError(
            f"{plain_name(name) or 'that'} is neither picture nor clip",
            cure="Send a JPEG, PNG, WebP, AVIF, TIFF, BMP, GIF, MP4, MOV, WebM, MKV or AVI",
        )
    largest = LARGEST_BYTES if suffix in CLIP_SUFFIXES else LARGEST_PICTURE_BYTES
    part = folder / f".{os.urandom(8).hex()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            size = 0
            async for chunk in chunks:
                size += len(chunk)
                if size > largest:
                    raise ControlError(f"the file is larger than {largest // 1_000_000} MB", cure="Send a smaller one")
                file.write(chunk)
        return await decode(partial(_kept, part, folder, plain_name(name) or "background", suffix))
    except OSError as error:
        raise ControlError(f"cannot keep the file in {folder}: {error.strerror}", cure="Free some space") from error
    finally:
        with suppress(OSError):
            part.unlink()


def plain_name(name: str) -> str:
    """The stem of a file's name with letters, digits, spaces, dashes and underscores only, at most 60 of them."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem = last.rpartition(".")[0] or last
    stem = re.sub(r"[^\w -]+", " ", stem)
    stem = re.sub(r"\s+", " ", stem).strip(" -_")[:60].strip()
    reserved = re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", stem)  # names that Windows keeps for devices
    return f"{stem} file" if reserved else stem


def _kept(part: Path, folder: Path, stem: str, suffix: str) -> Path:
    if suffix in CLIP_SUFFIXES:
        _check_clip(part, suffix)
        return _place(part, folder, stem, suffix)
    data, suffix = _picture(part)
    part.write_bytes(data)
    return _place(part, folder, stem, suffix)


def _picture(part: Path) -> tuple[bytes, str]:
    """The picture, decoded and coded again."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(part, formats=_PICTURES) as opened:
                largest = LARGEST_PX_OF.get(opened.format or "", LARGEST_PX)
                if opened.width * opened.height > largest:
                    raise ControlError(
                        f"the picture has {opened.width}x{opened.height} pixels",
                        cure=f"Send one below {largest // 1_000_000} megapixels",
                    )
                picture = _small(opened)
    except (
        *(OSError, SyntaxError, ValueError, EOFError, MemoryError),
        *(Image.DecompressionBombError, Image.DecompressionBombWarning),
    ) as error:
        raise ControlError("the file is no picture that can be read", cure="Save it anew as JPEG or PNG") from error
    data = io.BytesIO()
    picture.info.clear()
    picture.save(data, "JPEG", quality=92)
    return data.getvalue(), ".jpg"


def _small(opened: Image.Image) -> Image.Image:
    """The picture at the size at which it is kept, upright. What can be is done after it was made small."""
    orientation = opened.getexif().get(ExifTags.Base.Orientation, 1)
    share = min(1.0, KEPT_PX / max(opened.size))
    opened.draft("RGB", (round(opened.width * share), round(opened.height * share)))
    opened.load()  # of a JPEG a half or a quarter of its size, if that is enough
    small = opened if opened.mode in _SCALED else opened.convert("RGB")
    small.thumbnail((KEPT_PX, KEPT_PX), Image.Resampling.LANCZOS)
    small = eight_bit(small)
    small.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(small).convert("RGB")


def _check_clip(part: Path, suffix: str) -> None:
    """Decode the key frames. In play the decoder refuses any other frame that is too large."""
    try:
        container = open_container(part, _FORMATS.get(suffix, "mp4"))
        with VideoReader(container, key_frames=True, largest_px=LARGEST_FRAME_PX) as reader:
            count = sum(1 for _ in reader.frames())
            if reader.damaged or not count:
                raise ValueError(f"{reader.damaged} damaged packets, {count} key frames")
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:
        raise ControlError(
            "the file is not a clip that can be read, or one of its frames is larger than 8K", cure="Save it as MP4"
        ) from error


def _place(part: Path, folder: Path, stem: str, suffix: str) -> Path:
    """Move the file to a name that is free."""
    number = 1
    while True:
        path = folder / f"{stem}{f' {number}' if number > 1 else ''}{suffix}"
        with suppress(FileExistsError):  # the name is taken: try the next
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
            os.replace(part, path)
            return path
        number += 1
