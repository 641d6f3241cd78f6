"""``Animation``: reads the animated images that FFmpeg cannot, WebP and AVIF, as ``VideoReader`` reads videos.

``open_clip`` chooses between the two.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from models.regular import open_regular
from realtime.ending import Closing, closed_on_error
from realtime.frame import Pixels
from realtime.media.deinterlace import Deinterlace
from realtime.media.video_pixels import LARGEST_PX
from realtime.media.video_reader import TimedFrame, VideoReader, open_container

BY_PILLOW = ("WEBP", "AVIF")
"""Formats whose animations FFmpeg does not play, or without their alpha."""

ANIMATED = frozenset({".apng", ".avif", ".gif", ".png", ".webp"})
"""Suffixes of images that may be animated."""

USUAL_S = Fraction(1, 10)
"""How long an image is shown if the file says 0, as browsers do."""


class Animation(Closing):
    """The images of an animated WebP or AVIF.

    Args:
        path: the file.

    Raises:
        OSError: it is missing, is not such a file, or is larger than ``LARGEST_PX``.
    """

    cut_out = False
    damaged = 0

    def __init__(self, path: Path) -> None:
        self._file = open_regular(path)
        with closed_on_error(self), _damage_as_oserror():
            self._image = Image.open(self._file, formats=BY_PILLOW)
            if self._image.width * self._image.height > LARGEST_PX:
                raise OSError(f"{self._image.width}x{self._image.height} is too large")
            self.count = int(getattr(self._image, "n_frames", 1))
            """Number of images."""
            self.fps = 1 / self._seconds()
            """Images per second, by the first one."""
        self.still = self.count == 1
        """Whether it does not move."""

    def frames(self) -> Iterator[TimedFrame]:
        """Every image, once.

        Raises:
            OSError: the disk fails, or an image is damaged.
        """
        time_s = Fraction(0)
        for index in range(self.count):
            with _damage_as_oserror():
                self._image.seek(index)
                pixels, lasts_s = self._pixels(), self._seconds()
            yield TimedFrame(time_s=float(time_s), lasts_s=float(lasts_s), convert=partial(np.copy, pixels))
            time_s += lasts_s

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._file.close()

    def _pixels(self) -> Pixels:
        """``(H, W, 3) uint8 BGR``, or ``(H, W, 4) uint8 BGRA`` with alpha."""
        rgba = np.asarray(self._image.convert("RGBA"), np.uint8)
        order = (2, 1, 0, 3) if rgba[..., 3].min() < 255 else (2, 1, 0)
        return np.ascontiguousarray(rgba[..., order])

    def _seconds(self) -> Fraction:
        """How long the image is shown. Pillow knows it once the image is decoded."""
        self._image.load()
        return Fraction(int(self._image.info.get("duration") or 0), 1000) or USUAL_S


@contextmanager
def _damage_as_oserror() -> Iterator[None]:
    """Turn the errors that Pillow's decoders raise for a damaged file, of every kind, into one."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise OSError(" ".join(str(error).split()) or "it is damaged") from error


def open_clip(path: Path, *, hold_size: bool = False, deinterlace: Deinterlace = "frame") -> "VideoReader | Animation":
    """Open a video or an animated image; the arguments are those of ``VideoReader``.

    Raises:
        OSError, av.FFmpegError: it is missing, cannot be read, or holds no video.
    """
    if _by_pillow(path):
        return Animation(path)
    return VideoReader(open_container(path), hold_size=hold_size, deinterlace=deinterlace)


def is_animated(path: Path) -> bool:
    """Whether ``path`` is an image that moves. A file that cannot be read does not."""
    if path.suffix.lower() not in ANIMATED:
        return False
    try:
        with open_regular(path) as file, Image.open(file, formats=(*BY_PILLOW, "GIF", "PNG")) as image:
            return bool(getattr(image, "is_animated", False))
    except Exception:  # decoders raise of every kind
        return False


def _by_pillow(path: Path) -> bool:
    with open_regular(path) as file:
        start = file.read(16)
    return (start[:4] == b"RIFF" and start[8:12] == b"WEBP") or start[4:12] in (b"ftypavis", b"ftypavif")
