"""Checks the way without a kernel module: the PipeWire daemon, its session manager, and the portal of the desktop."""

import os
from pathlib import Path

from realtime.doctor.check import Check, ok, warn

PORTAL = "dbus-1/services/org.freedesktop.portal.Desktop.service"
BROWSERS = (
    "Chromium, Chrome: set chrome://flags/#enable-webrtc-pipewire-camera to Enabled. "
    "Firefox: set media.webrtc.camera.allow-pipewire to true in about:config"
)
"""How to make browsers look for cameras of PipeWire."""


def pipewire() -> Check:
    """Check that programs can read a camera through PipeWire."""
    from realtime.pipewire import registry
    from realtime.pipewire.connection import Connection
    from realtime.pipewire.failures import CURES, START, reason

    try:
        found = registry.look(Connection())
    except OSError as error:
        return warn(reason(error), CURES)
    if not found.manager:
        return warn("no session manager runs, so programs get no frames", f"Start WirePlumber: {START}")
    folders = os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":")
    if not any(Path(folder, PORTAL).exists() for folder in folders):
        cure = "Install one (Debian, Ubuntu: sudo apt install xdg-desktop-portal-gtk)"
        return warn(f"it runs, with {found.manager}, but browsers need a desktop portal", cure)
    return ok(f"it runs, with {found.manager}; programs see the camera greenless", BROWSERS)
