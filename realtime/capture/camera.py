"""``Camera``: the source that reads a camera through OpenCV.

Known behaviour of the systems:

- V4L2 gives 720p at 10 fps unless the format MJPG is set before the size.
- DirectShow forgets a format that is set before the size.
- Media Foundation takes 12 s to open unless its hardware transforms are off; ``realtime.capture`` turns them off.
- A read from an unplugged camera fails at once, without an exception.
- A camera that hangs repeats its last frame for ever, see ``frozen``.
- Drivers misreport the size, so only the shape of a frame counts.
"""

import logging
import math
import threading
import time

import cv2
import numpy as np

from realtime.capture.cameras import BACKENDS, Device, find_again, find_camera, why_not
from realtime.capture.frozen import Frozen
from realtime.capture.source import Source
from realtime.ending import held
from realtime.errors import SourceError, SourceLost
from realtime.frame import Frame, Pixels
from realtime.settings.schema import CameraSettings

log = logging.getLogger("greenless")

_FIRST_READS = 8
"""How many reads may fail while a camera starts."""

_WAKING_S = 8.0
"""For how long reads may fail while a camera starts; each can block for seconds."""

_SLOW = 0.5
"""Share of the requested frame rate below which a warning is logged."""

_CLOSING_S = 0.5
"""How long ``close`` waits for a read in progress. A longer read releases the camera itself."""


class Camera(Source):
    """A ``Source`` that reads a camera.

    Args:
        settings: which camera to open, and its format.
        device: the camera, if it was open before.

    Raises:
        SourceError: there is no such camera, it is busy, may not be opened, or gives no frame.
    """

    name = ""
    fps = 0.0

    def __init__(self, settings: CameraSettings, device: Device | None = None) -> None:
        self._settings = settings
        self._device = device or find_camera(settings.camera)
        self._closed = False
        self._lock = threading.Lock()  # OpenCV must not release a capture during a read
        self._index = 0
        self._frozen = Frozen()
        self._capture, backend = _open(self._device, settings, look_around=device is None)
        self._first: Pixels | None = _first_frame(self._capture, self._device)
        height, width = self._first.shape[:2]
        fps = self._capture.get(cv2.CAP_PROP_FPS)  # 0, -1 or NaN if the driver does not report it
        self.fps = float(fps) if math.isfinite(fps) and fps > 0 else settings.fps
        granted = f"{width}x{height} at {self.fps:g} fps", _fourcc(self._capture), backend
        self.name = ", ".join((str(self._device), *filter(None, granted)))
        if (width, height) != (settings.width, settings.height):
            log.info("requested %dx%d from the camera, got %dx%d", settings.width, settings.height, width, height)
        if device is None and self.fps < _SLOW * settings.fps:
            cure = "for a higher rate, use a smaller size: --width 640 --height 480"
            log.warning("%s gives only %g frames per second at %dx%d; %s", self._device, self.fps, width, height, cure)

    def __next__(self) -> Frame:
        with self._lock:
            if self._closed:
                raise StopIteration
            pixels = self._first if self._first is not None else _read(self._capture)
            self._first = None
            if pixels is not None and self._frozen.sees(pixels, time.perf_counter()):
                pixels = self._reopened()
            captured_s = time.perf_counter()
            if self._closed:  # during the read, and ``close`` may have stopped waiting
                self._capture.release()
                raise StopIteration
        if pixels is None:
            raise SourceLost(f"{self._device} stopped giving frames", cure="Plug it in again")
        frame = Frame(pixels=pixels, index=self._index, captured_s=captured_s)
        self._index += 1
        return frame

    def again(self) -> "Camera":
        """Reopen the same camera after it was lost or closed.

        Raises:
            SourceError: it is not there, or cannot be opened.
        """
        return Camera(self._settings, find_again(self._device, self._settings.camera))

    def close(self) -> None:
        """Release the camera. May be called twice, and from another thread."""
        self._closed = True
        with held(self._lock, _CLOSING_S) as free:
            if free:
                self._capture.release()

    def _reopened(self) -> Pixels:
        """Close and open the camera, and return its first frame."""
        log.warning("%s repeats the same frame; reopening it", self._device)
        self._capture.release()
        try:
            self._capture, _ = _open(self._device, self._settings, look_around=True)
            return _first_frame(self._capture, self._device)
        except SourceError as error:
            raise SourceLost(error.what, cure=error.cure) from error


def _open(device: Device, settings: CameraSettings, *, look_around: bool) -> tuple[cv2.VideoCapture, str]:
    """Open and configure the camera with the first backend that succeeds; return that backend's name too."""
    tried = []
    for backend in BACKENDS:
        capture = cv2.VideoCapture(device.handle, backend)
        label = cv2.videoio_registry.getBackendName(backend)
        if capture.isOpened():
            _ask(capture, settings, format_last=backend == cv2.CAP_DSHOW)
            return capture, label
        capture.release()
        tried.append(label)
    raise why_not(device, tried, look_around=look_around)


def _ask(capture: cv2.VideoCapture, settings: CameraSettings, *, format_last: bool) -> None:
    """Request the settings in the order that the backend needs. The camera ignores what it does not support."""
    wanted: list[tuple[int, float]] = [
        (cv2.CAP_PROP_FRAME_WIDTH, settings.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, settings.height),
    ]
    if settings.pixel_format:
        code = cv2.VideoWriter.fourcc(*settings.pixel_format.upper().ljust(4)[:4])
        wanted.insert(2 if format_last else 0, (cv2.CAP_PROP_FOURCC, code))
    wanted += [(cv2.CAP_PROP_FPS, settings.fps), (cv2.CAP_PROP_BUFFERSIZE, 1)]
    for key, value in wanted:
        capture.set(key, value)


def _first_frame(capture: cv2.VideoCapture, device: Device) -> Pixels:
    give_up_s = time.perf_counter() + _WAKING_S
    for _ in range(_FIRST_READS):
        if (pixels := _read(capture)) is not None:
            return pixels
        if time.perf_counter() > give_up_s:
            break
    capture.release()
    raise SourceError(
        f"{device} opened but gives no frame",
        cure="Close other programs that use it, plug it in again, or use a smaller size: --width 640 --height 480",
    )


def _read(capture: cv2.VideoCapture) -> Pixels | None:
    """Read the next frame as BGR, or None if that fails."""
    try:
        good, pixels = capture.read()
    except cv2.error as error:  # seen with damaged MJPG frames
        log.debug("a read failed: %s", error)
        return None
    if not good or pixels is None or not pixels.size:
        return None
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    return np.asarray(pixels, np.uint8)


def _fourcc(capture: cv2.VideoCapture) -> str:
    """Return the current pixel format as four letters; empty if the driver does not report it."""
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    text = code.to_bytes(4, "little").decode("latin-1").strip() if code > 0 else ""
    return text if text.isascii() and text.isprintable() else ""
