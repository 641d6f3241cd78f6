"""``VirtualCamera``: the sink that other programs see as a camera.

It writes to v4l2loopback (Linux), OBS Virtual Camera (Windows, macOS) or Unity Capture (Windows, the only one with
alpha). Only this module imports pyvirtualcam, and only when it opens a camera on Windows or macOS.
"""

import errno
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from realtime.ending import held
from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.media.fit import even, fit
from realtime.sinks.base import Sink
from realtime.sinks.straight import straight

if TYPE_CHECKING:
    from realtime.sinks.consumers import Opens, Streams
    from realtime.sinks.v4l2_writer import Writer

log = logging.getLogger("greenless")

MODPROBE = "sudo modprobe v4l2loopback devices=1 video_nr=10 card_label=greenless exclusive_caps=1"
INSTALL = {
    "linux": "Install v4l2loopback (Debian, Ubuntu: sudo apt install v4l2loopback-dkms; Fedora: akmod-v4l2loopback; "
    f"Arch: v4l2loopback-dkms), then: {MODPROBE}",
    "win32": "Install OBS Studio from https://obsproject.com; it does not have to run",
    "darwin": "Install OBS Studio 30 or later from https://obsproject.com, start and stop its virtual camera once, "
    "allow its extension in System Settings, then close OBS",
}
"""How to install a virtual camera, by ``sys.platform``."""

BUSY = (
    "another program uses it",
    "Close that program (sudo fuser -v {device} names it), start greenless first, then choose the camera there",
)
NO_SUCH = ("there is no virtual camera with this name", "Omit the name, or use one that greenless devices lists")
ALREADY_OPEN = ("greenless already writes to it", "Name each virtual camera once")
JOIN_VIDEO = "sudo usermod -aG video $USER, then log out and in again"
OF_LINUX = {
    errno.EACCES: ("you have no permission to open it", JOIN_VIDEO),
    errno.EPERM: ("you have no permission to open it", JOIN_VIDEO),
    errno.EBUSY: BUSY,
    **dict.fromkeys((errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTTY, errno.EINVAL, errno.EISDIR), NO_SUCH),
}
"""Number of the system's error -> its meaning and the cure."""

REASONS = {
    "supports only the": NO_SUCH,
    "No camera registered with this name": NO_SUCH,
    "Multiple cameras": ALREADY_OPEN,
    "could not be started": ("another program writes to it", "Stop the virtual camera in OBS, or close OBS"),
}
"""Part of pyvirtualcam's message -> its meaning and the cure. The first match counts."""

FED: set[str] = set()
"""Paths (Linux) or names of the virtual cameras that this process writes to now."""

_CLOSING_S = 2.0
"""How long ``close`` waits for a ``send`` in progress."""


