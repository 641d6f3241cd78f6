"""The built-in sample, for whoever has no camera: a short clip of a drawn person, or the photograph in ``portrait``.

In: a size and a frame rate. Out: a ``Source``; and the frames of the clips with their exact mattes, to measure on.
``benchmarks/render_sample.py`` renders the files in ``sample/``.
"""

import importlib.util
import itertools
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Literal, Protocol

import av
import cv2
import numpy as np
import numpy.typing as npt

from realtime.capture.paced import Paced, TimedPixels
from realtime.errors import SourceError
from realtime.frame import Alpha, Pixels
from realtime.media.fit import fit
from realtime.media.video_pixels import upright
from realtime.settings.schema import CameraSettings

SUBJECTS = ("rendered", "portrait")

FOLDER = Path(__file__).with_name("sample")
CLIP_FPS = 15

_QUALITY = 93


class Subject(Protocol):
    """What a sample shows."""

    def pixels(self, index: int) -> Pixels:
        """Frame ``index``: ``(H, W, 3) uint8 BGR``."""
        ...


def labelled(name: Literal["person", "persons"]) -> Iterator[tuple[Pixels, Alpha]]:
    """The frames of a clip with their exact mattes.

    Args:
        name: ``person``, one who moves, 1280x720; ``persons``, sixteen, one frame each, 640x360.

    Returns:
        ``(H, W, 3) uint8 BGR`` and ``(H, W) float32 in [0, 1]``, one after the other.
    """
    with av.open(str(FOLDER / f"{name}.mp4")) as clip, av.open(str(FOLDER / f"{name}-matte.mp4")) as mattes:
        for frame, matte in zip(clip.decode(video=0), mattes.decode(video=0), strict=True):
            alpha8 = matte.to_ndarray()[: matte.height]  # Y is the matte itself
            yield upright(frame), alpha8.astype(np.float32) / np.float32(255)


class SampleClip:
    """The person who moves, at any size and rate, played back and forth without end.

    Args:
        width_px: width of the frames.
        height_px: their height.
        fps: their rate; the clip has ``CLIP_FPS``, and its frames are repeated or left out.
    """

    def __init__(self, width_px: int, height_px: int, fps: float) -> None:
        self._size = {"width_px": width_px, "height_px": height_px}
        self._fps = fps
        self._coded: list[npt.NDArray[np.uint8]] = []  # a video plays forwards only, and decoded it would fill memory
        self._rest = self._read()
        self._last = next(self._rest) - 1

    def pixels(self, index: int) -> Pixels:
        """Frame ``index``: ``(H, W, 3) uint8 BGR``."""
        at = self._last - abs(self._last - int(index * CLIP_FPS / self._fps) % (2 * self._last))
        while at >= len(self._coded):
            next(self._rest)
        return np.asarray(cv2.imdecode(self._coded[at], cv2.IMREAD_COLOR), np.uint8)

    def _read(self) -> Generator[int]:
        """Decode one frame after the other, and keep each as JPEG; give the number of all each time."""
        with av.open(str(FOLDER / "person.mp4")) as clip:
            length = clip.streams.video[0].frames
            yield length
            for frame in clip.decode(video=0):
                fitted = fit(upright(frame), **self._size, how="cover")
                coded = cv2.imencode(".jpg", fitted, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1]
                self._coded.append(np.asarray(coded, np.uint8))
                yield length


def open_sample(subject: str, camera: CameraSettings, *, paced: bool) -> Paced:
    """Open the sample: live at the camera's rate when paced, else frame by frame as fast as it is read, without end.

    Args:
        subject: ``rendered``, ``portrait``, or empty: the portrait if scikit-image is installed.
        camera: size and rate.
        paced: whether it is live.

    Raises:
        SourceError: no subject is called so.
        MissingExtra: the portrait is asked for and scikit-image is not installed.
    """
    subject = subject or ("portrait" if importlib.util.find_spec("skimage") else "rendered")
    if subject not in SUBJECTS:
        raise SourceError(f"no sample is called {subject!r}", cure=f"Choose {' or '.join(SUBJECTS)}")
    shown = _subject(subject, camera)

    def frames() -> Generator[TimedPixels]:
        for index in itertools.count():
            yield TimedPixels(index / camera.fps, shown.pixels(index))

    return Paced(frames(), label=f"sample {subject}", fps=camera.fps, paced=paced)


def _subject(subject: str, camera: CameraSettings) -> Subject:
    if subject == "portrait":
        from realtime.capture.portrait import Portrait

        return Portrait(camera.width, camera.height, camera.fps)
    return SampleClip(camera.width, camera.height, camera.fps)
