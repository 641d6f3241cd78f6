"""Finds out why a camera did not open, as far as the system reports it."""

import errno
import os
import sys

from realtime.capture.devices import Device, list_cameras, no_camera
from realtime.errors import SourceError

_GONE = (errno.ENOENT, errno.ENODEV, errno.ENXIO)


def why_not(device: Device, tried: list[str], *, look_around: bool) -> SourceError:
    """Make an error that says why none of the backends ``tried`` opened ``device``, and what to do.

    Args:
        device: the camera.
        tried: names of the backends.
        look_around: whether to list the other cameras, which opens each for a moment. Repeated attempts should not.
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
            f"{how}: greenless may lack permission", cure="Allow it in System Settings > Privacy & Security > Camera"
        )
    return SourceError(
        f"{how}: another program may be using it, or greenless lacks permission",
        cure="Close the other program, or allow camera access in the system's privacy settings",
    )


def _why_not_node(path: str, how: str, cameras: list[Device] | None) -> SourceError:
    """Do the same for a device node on Linux, by trying to open it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except PermissionError:
        return SourceError(f"{how}: you have no permission", cure="sudo usermod -aG video $USER, then log in again")
    except OSError as error:
        if error.errno != errno.EBUSY:
            what = f"{how}: {'it is not there' if error.errno in _GONE else error.strerror}"
            return SourceError(what, cure="Plug it in again") if cameras is None else no_camera(what, cameras)
    if cameras is not None and os.path.realpath(path) not in {str(camera.handle) for camera in cameras}:
        return no_camera(f"{how}: it does not capture video", cameras)
    return SourceError(
        f"{how}: another program seems to use it", cure=f"Close that program; sudo fuser -v {path} names it"
    )
