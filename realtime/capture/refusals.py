"""Why a camera did not open, as far as the system tells.

In: the camera and the backends that were tried. Out: a ``SourceError`` with the cure.
"""

import errno
import os
import sys

from realtime.capture.devices import Device, list_cameras, no_camera
from realtime.errors import SourceError

_GONE = (errno.ENOENT, errno.ENODEV, errno.ENXIO)


def why_not(device: Device, tried: list[str], *, look_around: bool) -> SourceError:
    """Find out why none of the backends ``tried`` opened ``device``.

    Args:
        device: the camera.
        tried: names of backends.
        look_around: whether the cameras there are may be looked at, each of which is opened for a moment. Where it is
            tried again and again that is too much.
    """
    how = f"cannot open the camera {device}"
    if len(tried) > 1:
        how += f" (tried {', '.join(tried)})"
    cameras = list_cameras() if look_around else None
    if isinstance(device.handle, str):
        return _why_not_node(device.handle, how, cameras)
    if cameras is not None and device.handle not in {camera.handle for camera in cameras}:
        return no_camera(how, cameras)
    if sys.platform == "darwin":
        return SourceError(
            f"{how}: it may not be allowed", cure="Allow it in System Settings > Privacy & Security > Camera"
        )
    return SourceError(
        f"{how}: another program may use it, or it may not be allowed", cure="Close the other program, or allow it"
    )


def _why_not_node(path: str, how: str, cameras: list[Device] | None) -> SourceError:
    """The same for a device node of Linux, which can be asked."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except PermissionError:
        return SourceError(f"{how}: you may not use it", cure="sudo usermod -aG video $USER, then log in again")
    except OSError as error:
        if error.errno != errno.EBUSY:
            what = f"{how}: {'it is not there' if error.errno in _GONE else error.strerror}"
            return SourceError(what, cure="Plug it in again") if cameras is None else no_camera(what, cameras)
    if cameras is not None and os.path.realpath(path) not in {str(camera.handle) for camera in cameras}:
        return no_camera(f"{how}: it captures no video", cameras)
    return SourceError(
        f"{how}: another program seems to use it", cure=f"Close that program; sudo fuser -v {path} names it"
    )
