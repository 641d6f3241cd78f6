"""Clips with their true mattes, as ``greenless evaluate`` measures them.

In: a folder of clips, each a video or a folder of pictures, and a folder of mattes of the same names. Out: each clip's
name and its ``ClipFrame``s.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from models.pairs import ClipFrame
from realtime.capture.file import pictures_in
from realtime.errors import SourceError
from realtime.frame import Alpha, Pixels
from realtime.media.image_file import PICTURE_SUFFIXES, read_picture
from realtime.offline.clip import Clip


def read_clips(folder: Path, mattes: Path | None, *, frames: int = 0) -> Iterator[tuple[str, Iterator[ClipFrame]]]:
    """Give each clip of ``folder``, in the order of their names; ``folder`` itself where pictures lie in it.

    Args:
        folder: videos and folders of pictures.
        mattes: for each clip a folder or a video of its name, of as many frames; None where there are none.
        frames: take at most so many of each clip; 0 takes all.

    Raises:
        SourceError: there is no clip, one of them cannot be read, or has no matte, or one of another size or length.
    """
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder}", cure="Check the path")
    if pictures_in(folder):
        yield folder.name, _moments(folder, mattes, frames)
        return
    clips = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and _is_clip(path))
    if not clips:
        raise SourceError(f"no clips in {folder}", cure="Expected videos, or folders of pictures")
    for clip in clips:
        yield clip.stem, _moments(clip, None if mattes is None else _matte_of(clip, mattes), frames)


def _is_clip(path: Path) -> bool:
    if path.is_dir():
        return bool(pictures_in(path))
    return path.suffix.lower() not in PICTURE_SUFFIXES | {"", ".csv", ".json", ".md", ".txt"}


def _matte_of(clip: Path, mattes: Path) -> Path:
    found = sorted(path for path in mattes.glob("*") if path.stem == clip.stem and _is_clip(path))
    if not found:
        raise SourceError(f"{clip.name} has no matte in {mattes}", cure=f"Expected a folder or a video {clip.stem}")
    return found[0]


def _moments(clip: Path, mattes: Path | None, frames: int) -> Iterator[ClipFrame]:
    pictures = islice(_pictures(clip), frames or None)
    if mattes is None:
        yield from (ClipFrame(pixels=pixels) for pixels in pictures)
        return
    alphas = (_alpha(pixels) for pixels in _pictures(mattes))
    for number, pixels in enumerate(pictures):
        if (alpha := next(alphas, None)) is None:
            raise SourceError(f"{mattes} ends after {number} frames, {clip} goes on", cure="Every frame needs a matte")
        if alpha.shape != pixels.shape[:2]:
            raise SourceError(
                f"frame {number} of {mattes} is {alpha.shape} (h, w), its picture {pixels.shape[:2]}",
                cure="Save it at that size",
            )
        yield ClipFrame(pixels=pixels, alpha=alpha)


def _pictures(clip: Path) -> Iterator[Pixels]:
    if clip.is_dir():
        yield from (read_picture(path)[0] for path in pictures_in(clip))
        return
    with Clip(clip) as opened:
        yield from (frame.pixels for frame in opened.frames)


def _alpha(pixels: Pixels) -> Alpha:
    """A matte as videos and pictures hold it: grey, so that any channel is it."""
    return np.asarray(pixels[..., 1], np.float32) / np.float32(255)