class VirtualCamera(Sink):
    """A virtual camera of a fixed size; a composite of another size is fitted into it.

    Args:
        device: path (Linux) or name (Windows, macOS) of the camera; None takes the first free one.
        width_px: width of the camera; rounded down to an even number, as cameras require.
        height_px: height of the camera; rounded likewise.
        fps: frame rate that the camera reports to programs.

    Raises:
        SinkError: there is no virtual camera, or it cannot be opened.
    """

    def __init__(self, device: str | None = None, *, width_px: int, height_px: int, fps: float) -> None:
        self._width_px, self._height_px = width_px & ~1, height_px & ~1
        self._camera: Any
        if sys.platform == "linux":
            self._camera, self._alpha = _open_loopback(device, self._width_px, self._height_px), False
        else:
            self._camera = _open(device, self._width_px, self._height_px, fps)
            self._alpha = self._camera.fmt.name == "RGBA"
        self._feeds = os.path.realpath(self._camera.device) if sys.platform == "linux" else self._camera.device
        FED.add(self._feeds)
        self.name = f"virtual camera {self._camera.device}, {self._width_px}x{self._height_px}"
        self._consumers: Streams | Opens | None = None
        self._closed = False
        self._asking = threading.Lock()
        self._using = threading.Lock()  # the camera must not be closed during a ``send``

    def send(self, composite: Composite) -> None:
        """Show one composite.

        Raises:
            SinkError: the camera is gone.
        """
        pixels = straight(composite) if self._alpha else composite.pixels
        pixels = even(pixels)
        pixels = fit(pixels, width_px=self._width_px, height_px=self._height_px, how="contain")
        if self._alpha:
            pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA), np.uint8)
        try:
            with self._using:
                if not self._closed:
                    self._camera.send(pixels)
        except (RuntimeError, OSError) as error:
            busy = isinstance(error, OSError) and error.errno == errno.EBUSY  # v4l2loopback 0.13 allows one writer
            meaning, cure = BUSY if busy else (str(error), "Start greenless again")
            cure = cure.format(device=self._camera.device)
            raise SinkError(f"cannot send to the {self.name}: {meaning}", cure=cure) from error

    def watched(self) -> bool | None:
        """Return whether a program reads the camera; None if the system does not report it. Any thread may call it."""
        if sys.platform != "linux":
            return None
        from realtime.sinks import consumers

        with self._asking:
            if self._closed:
                return False
            try:
                self._consumers = self._consumers or consumers.watch(self._camera.device)
                return self._consumers.any()
            except (SinkError, OSError) as error:  # OSError: out of file descriptors
                log.debug("%s", error)
                return None

    def close(self) -> None:
        """Close the camera. May be called twice."""
        with self._asking:
            self._closed = True
            if self._consumers is not None:
                self._consumers.close()
        with held(self._using, _CLOSING_S) as free:
            if free:  # otherwise the end of the process closes it
                self._camera.close()
                FED.discard(self._feeds)


def listed() -> list[str]:
    """List the virtual cameras of this machine; empty if the system cannot list them."""
    if sys.platform != "linux":
        return []
    from realtime.sinks import v4l2

    return v4l2.loopbacks()


def _open_loopback(device: str | None, width_px: int, height_px: int) -> "Writer":
    """Open a v4l2loopback by its path, or the first free one. Repair those that a writer left half closed."""
    from realtime.sinks import v4l2
    from realtime.sinks.v4l2_writer import Writer

    found = v4l2.loopbacks()
    wanted = [device] if device else found
    if not wanted:
        if locked := v4l2.forbidden():
            raise SinkError(f"you have no permission to open {', '.join(locked)}", cure=JOIN_VIDEO)
        raise SinkError("there is no virtual camera on this machine", cure=INSTALL["linux"])
    for each in wanted:
        v4l2.heal(each)
    free = next((each for each in wanted if v4l2.can_output(each)), None)
    chosen = free or wanted[0]
    if free is None and chosen in found:
        raise _failed(chosen, *BUSY)
    if os.path.realpath(chosen) in FED:
        raise _failed(chosen, *ALREADY_OPEN)
    try:
        return Writer(chosen, width_px=width_px, height_px=height_px)
    except OSError as error:
        raise _failed(chosen, *OF_LINUX.get(error.errno or 0, (str(error), INSTALL["linux"]))) from error


def _open(device: str | None, width_px: int, height_px: int, fps: float) -> Any:
    """Open a ``pyvirtualcam.Camera`` for BGR, or for RGBA if the named camera supports it."""
    try:
        import pyvirtualcam
    except ImportError as error:
        raise SinkError(f"pyvirtualcam cannot be loaded: {error}", cure="pip install --upgrade pyvirtualcam") from error
    formats = [pyvirtualcam.PixelFormat.BGR]
    if sys.platform == "win32" and device:  # only Unity Capture, one of two backends, takes RGBA
        formats.insert(0, pyvirtualcam.PixelFormat.RGBA)
    for pixel_format in formats:
        try:
            return pyvirtualcam.Camera(width_px, height_px, fps, fmt=pixel_format, device=device)
        except RuntimeError as error:
            reason = str(error)
    unknown = ("; ".join(reason.splitlines()), INSTALL.get(sys.platform, ""))
    raise _failed(device, *next((known for words, known in REASONS.items() if words in reason), unknown))


def _failed(device: str | None, meaning: str, cure: str) -> SinkError:
    what = f"the virtual camera {device}" if device else "the virtual camera"
    return SinkError(f"cannot open {what}: {meaning}", cure=cure.format(device=device))
