"""``PipeWireSource``: the source that reads a camera through PipeWire. Some laptop cameras exist only there."""

import time
from collections.abc import Sequence
from contextlib import ExitStack

from realtime.capture.source import Source
from realtime.ending import closed_on_error
from realtime.errors import SourceError, SourceLost
from realtime.frame import Frame, Pixels
from realtime.pipewire import registry
from realtime.pipewire.camera_node import OWN
from realtime.pipewire.connection import Connection
from realtime.pipewire.failures import CURES, reason
from realtime.pipewire.node_reader import NodeReader
from realtime.pipewire.permissions import CameraAccess, is_sandboxed
from realtime.pipewire.registry import Node
from realtime.settings.schema import CameraSettings

_WAKING_S = 8.0
"""How long a camera may take to its first frame."""

_PERMITTING_S = 2.0
"""How long the session manager may take to show a program the cameras that it may use."""

_SILENT_S = 4.0
"""A camera without a frame for this long is lost."""


class PipeWireSource(Source):
    """A ``Source`` that reads a node of PipeWire.

    Args:
        wanted: name or number of the node, or a part of its description; empty for the first camera.
        settings: the wanted size and rate.

    Raises:
        SourceError: PipeWire does not run, the user refused, there is no such camera, or it gives no frame.
        MissingExtra: this is a sandbox, and jeepney is not installed.
    """

    name = ""
    fps = 0.0

    def __init__(self, wanted: str, settings: CameraSettings) -> None:
        self._settings = settings
        self._closed = False
        self._index = 0
        self._open = ExitStack()
        with closed_on_error(self):
            self._access = self._open.enter_context(CameraAccess()) if is_sandboxed() else None
            try:
                self._node = _find(wanted, self._cameras())
                reader = NodeReader(
                    self._connected(),
                    target=self._node.name,
                    width_px=settings.width,
                    height_px=settings.height,
                    fps=settings.fps,
                )
            except OSError as error:
                raise SourceError(f"cannot open a camera of PipeWire: {reason(error)}", cure=CURES) from error
            self._reader = self._open.enter_context(reader)
            self._first = self._read(_WAKING_S)
            if self._first is None or (video := reader.format) is None:
                raise SourceError(
                    f"the camera {self._node} gives no frame{f': {reader.lost}' if reader.lost else ''}",
                    cure="Close other programs that use it, or choose another: greenless devices lists them",
                )
        self.fps = video.fps or settings.fps
        layout = "MJPG" if video.pixels is None else video.pixels.name
        self.name = f"{self._node}, {video.width_px}x{video.height_px} at {self.fps:g} fps, {layout}, PipeWire"

    def __next__(self) -> Frame:
        pixels = self._first if self._first is not None else self._read(_SILENT_S)
        self._first = None
        if self._closed:
            raise StopIteration
        if pixels is None:
            why = f": {self._reader.lost}" if self._reader.lost else ""
            raise SourceLost(f"{self._node} stopped giving frames{why}", cure="Plug it in again")
        frame = Frame(pixels=pixels, index=self._index, captured_s=time.perf_counter())
        self._index += 1
        return frame

    def again(self) -> "PipeWireSource":
        """Reopen the same camera after it was lost or closed.

        Raises:
            SourceError: it is not there, or cannot be opened.
        """
        return PipeWireSource(self._node.name, self._settings)

    def close(self) -> None:
        """Release the camera. May be called twice, and from another thread."""
        self._closed = True
        self._open.close()

    def _cameras(self) -> Sequence[Node]:
        """List the cameras. Those that a portal permits appear some time after the connection."""
        end_s = time.monotonic() + (_PERMITTING_S if self._access is not None else 0.0)
        while not (found := registry.look(self._connected()).cameras) and time.monotonic() < end_s:
            time.sleep(0.1)
        return found

    def _connected(self) -> Connection:
        return Connection(self._access.remote() if self._access is not None else None)

    def _read(self, timeout_s: float) -> Pixels | None:
        """Wait for a frame that can be decoded, as BGR."""
        end_s = time.monotonic() + timeout_s
        while (frame := self._reader.read(end_s - time.monotonic())) is not None:
            if (pixels := frame.bgr()) is not None:
                return pixels
        return None


def _find(wanted: str, cameras: Sequence[Node]) -> Node:
    """Find the camera by name, number or a part of its description. This process must not read its own output."""
    others = [camera for camera in cameras if camera.name not in OWN]
    exact = [camera for camera in others if wanted in (camera.name, str(camera.number))]
    part = [camera for camera in others if wanted.casefold() in camera.description.casefold()]
    if found := exact or part:
        if len(found) == 1 or not wanted:
            return found[0]
        raise SourceError(f"several cameras match {wanted!r}: {_listed(found)}", cure="Use the name in brackets")
    what = f"PipeWire has no camera {wanted!r}" if wanted else "PipeWire has no camera"
    if not others:
        raise SourceError(what, cure="Plug one in, or use --source camera for a camera of V4L2")
    raise SourceError(f"{what}; found {_listed(others)}", cure=f"Try --source pipewire:{others[0].name}")


def _listed(cameras: Sequence[Node]) -> str:
    return ", ".join(map(str, cameras))
