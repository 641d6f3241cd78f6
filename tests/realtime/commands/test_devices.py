"""greenless devices: what the other commands can be told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.capture.cameras import Device
from realtime.cli import main
from tests.realtime.pipewire.desktop import Desktop

CAMERAS = [Device(handle="/dev/video0", name="Logitech C920"), Device(handle="/dev/video10", name="greenless")]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Linux with a camera and a loopback that somebody feeds."""
    pytest.importorskip("fcntl", reason="v4l2loopback is Linux only")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("realtime.capture.cameras.list_cameras", lambda: CAMERAS)
    monkeypatch.setattr("realtime.sinks.v4l2.loopbacks", lambda: ["/dev/video10"])
    return monkeypatch


@pytest.mark.usefixtures("machine")
def test_a_virtual_camera_is_no_camera(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    assert capsys.readouterr().out == (
        "cameras:\n  /dev/video0  Logitech C920\nvirtual cameras:\n  /dev/video10  v4l2loopback\n"
    )


@pytest.mark.usefixtures("machine")
def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "cameras": {"/dev/video0": "Logitech C920"},
        "virtual_cameras": ["/dev/video10"],
        "pipewire": None,
    }


@pytest.mark.usefixtures("machine")
def test_pipewire_is_listed_where_it_runs(pipewire: Desktop, capsys: pytest.CaptureFixture[str]) -> None:
    from realtime.pipewire.camera_node import CameraNode

    with CameraNode("Laptop", width_px=64, height_px=48, fps=30) as node:
        assert node.accepted()
        assert main(["devices"]) == 0
        assert main(["devices", "--json"]) == 0
    text, _, found = capsys.readouterr().out.partition("{")
    assert "\n  pipewire      PipeWire, for --sink pipewire[:NAME]" in text
    assert text.endswith("cameras of PipeWire:\n  pipewire:Laptop  Laptop\n")
    assert json.loads("{" + found)["pipewire"] == {"Laptop": "Laptop"}


def test_where_there_is_none_it_names_the_doctor(
    machine: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.setattr("realtime.capture.cameras.list_cameras", lambda: [])
    machine.setattr("realtime.sinks.v4l2.loopbacks", lambda: [])
    assert main(["devices"]) == 0
    assert capsys.readouterr().out.count("greenless doctor") == 2


@pytest.mark.slow
@pytest.mark.v4l2
def test_real_devices_are_found(v4l2_lab: Path) -> None:
    command = [str(v4l2_lab), sys.executable, "-m", "realtime", "devices", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["cameras"].keys() == {"/dev/video0"}
    assert found["virtual_cameras"] == ["/dev/video10"]
