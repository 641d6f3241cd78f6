"""The built-in sample, for users without a camera: a short clip of a drawn person, or the photograph in ``portrait``.

``labelled`` gives the clips' frames with their exact mattes, for measurements. ``benchmarks/render_sample.py`` renders
the files in ``sample/``.
"""

import importlib.util
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Literal

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

FOLDER = Path(__file__).with_name("sample")
CLIP_FPS = 15

_QUALITY = 93


def labelled(name: Literal["person", "persons"]) -> Iterator[tuple[Pixels, Alpha]]:
    """Yield frames of a clip with their exact mattes.

    Args:
        name: ``person``: the first 24 frames of one person who moves, 1280x720; ``persons``: sixteen persons, one
            frame each, 640x360.

    Yields:
        ``(H, W, 3) uint8 BGR`` and ``(H, W) float32 in [0, 1]``.
    """
    with av.open(str(FOLDER / f"{name}.mp4")) as clip, av.open(str(FOLDER / f"{name}-matte.mp4")) as mattes:
        for matte, frame in zip(mattes.decode(video=0), clip.decode(video=0), strict=False):
            alpha8 = matte.to_ndarray()[: matte.height]  # the Y plane holds the matte
            yield upright(frame), alpha8.astype(np.float32) / np.float32(255)


class SampleClip:
    """The clip of one person, at any size and frame rate, played forwards and backwards without end.

    Args:
        width_px: width of the frames.
        height_px: height of the frames.
        fps: frame rate; frames of the clip, which has ``CLIP_FPS``, are repeated or skipped.
    """

    def __init__(self, width_px: int, height_px: int, fps: float) -> None:
        self._size = {"width_px": width_px, "height_px": height_px}
        self._fps = fps
        self._coded: list[npt.NDArray[np.uint8]] = []  # JPEGs: a video decodes forwards only, pixels take much memory
        self._rest = self._read()
        self._last = next(self._rest) - 1

    def pixels(self, index: int) -> Pixels:
        """Return frame ``index``, ``(H, W, 3) uint8 BGR``."""
        at = self._last - abs(self._last - int(index * CLIP_FPS / self._fps) % (2 * self._last))
        while at >= len(self._coded):
            next(self._rest)
        return np.asarray(cv2.imdecode(self._coded[at], cv2.IMREAD_COLOR), np.uint8)

    def _read(self) -> Generator[int]:
        """Yield the number of frames in the clip; then decode a frame at each step, and keep it as JPEG."""
        with av.open(str(FOLDER / "person.mp4")) as clip:
            yield clip.streams.video[0].frames
            for frame in clip.decode(video=0):
                fitted = fit(upright(frame), **self._size, how="cover")
                coded = cv2.imencode(".jpg", fitted, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1]
                self._coded.append(np.asarray(coded, np.uint8))
                yield len(self._coded)


def open_sample(subject: str, camera: CameraSettings, *, paced: bool) -> Paced:
    """Open the sample, which has no end.

    Args:
        subject: ``rendered`` or ``portrait``; empty means the portrait if scikit-image is installed.
        camera: size and frame rate.
        paced: play live at the camera's rate; otherwise as fast as it is read.

    Raises:
        SourceError: no sample has this name.
        MissingExtra: the portrait needs scikit-image, which is not installed.
    """
    subject = subject or ("portrait" if importlib.util.find_spec("skimage") else "rendered")
    if subject == "portrait":
        from realtime.capture.portrait import Portrait

        pixels = Portrait(camera.width, camera.height, camera.fps).pixels
    elif subject != "rendered":
        raise SourceError(f"there is no sample {subject!r}", cure="Choose rendered or portrait")
    else:
        pixels = SampleClip(camera.width, camera.height, camera.fps).pixels
    return Paced(_frames(pixels, camera.fps, paced=paced), label=f"sample {subject}", fps=camera.fps, paced=paced)


def _frames(pixels: Callable[[int], Pixels], fps: float, *, paced: bool) -> Generator[TimedPixels]:
    """Yield every frame; if ``paced``, skip those whose time has passed, as a camera does: nothing slows down."""
    yield TimedPixels(0, pixels(0))
    start_s, index = time.perf_counter(), 0
    while True:
        passed = int((time.perf_counter() - start_s) * fps) if paced else 0
        index = max(index + 1, passed)
        yield TimedPixels(index / fps, pixels(index))
