"""Files and streams as sources: videos and GIFs, single images, folders of images."""

import itertools
import logging
import re
from collections.abc import Generator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from models.regular import NotRegular
from models.shown import masked
from realtime.capture.paced import Paced, TimedPixels
from realtime.errors import SourceError, SourceLost
from realtime.media.image_file import read_picture
from realtime.media.image_formats import PICTURE_SUFFIXES
from realtime.media.video_reader import VideoReader, open_container

log = logging.getLogger("greenless")

OPEN_TIMEOUT_S, READ_TIMEOUT_S = 10.0, 5.0
"""Seconds that a stream may take to answer, and to send more."""

STREAMS = frozenset(
    (
        *("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "rtp", "srtp"),
        *("srt", "rist", "udp", "tcp", "tls", "ftp", "sftp"),
    )
)
"""Protocols of the streams that can be opened."""


def open_video(location: Path | str, *, paced: bool, transport: str = "tcp") -> Paced:
    """Open a video file, a GIF or a stream.

    Args:
        location: a path, or the URL of a stream. A stream without an end is always live.
        paced: whether a file plays at its own rate.
        transport: what carries the packets of an RTSP stream: ``tcp`` or ``udp``.

    Raises:
        SourceError: there is no such file or stream, it cannot be read, or holds no video. During reading:
            ``SourceError`` if the disk fails, ``SourceLost`` if a stream breaks off.
    """
    label = masked(location) if isinstance(location, str) else str(location)
    try:
        container = _open_stream(location, label, transport) if isinstance(location, str) else open_container(location)
        reader = VideoReader(container)
    except FileNotFoundError as error:
        raise SourceError(f"there is no file {label}", cure="Check the path") from error
    except NotRegular as error:
        raise SourceError(f"cannot open {label}: {error}", cure="Name a file or a camera") from error
    except (av.FFmpegError, OSError) as error:
        raise SourceError(f"cannot open {label}: {error.strerror}", cure=_cure(location)) from error
    endless = isinstance(location, str) and reader.endless
    moments = _moments(reader, label, _cure(location), endless=endless)
    return Paced(moments, label=label, fps=float(reader.fps), paced=paced and not endless, live=paced or endless)


def _open_stream(url: str, label: str, transport: str) -> InputContainer:
    """Open a network stream. FFmpeg's other protocols read local files, FIFOs and descriptors, which may block.

    FFmpeg alone would try RTSP over UDP first, which loses packets in busy networks and stalls behind firewalls.
    """
    scheme = url.partition("://")[0].lower()
    if scheme == "file":
        from urllib.request import url2pathname  # here, because its import takes a quarter of a second

        return open_container(Path(url2pathname(urlsplit(url).path)))
    if scheme not in STREAMS:
        raise SourceError(
            f"cannot open {label}: {scheme}:// is not a stream", cure=f"Choose {', '.join(sorted(STREAMS))}"
        )
    options: dict[str, str] = {"rtsp_transport": transport} if scheme == "rtsp" else {}
    return av.open(url, options=options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S), metadata_errors="replace")


def _moments(reader: VideoReader, label: str, cure: str, *, endless: bool) -> Generator[TimedPixels]:
    """The frames of a video, each at the time that the file gives it."""
    count = 0
    try:
        for frame in reader.frames():
            yield TimedPixels(frame.time_s, frame.pixels())
            count += 1
    except (av.FFmpegError, OSError) as error:
        kind, what = (SourceLost, "broke off") if endless else (SourceError, "failed")
        raise kind(f"{label} {what} after {count} frames: {error.strerror}", cure=cure) from error
    finally:
        reader.close()
        if reader.damaged:
            log.warning("%s: skipped %d damaged packets, which cannot be decoded", label, reader.damaged)
    if endless:
        raise SourceLost(f"{label} ended after {count} frames", cure=cure)


def _cure(location: Path | str) -> str:
    if isinstance(location, Path):
        return "Check that it plays elsewhere, or copy it again"
    if location.lower().startswith("rtsp://"):
        return "Check the address, and that it plays elsewhere, or try --transport udp or tcp"
    return "Check the address, and that it plays elsewhere"


def open_picture(path: Path, *, fps: float, paced: bool) -> Paced:
    """Open an image: shown again and again at ``fps`` if paced, otherwise once.

    Raises:
        SourceError: it is missing, damaged, or not an image.
    """
    pixels, _ = read_picture(path)

    moments = (TimedPixels(index / fps, pixels) for index in (itertools.count() if paced else range(1)))
    return Paced(moments, label=str(path), fps=fps if paced else 0.0, paced=paced)


def open_folder(folder: Path, *, fps: float, paced: bool) -> Paced:
    """Open the images of a folder, in their natural order (2 before 10), at ``fps``.

    Raises:
        SourceError: it holds no images; during reading, an image is damaged.
    """
    paths = pictures_in(folder)
    if not paths:
        raise SourceError(f"no images in {folder}", cure=f"Known suffixes: {', '.join(sorted(PICTURE_SUFFIXES))}")
    moments = (TimedPixels(index / fps, read_picture(path)[0]) for index, path in enumerate(paths))
    return Paced(moments, label=f"{folder} ({len(paths)} images)", fps=fps, paced=paced)


def pictures_in(folder: Path) -> Sequence[Path]:
    """The images in ``folder``, in their natural order, without hidden files and sub-folders."""
    paths = [path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]
    return sorted((path for path in paths if not path.name.startswith(".")), key=lambda path: _natural(path.name))


def _natural(name: str) -> list[tuple[int, str]]:
    """A sort key that puts ``b2`` before ``b10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"(\d+)", name)]
