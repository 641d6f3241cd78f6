"""PipeWire: it runs or not, with a session manager or without, with a portal or without."""

import sys
from pathlib import Path

import pytest

from realtime.doctor import loopback
from realtime.doctor.pipewire import PORTAL
from realtime.doctor.pipewire import pipewire as check
from tests.realtime.pipewire.desktop import Desktop
from tests.realtime.stand_ins import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PipeWire is Linux only")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the system's data, with a portal."""
    file = tmp_path / PORTAL
    file.parent.mkdir(parents=True)
    file.touch()
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path))
    return tmp_path


def test_without_a_daemon_the_cure_is_named() -> None:
    found = check()
    assert (found.status, found.detail) == ("warn", "PipeWire does not run for this user")
    assert "systemctl --user start pipewire wireplumber" in found.cure


def test_where_all_is_there_it_names_what_browsers_need(
    pipewire: Desktop, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: check().status == "ok")  # WirePlumber may still be starting
    assert "WirePlumber" in check().detail
    assert "chrome://flags/#enable-webrtc-pipewire-camera" in check().cure
    assert "media.webrtc.camera.allow-pipewire" in check().cure
    monkeypatch.setattr("realtime.sinks.v4l2.loopbacks", lambda: [])
    instead = loopback.virtual_cameras()
    assert instead.status == "ok"
    assert "Zoom" in instead.detail


def test_browsers_need_a_portal(pipewire: Desktop, data: Path) -> None:
    (data / PORTAL).unlink()
    until(lambda: "portal" in check().detail)
    assert check().status == "warn"
    assert "sudo apt install xdg-desktop-portal" in check().cure


def test_without_a_session_manager_programs_get_no_frames(pipewire: Desktop, data: Path) -> None:
    pipewire.kill_wireplumber()
    try:
        until(lambda: "no session manager" in check().detail)
        assert check().status == "warn"
    finally:
        pipewire.start_wireplumber()
