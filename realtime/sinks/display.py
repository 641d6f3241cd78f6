"""Whether a window can be opened here at all.

Qt ends the whole program when it cannot reach the X server, so it has to be asked beforehand.
"""

import os
import re
import socket
import sys

import cv2

from realtime.errors import SinkError

X_PORT = 6000
TIMEOUT_S = 2.0


def require_display() -> None:
    """Do nothing where a window can be opened.

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
