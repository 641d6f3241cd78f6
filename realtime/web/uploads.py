"""Receives a background that a page sends: checks untrusted bytes and keeps them in the backgrounds folder.

An image is decoded here, if its header keeps to a limit of pixels, and encoded again. The kept file is therefore made
by greenless: without metadata, and with nothing behind the image. A clip is kept as it came, if its first bytes name
one of a few containers, its key frames decode, and none is too large. The name is cut down to plain characters and
never replaces a file. ``decode`` of ``receive`` runs one check at a time; each takes less than 650 MB.
"""

import itertools
import os
import re
import unicodedata
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import ExifTags, Image

from models.extras import how_to_add
from models.files import beside
from realtime.errors import ControlError
from realtime.media import deep_levels, image_formats
from realtime.media.image_formats import PICTURE_SUFFIXES
from realtime.media.image_metadata import NO_METADATA
from realtime.media.still_image import StillImage, Stored, StoredDeep
from realtime.media.video_reader import VideoReader, open_container
from realtime.scene.choices import CLIP_SUFFIXES

LARGEST_BYTES = 200_000_000
"""Of a clip: a few minutes in full HD."""

LARGEST_PICTURE_BYTES = 40_000_000

LARGEST_PX = 60_000_000
"""Pixels of an image. Each takes 3 to 11 bytes during decoding."""

LARGEST_PX_OF = {"AVIF": 50_000_000, "HEIF": 40_000_000, "JPEG2000": 20_000_000, "WEBP": 30_000_000}
"""Pixels of an image in a format whose decoder takes 9 to 25 bytes for each."""

LARGEST_FRAME_PX = 8192 * 4320
"""Pixels of a frame of a clip: 8K."""

KEPT_PX = 3840
"""Longer side of an image that is kept."""

_SUFFIXES = PICTURE_SUFFIXES - {".dng"} | CLIP_SUFFIXES
_SCALED = ("CMYK", "F", "I", "I;16", "I;16B", "L", "RGB")
"""Pillow modes that are scaled as they are. Others become RGB first, or RGBa: a palette cannot be scaled."""

_FORMATS = {".gif": "gif", ".avi": "avi", ".mkv": "matroska", ".webm": "matroska"}
"""FFmpeg's demuxer by suffix; all others are MP4. With a named demuxer, FFmpeg cannot take the bytes for a playlist,
which may name other files."""


Decode = Callable[[Callable[[], Path]], Awaitable[Path]]
"""Runs a function in a thread after the functions before it."""


async def receive(folder: Path, name: str, chunks: AsyncIterator[bytes], decode: Decode) -> Path:
    """Receive a file, check it and keep it.

    Args:
        folder: the folder to keep it in; made if missing.
        name: the sender's name; only its suffix and its plain characters count.
        chunks: its bytes.
        decode: runs the check.

    Returns:
        The new file.

    Raises:
        ControlError: it is too large, of another kind or damaged, or the folder cannot be written.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in _SUFFIXES:
        raise ControlError(
            f"{plain_name(name) or 'the file'} is neither an image nor a clip",
            cure="Send a JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP, PSD, GIF, MP4, MOV, WebM, MKV or AVI",
        )
    largest = LARGEST_BYTES if suffix in CLIP_SUFFIXES else LARGEST_PICTURE_BYTES
    stem = plain_name(name) or "background"
    part = beside(folder / stem)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            size = 0
            async for chunk in chunks:
                size += len(chunk)
                if size > largest:
                    raise ControlError(f"the file is larger than {largest // 1_000_000} MB", cure="Send a smaller one")
                file.write(chunk)
        return await decode(partial(_kept, part, folder, stem, suffix))
    except OSError as error:
        raise ControlError(f"cannot keep the file in {folder}: {error.strerror}", cure="Free some space") from error
    finally:
        with suppress(OSError):
            part.unlink()


def plain_name(name: str) -> str:
    """The stem of a file name, reduced to letters, digits, spaces, dashes and underscores, at most 60 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem = last.rpartition(".")[0] or last
    stem = re.sub(r"[^\w -]+", " ", stem)
    stem = re.sub(r"\s+", " ", stem).strip(" -_")[:60].strip()
    reserved = re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", stem)  # Windows reserves these names for devices
    return f"{stem} file" if reserved else stem


def _kept(part: Path, folder: Path, stem: str, suffix: str) -> Path:
    if suffix in CLIP_SUFFIXES:
        _check_clip(part, suffix)
        return _place(part, folder, stem, suffix)
    _picture(part).save(part, "JPEG", quality=92)
    return _place(part, folder, stem, ".jpg")


def _picture(part: Path) -> Image.Image:
    """Decode the image, and return it as it is kept."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with part.open("rb") as file, image_formats.opened(file) as opened:
                largest = LARGEST_PX_OF.get(opened.format or "", LARGEST_PX)
                if opened.width * opened.height > largest:
                    raise ControlError(
                        f"the image has {opened.width}x{opened.height} pixels",
                        cure=f"Send one below {largest // 1_000_000} megapixels",
                    )
                return _small(opened)
    except ControlError:
        raise
    except ImportError as error:
        what = "the package pillow-heif, which reads HEIC, is not installed"
        raise ControlError(what, cure=how_to_add("heif")) from error
    except Exception as error:  # decoders raise of every kind
        raise ControlError("the file is not an image that can be read", cure="Save it again as JPEG or PNG") from error


def _small(opened: Image.Image) -> Image.Image:
    """Scale the image to the size that is kept, turn it upright, make its colours sRGB, and put it over black.

    The steps after scaling take less memory.
    """
    profile = opened.info.get("icc_profile") or b""
    orientation = opened.getexif().get(ExifTags.Base.Orientation, 1)
    share = min(1.0, KEPT_PX / max(opened.size))
    opened.draft("RGB", (round(opened.width * share), round(opened.height * share)))
    opened.load()  # decodes a JPEG at a half or a quarter of its size if that is enough
    small: Image.Image = opened
    if opened.has_transparency_data:
        small = (opened if opened.mode == "RGBA" else opened.convert("RGBA")).convert("RGBa")
    elif opened.mode not in _SCALED:
        small = opened.convert("RGB")
    small.thumbnail((KEPT_PX, KEPT_PX), Image.Resampling.LANCZOS)
    levels = deep_levels.of_grey(small)
    stored = Stored(small, profile) if levels is None else StoredDeep(levels, profile)
    part = StillImage(stored, orientation=orientation, metadata=NO_METADATA).whole()
    pixels = part.pixels if part.alpha is None else cv2.convertScaleAbs(part.pixels * part.alpha[..., None])
    return Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]))


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
            "the file is not a clip that can be read, or one of its frames is larger than 8K",
            cure="Save it again as MP4",
        ) from error


def _place(part: Path, folder: Path, stem: str, suffix: str) -> Path:
    """Move the file to a free name."""
    for number in itertools.count(1):
        path = folder / f"{stem}{f' {number}' if number > 1 else ''}{suffix}"
        with suppress(FileExistsError):  # the name is taken
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
            break
    os.replace(part, path)
    return path
