"""``PipeWireCamera``: the sink that programs see as a camera through PipeWire, without a kernel module. Linux only."""

import logging
import threading
import time

import cv2
import numpy as np

from realtime.ending import held
from realtime.errors import SinkError
from realtime.frame import Composite, Pixels
from realtime.media.fit import fit
from realtime.pipewire.camera_node import CameraNode
from realtime.pipewire.failures import CURES, reason
from realtime.sinks.base import DEFAULT_NAME, Sink

log = logging.getLogger("greenless")

_ACROSS_PX, _DOWN_PX = 8, 2
"""Sizes that every reader of I420 lays out alike are multiples of these."""

_PAUSE_S = 0.5
"""Pause between attempts to come back after the daemon has ended. While it is away, an attempt looks for its socket."""

_STEADY_S = 1.0
"""Composites of another size must come for this long before the camera follows."""

_CLOSING_S = 2.0
"""How long ``close`` waits for a ``send`` in progress."""


class PipeWireCamera(Sink):
    """A camera of a fixed size. A composite of another size is fitted into it.

    Programs do not follow a change of size. So if composites keep another size while nobody watches, a new node of that
    size replaces the old one.

    If the daemon restarts, the camera comes back with it. Meanwhile composites are dropped.

    Args:
        name: of the camera, as programs list it.
        width_px: width of the camera; rounded down to a multiple of 8.
        height_px: height of the camera; rounded down to an even number.
        fps: frame rate that programs see.

    Raises:
        SinkError: PipeWire is not installed, does not run, or refuses the camera.
    """

    def __init__(self, name: str = DEFAULT_NAME, *, width_px: int, height_px: int, fps: float) -> None:
        self._camera = name
        self._size_px = self._other_px = _rounded(width_px, height_px)
        self._other_s = 0.0
        self._fps = fps
        self._closed = False
        self._using = threading.Lock()  # the node must not be closed during a ``send``
        self._again_s = 0.0
        self._node: CameraNode | None = None
        try:
            self._node = self._opened()
            if not self._node.accepted():
                raise OSError(self._node.lost or "the daemon does not answer")
        except OSError as error:
            self.close()
            raise SinkError(f"cannot open the PipeWire camera {name}: {reason(error)}", cure=CURES) from error

    def send(self, composite: Composite) -> None:
        """Show one composite. It never waits for a program."""
        with self._using:
            self._follow(*composite.pixels.shape[1::-1])
            node = self._living()
            if node is not None and node.watched:
                width_px, height_px = self._size_px
                pixels = fit(_cut(composite.pixels), width_px=width_px, height_px=height_px, how="contain")
                planes = cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420)  # BT.601, limited range
                node.send(np.asarray(planes, np.uint8))

    def watched(self) -> bool:
        """Return whether a program reads the camera. Any thread may call it."""
        node = self._node
        return node is not None and node.watched

    def close(self) -> None:
        """Remove the camera. May be called twice."""
        self._closed = True
        with held(self._using, _CLOSING_S) as free:
            if free:  # otherwise the end of the process closes it
                self._drop()

    def _opened(self) -> CameraNode:
        width_px, height_px = self._size_px
        self.name = f"PipeWire camera {self._camera}, {width_px}x{height_px}"
        return CameraNode(self._camera, width_px=width_px, height_px=height_px, fps=self._fps)

    def _follow(self, width_px: int, height_px: int) -> None:
        """Drop the node if composites have had this other size for long enough, and nobody watches."""
        size_px, now_s = _rounded(width_px, height_px), time.monotonic()
        if size_px == self._size_px or size_px != self._other_px or self.watched():
            self._other_px, self._other_s = size_px, now_s
        elif now_s - self._other_s > _STEADY_S:
            self._size_px = size_px
            self._drop()

    def _living(self) -> CameraNode | None:
        """Return the node, opened again if the daemon has ended and is back; None while it is away."""
        if self._node is not None and self._node.lost:
            log.warning("the %s is gone: %s; it comes back with PipeWire", self.name, self._node.lost)
            self._drop()
            self._again_s = time.monotonic() + _PAUSE_S
        if self._node is None and not self._closed and time.monotonic() >= self._again_s:
            try:
                self._node = self._opened()
            except OSError as error:
                log.debug("%s: %s", self.name, error)
                self._again_s = time.monotonic() + _PAUSE_S
            else:
                log.info("the %s is back", self.name)
        return self._node

    def _drop(self) -> None:
        node, self._node = self._node, None
        if node is not None:
            node.close()


def _rounded(width_px: int, height_px: int) -> tuple[int, int]:
    return max(_ACROSS_PX, width_px - width_px % _ACROSS_PX), max(_DOWN_PX, height_px - height_px % _DOWN_PX)


def _cut(pixels: Pixels) -> Pixels:
    """Cut the last columns and row that the camera cannot hold, because resizing would cost sharpness."""
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(pixels[: height - height % _DOWN_PX or 1, : width - width % _ACROSS_PX or 1])
