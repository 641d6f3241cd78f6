"""Reads clips (videos or folders of images) with their known mattes for ``greenless evaluate``."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from models.home import entries
from models.pairs import ClipFrame
from realtime.capture.file import pictures_in
from realtime.errors import SourceError
from realtime.frame import Alpha, Pixels
from realtime.media.image_file import read_picture
from realtime.media.image_formats import PICTURE_SUFFIXES
from realtime.offline.clip import Clip


def read_clips(folder: Path, mattes: Path | None, *, frames: int = 0) -> Iterator[tuple[str, Iterator[ClipFrame]]]:
    """Yield each clip of ``folder``, sorted by name; if ``folder`` contains images, it is one clip.

    Args:
        folder: videos and folders of images.
        mattes: for each clip, a folder or a video with its name and its number of frames; None without mattes.
        frames: the largest number of frames per clip; 0 for all.

    Raises:
        SourceError: there is no clip, a clip is unreadable, or its matte is missing or differs in size or length.
    """
    if not os.path.isdir(folder):
        raise SourceError(f"there is no folder {folder}", cure="Check the path")
    if pictures_in(folder):
        yield folder.name, _moments(folder, mattes, frames)
        return
    clips = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and _is_clip(path))
    if not clips:
        raise SourceError(f"no clips in {folder}", cure="Put videos or folders of images there")
    for clip in clips:
        yield clip.stem, _moments(clip, None if mattes is None else _matte_of(clip, mattes), frames)


def _is_clip(path: Path) -> bool:
    if os.path.isdir(path):
        return bool(pictures_in(path))
    return path.suffix.lower() not in PICTURE_SUFFIXES | {"", ".csv", ".json", ".md", ".txt"}


def _matte_of(clip: Path, mattes: Path) -> Path:
    found = [path for path in entries(mattes) if path.stem == clip.stem and _is_clip(path)]
    if not found:
        raise SourceError(f"{clip.name} has no matte in {mattes}", cure=f"Add a folder or a video {clip.stem}")
    return found[0]


def _moments(clip: Path, mattes: Path | None, frames: int) -> Iterator[ClipFrame]:
    pictures = islice(_pictures(clip), frames or None)
    if mattes is None:
        yield from (ClipFrame(pixels=pixels) for pixels in pictures)
        return
    alphas = (_alpha(pixels) for pixels in _pictures(mattes))
    for number, pixels in enumerate(pictures):
        if (alpha := next(alphas, None)) is None:
            raise SourceError(
                f"{mattes} ends after {number} frames, {clip} is longer", cure="Add a matte for every frame"
            )
        if alpha.shape != pixels.shape[:2]:
            raise SourceError(
                f"frame {number} of {mattes} has the size {alpha.shape} (h, w), its clip {pixels.shape[:2]}",
                cure="Save the matte at the size of the clip",
            )
        yield ClipFrame(pixels=pixels, alpha=alpha)


def _pictures(clip: Path) -> Iterator[Pixels]:
    if os.path.isdir(clip):
        yield from (read_picture(path)[0] for path in pictures_in(clip))
        return
    with Clip(clip) as opened:
        yield from (frame.pixels for frame in opened.frames)


def _alpha(pixels: Pixels) -> Alpha:
    """Return the matte in a grey frame: any channel contains it."""
    return np.asarray(pixels[..., 1], np.float32) / np.float32(255)
