"""``virtual-camera`` on Linux: every kind of virtual camera that this machine has.

Zoom reads only V4L2, and programs behind a portal read only PipeWire, so both are fed if both are there.
"""

import logging
from collections.abc import Callable, Sequence

from realtime.ending import close_all
from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.base import Sink, Watchable
from realtime.sinks.pipewire import PipeWireCamera
from realtime.sinks.virtual_camera import VirtualCamera

log = logging.getLogger("greenless")


def open_every_camera(*, width_px: int, height_px: int, fps: float) -> Watchable:
    """Open v4l2loopback and PipeWire, or the one that there is.

    Raises:
        SinkError: there is neither; it names both cures.
    """
    kinds: Sequence[Callable[..., Watchable]] = (VirtualCamera, PipeWireCamera)
    opened: list[Watchable] = []
    errors = []
    for kind in kinds:
        try:
            opened.append(kind(width_px=width_px, height_px=height_px, fps=fps))
        except SinkError as error:
            errors.append(error)
    if not opened:
        v4l2, pipewire = errors
        raise SinkError(f"{v4l2.what}; {pipewire.what}", cure=f"{pipewire.cure}. Or: {v4l2.cure}") from v4l2
    for missing in errors:
        log.info("%s", missing)
    return EveryCamera(opened) if len(opened) > 1 else opened[0]


class EveryCamera(Sink):
    """Several virtual cameras that show the same; owns them. One that fails leaves.

    Args:
        cameras: open virtual cameras; the caller must not use them any more.
    """

    def __init__(self, cameras: Sequence[Watchable]) -> None:
        self._cameras = tuple(cameras)
        self.name = " and ".join(camera.name for camera in cameras)

    def send(self, composite: Composite) -> None:
        """Show one composite on every camera.

        Raises:
            SinkError: the last camera failed.
        """
        for camera in self._cameras:
            try:
                camera.send(composite)
            except SinkError as error:
                self._leave(camera, error)

    def watched(self) -> bool | None:
        """Return whether a program reads any of them; None if one cannot report it and no other is read."""
        answers = [camera.watched() for camera in self._cameras]
        return True if True in answers else None if None in answers else False

    def close(self) -> None:
        """Close all cameras. May be called twice."""
        close_all(*(camera.close for camera in self._cameras))

    def _leave(self, camera: Watchable, error: SinkError) -> None:
        left = tuple(other for other in self._cameras if other is not camera)
        if not left:
            raise error
        self._cameras = left
        log.error("%s", error)
        camera.close()
