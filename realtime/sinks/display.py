"""Checks that a window can be opened, and prepares Qt for its first one.

Qt ends the whole program if it cannot reach the X server, so greenless checks first.
"""

import contextlib
import ctypes
import os
import re
import socket
import sys

import cv2

from realtime.errors import SinkError

X_PORT = 6000
TIMEOUT_S = 2.0
X11_XCB = "libX11-xcb.so.1"


def require_display() -> None:
    """Check that a window can be opened, and make sure that Qt receives the events of its windows.

    Raises:
        SinkError: OpenCV was built without windows, or there is no display.
    """
    framework = cv2.currentUIFramework()
    if not framework:
        cure = "pip uninstall opencv-python-headless, then: pip install --force-reinstall opencv-python"
        raise SinkError("this build of OpenCV cannot open windows", cure=cure)
    if sys.platform != "linux" or not framework.startswith("QT"):
        return
    display = os.environ.get("DISPLAY", "")
    if not _answers(display):
        what = f"the display {display!r} does not answer" if display else "there is no display (DISPLAY is not set)"
        raise SinkError(what, cure="Start greenless in a desktop session, or use another sink: --sink demo.mp4")
    _let_qt_own_the_events()


def _let_qt_own_the_events() -> None:
    """Load the system's ``XSetEventQueueOwner``, so that Qt uses it instead of the copy in OpenCV's wheels.

    Qt calls it to become the only reader of X events. The copy in the wheels was built for an older Xlib and writes to
    the wrong offset (0x40; Debian 12 has the field at 0x48). Xlib then still takes events that Qt never sees. If
    MapNotify and Expose are among them, as on a busy machine, the window stays black.

    Call it before the first window. It does nothing if the library is missing (Debian: libx11-xcb1).
    """
    with contextlib.suppress(OSError):
        ctypes.CDLL(X11_XCB, mode=ctypes.RTLD_GLOBAL)


def _answers(display: str) -> bool:
    """Return whether an X server listens at ``display``, ``[HOST]:NUMBER[.SCREEN]``."""
    if (parts := re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d+)(\.\d+)?", display)) is None:
        return False
    host, number = parts["host"], int(parts["number"])
    addresses: list[tuple[socket.AddressFamily, str | tuple[str, int]]]
    if host and host != "unix":
        addresses = [(socket.AF_INET, (host, X_PORT + number))]
    else:
        path = f"/tmp/.X11-unix/X{number}"
        addresses = [(socket.AF_UNIX, path), (socket.AF_UNIX, "\0" + path)]
    return any(_listens(family, address) for family, address in addresses)


def _listens(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(TIMEOUT_S)
        client.connect(address)
        return True
    return False
