"""Lists the cameras, finds the one that the user names, and finds out why one does not open."""

import difflib
import errno
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2

from realtime.errors import SourceError

BACKENDS = {
    "linux": (cv2.CAP_V4L2,),
    "win32": (cv2.CAP_MSMF, cv2.CAP_DSHOW),
    "darwin": (cv2.CAP_AVFOUNDATION,),
}.get(sys.platform, (cv2.CAP_ANY,))
"""OpenCV's camera backends on this system, in the order in which they are tried."""

NODES = Path("/sys/class/video4linux")
"""Folder in which Linux lists its video devices."""

_FIRST = "0"
"""Number of the node that gives frames. Some cameras have a second node for metadata."""

_PROBED = 4
"""How many camera numbers to try if the system cannot list cameras."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """A camera that can be opened."""

    handle: int | str
    """What OpenCV opens: a number, or on Linux a path."""

    name: str
    """Name by its maker; empty if unknown."""

    def __str__(self) -> str:
        return f"{self.name} ({self.handle})" if self.name else str(self.handle)


def list_cameras() -> list[Device]:
    """List the cameras of this machine, in the system's order; on Linux only nodes that capture.

    If the system cannot list cameras, the first numbers are tried, which lights the cameras for a moment.
    """
    try:
        from cv2_enumerate_cameras import enumerate_cameras

        found = sorted(enumerate_cameras(BACKENDS[0]), key=lambda camera: camera.index)
    except (ImportError, NotImplementedError):
        return [Device(handle=number, name="") for number in range(_PROBED) if _opens(number)]
    by_path = sys.platform == "linux"
    return [
        Device(handle=camera.path if by_path and camera.path else camera.index, name=camera.name or "")
        for camera in found
    ]


def cameras_without(outputs: Iterable[str]) -> list[Device]:
    """List the cameras except ``outputs``, paths or names of virtual cameras: in use, they look like cameras."""
    excluded = set(outputs)
    return [camera for camera in list_cameras() if not excluded & {str(camera.handle), camera.name}]


def find_camera(wanted: str) -> Device:
    """Find the camera by its number, its path or a part of its name.

    A number or path is not checked; opening it shows whether it exists.

    Raises:
        SourceError: no camera's name contains ``wanted``, or several do.
    """
    cameras = list_cameras()
    by_handle = {str(camera.handle): camera for camera in cameras}
    if wanted.isdecimal():
        handle: int | str = f"/dev/video{int(wanted)}" if sys.platform == "linux" else int(wanted)
        return by_handle.get(str(handle)) or Device(handle=handle, name="")
    if os.sep in wanted:
        target = os.path.realpath(wanted)  # resolves stable links such as /dev/v4l/by-id/...
        return Device(handle=wanted, name=by_handle[target].name if target in by_handle else "")
    named = [camera for camera in cameras if wanted.casefold() in camera.name.casefold()]
    exact = [camera for camera in named if wanted.casefold() == camera.name.casefold()]
    if len(found := exact or named) == 1:
        return found[0]
    if found:
        raise SourceError(
            f"several cameras match {wanted!r}: {_listed(found)}", cure=f"Choose one: --camera {found[0].handle}"
        )
    raise no_camera(f"no camera matches {wanted!r}", cameras, wanted)


def find_again(device: Device, wanted: str) -> Device:
    """Find a lost camera at its new number or path: unplugging one renumbers the others.

    It runs five times a second while a camera is lost, so it opens no other camera, which would light that.

    Args:
        device: the lost camera.
        wanted: the user's name for it.

    Raises:
        SourceError: it is not there.
    """
    if os.sep in wanted:
        return device
    if (nodes := _nodes()) and (device.name or not wanted.isdecimal()):
        if nodes.get(str(device.handle)) == (device.name, _FIRST):
            return device
        part = device.name if wanted.isdecimal() else wanted
        if not any(part.casefold() in name.casefold() for name, _ in nodes.values()):
            raise SourceError(f"the camera {device} is not there", cure="Plug it in again")
    if not wanted.isdecimal():
        return find_camera(wanted)
    cameras = list_cameras()
    same = [camera for camera in cameras if camera.name == device.name]
    if device in same or not device.name:
        return device
    if not same:
        raise no_camera(f"the camera {device} is not there", cameras, device.name)
    return same[0]


def no_camera(what: str, cameras: list[Device], wanted: str = "") -> SourceError:
    """Make an error that lists the cameras and suggests the one whose name is closest to ``wanted``."""
    if not cameras:
        return SourceError(f"{what}; no camera was found", cure="Plug one in; greenless devices lists them")
    names = {camera.name: camera for camera in cameras}
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.3) if wanted else []
    first = names[near[0]] if near else cameras[0]
    return SourceError(
        f"{what}; found {_listed(cameras)}", cure=f"Try --camera {first.handle}, or list them: greenless devices"
    )


def _listed(cameras: list[Device]) -> str:
    return ", ".join(map(str, cameras))


def _opens(number: int) -> bool:
    capture = cv2.VideoCapture(number, BACKENDS[0])
    try:
        return capture.isOpened()
    finally:
        capture.release()


def _nodes() -> dict[str, tuple[str, str]]:
    """Read name and number within its camera of each Linux video device, by path, without opening any device."""
    nodes = {}
    for place in NODES.glob("video*"):
        with suppress(OSError):  # unplugged in this moment
            name, number = ((place / file).read_text(errors="replace").strip() for file in ("name", "index"))
            nodes[f"/dev/{place.name}"] = name, number
    return nodes


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
    return SourceError(
        f"{how}: another program may be using it, or greenless lacks permission",
        cure="Close the other program, or allow it in the system's settings: Privacy & Security > Camera",
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
