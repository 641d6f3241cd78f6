"""Files as sources: videos and GIFs, single pictures, folders of pictures.

In: a path. Out: a ``Source``, upright as the file's rotation says.
"""

import re
from collections.abc import Generator, Sequence
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from models.regular import NotRegular
from models.shown import masked
from realtime.capture.paced import Paced, TimedPixels
from realtime.errors import SourceError, SourceLost
from realtime.media.image_file import PICTURE_SUFFIXES, read_picture
from realtime.media.video_pixels import bounded, open_film, upright

OPEN_TIMEOUT_S, READ_TIMEOUT_S = 10.0, 5.0
"""How long a stream may take to answer, and to go on."""

STREAMS = frozenset(
    (
        "http",
        "https",
        "rtsp",
        "rtsps",
        "rtmp",
        "rtmps",
        "rtp",
        "srtp",
        "srt",
        "rist",
        "udp",
        "tcp",
        "tls",
        "ftp",
        "sftp",
    )
)
"""The protocols of streams that are opened."""

USUAL_FPS = 25.0
"""For a video that does not say its own."""


def open_video(location: Path | str, *, paced: bool) -> Paced:
    """Open a video file, a GIF or a stream.

    Args:
        location: a path, or the URL of a stream. A stream without an end is live whatever ``paced`` says.
        paced: whether a file plays at its own rate.

    Raises:
        SourceError: there is no such file or stream, it cannot be read, or has no pictures in it. While it is read:
            ``SourceError`` for a damaged file, ``SourceLost`` for a stream that broke off.
    """
    label = masked(location) if isinstance(location, str) else str(location)
    try:
        container = _open_stream(location, label) if isinstance(location, str) else open_film(location)
    except FileNotFoundError as error:
        raise SourceError(f"there is no file {label}", cure="Check the path") from error
    except NotRegular as error:
        raise SourceError(f"cannot open {label}: {error}", cure="Name a file or a camera") from error
    except (av.FFmpegError, OSError) as error:
        raise SourceError(f"cannot open {label}: {error.strerror}", cure=_cure(location)) from error
    if not container.streams.video:
        container.close()
        raise SourceError(f"{label} has no pictures in it", cure="Name a video with a picture track")
    track = bounded(container.streams.video[0])
    fps = float(track.average_rate or track.guessed_rate or USUAL_FPS)
    endless = isinstance(location, str) and container.duration is None
    moments = _moments(container, label, _cure(location), fps, endless=endless)
    return Paced(moments, label=label, fps=fps, paced=paced and not endless, live=paced or endless)


def _open_stream(url: str, label: str) -> InputContainer:
    """A stream of a network. FFmpeg's other protocols read local files, FIFOs and descriptors, which may block."""
    scheme = url.partition("://")[0].lower()
    if scheme == "file":
        from urllib.request import url2pathname  # only here, because its import takes a quarter of a second

        return open_film(Path(url2pathname(urlsplit(url).path)))
    if scheme not in STREAMS:
        raise SourceError(f"cannot open {label}: {scheme}:// is no stream", cure=f"Choose {', '.join(sorted(STREAMS))}")
    return av.open(url, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S), metadata_errors="replace")


def _moments(container: InputContainer, label: str, cure: str, fps: float, *, endless: bool) -> Generator[TimedPixels]:
    """The pictures of a video, upright, each when the file says that it is due."""
    pixel_shape = container.streams.video[0].sample_aspect_ratio or Fraction(1)
    index, first_s = 0, None
    try:
        for picture in container.decode(video=0):
            at_s = index / fps if picture.time is None else picture.time
            first_s = at_s if first_s is None else first_s
            yield TimedPixels(at_s - first_s, upright(picture, pixel_shape))
            index += 1
    except av.FFmpegError as error:
        kind, played = (SourceLost, "broke off") if endless else (SourceError, "is damaged")
        raise kind(f"{label} {played} after {index} pictures: {error.strerror}", cure=cure) from error
    finally:
        container.close()
    if endless:
        raise SourceLost(f"{label} ended after {index} pictures", cure=cure)


def _cure(location: Path | str) -> str:
    if isinstance(location, Path):
        return "Check that it plays elsewhere, or fetch it anew"
    return "Check the address, and that it plays elsewhere"


def open_picture(path: Path, *, fps: float, paced: bool) -> Paced:
    """Open a picture: shown again and again at ``fps`` when paced, else once.

    Raises:
        SourceError: it is missing, no picture, or damaged.
    """
    pixels, _ = read_picture(path)

    def moments() -> Generator[TimedPixels]:
        yield TimedPixels(0.0, pixels)
        index = 0
        while paced:
            index += 1
            yield TimedPixels(index / fps, pixels)

    return Paced(moments(), label=str(path), fps=fps if paced else 0.0, paced=paced)


def open_folder(folder: Path, *, fps: float, paced: bool) -> Paced:
    """Open the pictures of a folder, in their natural order (2 before 10), at ``fps``.

    Raises:
        SourceError: there are no pictures in it; while it is read, for a picture that is damaged.
    """
    paths = pictures_in(folder)
    if not paths:
        raise SourceError(f"no pictures in {folder}", cure=f"Endings known: {', '.join(sorted(PICTURE_SUFFIXES))}")
    moments = (TimedPixels(index / fps, read_picture(path)[0]) for index, path in enumerate(paths))
    return Paced(moments, label=f"{folder} ({len(paths)} pictures)", fps=fps, paced=paced)


def pictures_in(folder: Path) -> Sequence[Path]:
    """The pictures that lie in ``folder``, in their natural order; hidden files and folders inside are left out."""
    paths = [path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]
    return sorted((path for path in paths if not path.name.startswith(".")), key=lambda path: _natural(path.name))


def _natural(name: str) -> list[tuple[int, str]]:
    """A key by which ``b2`` comes before ``b10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"(\d+)", name)]
