"""Whether a window can be opened here at all, and what Qt needs before its first one.

Qt ends the whole program when it cannot reach the X server, so it has to be asked beforehand.
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
    """Do nothing where a window can be opened, but see to it that Qt gets the events of its windows.

    Raises:
        SinkError: OpenCV was built without windows, or there is no display.
    """
    framework = cv2.currentUIFramework()
    if not framework:
        cure = "pip uninstall opencv-python-headless, then: pip install --force-reinstall opencv-python"
        raise SinkError("this OpenCV opens no windows", cure=cure)
    if sys.platform != "linux" or not framework.startswith("QT"):
        return
    display = os.environ.get("DISPLAY", "")
    if not _answers(display):
        what = f"the display {display!r} does not answer" if display else "there is no display (DISPLAY is not set)"
        raise SinkError(what, cure="Start greenless from a desktop session, or with another sink: --sink demo.mp4")
    _let_qt_own_the_events()


def _let_qt_own_the_events() -> None:
    """Have Qt find the system's ``XSetEventQueueOwner`` before the one that comes with OpenCV.

    By it Qt tells Xlib that Qt alone reads the events. The copy in OpenCV's wheels was built for an older Xlib and
    writes beside the field (at 0x40, and Debian 12's is at 0x48), so Xlib goes on taking events, and Qt never sees
    those. That happens where the thread that reads for Qt comes late, as on a busy machine; when the window's MapNotify
    and Expose are among them, it stays black. To be called before the first window; does nothing where the system has
    no such library (Debian's package is libx11-xcb1).
    """
    with contextlib.suppress(OSError):
        ctypes.CDLL(X11_XCB, mode=ctypes.RTLD_GLOBAL)


def _answers(display: str) -> bool:
    """Whether an X server listens where ``display`` (``[HOST]:NUMBER[.SCREEN]``) says."""
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
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(TIMEOUT_S)
        try:
            client.connect(address)
        except OSError:
            return False
        return True
