"""A desktop with a portal that lets programs use cameras, and the browsers that ask it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.realtime.pipewire.desktop import Desktop

SERVICES = {
    "/usr/share/dbus-1/services/org.freedesktop.portal.Desktop.service": "xdg-desktop-portal",
    "/usr/share/xdg-desktop-portal/portals/gtk.portal": "xdg-desktop-portal-gtk",
}
"""File -> Debian's package."""


def found(*programs: str) -> str:
    """The first of these programs; skips if there is none."""
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        pytest.skip(f"no {programs[0]}; on Debian: sudo apt install {programs[0]}")
    return program


@pytest.fixture
def chromium() -> str:
    """The program."""
    return found("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture
def firefox() -> str:
    """The program."""
    return found("firefox-esr", "firefox")


@pytest.fixture(scope="module")
def portal(_x_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """A desktop whose portal works and lets every program use cameras. Its dialogs need a display."""
    found("gdbus")
    for file, package in SERVICES.items():
        if not Path(file).exists():
            pytest.skip(f"no {package}; on Debian and Ubuntu: sudo apt install {package}")
    desktop = Desktop(tmp_path_factory.mktemp("portal"), display=_x_server)
    desktop.allow_cameras()
    yield desktop
    desktop.close()
