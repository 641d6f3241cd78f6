"""Cameras, display, and what the network can run on."""

import re
import shutil
from types import SimpleNamespace

import pytest

from realtime.capture.cameras import Device
from realtime.doctor import examine, machine
from realtime.errors import MatterError


def test_without_a_display_there_is_a_warning_with_its_cure() -> None:
    [check] = examine({"display": machine.display})
    assert check.status in ("warn", "ok")
    assert bool(check.cure) == (check.status == "warn")


@pytest.mark.xvfb
def test_with_a_display_all_is_well(xvfb: str) -> None:
    assert machine.display().status == "ok"


@pytest.mark.parametrize(
    ("found", "status", "word"),
    [([], "warn", "none"), ([Device(handle="/dev/video0", name="C920")], "ok", "C920 (/dev/video0)")],
)
def test_cameras_are_listed(monkeypatch: pytest.MonkeyPatch, found: list[Device], status: str, word: str) -> None:
    monkeypatch.setattr("realtime.capture.cameras.list_cameras", lambda: found)
    check = machine.cameras()
    assert check.status == status
    assert word in check.detail
    assert ("greenless demo" in check.cure) == (status == "warn")


def test_a_virtual_camera_is_no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "realtime.capture.cameras.list_cameras", lambda: [Device(handle="/dev/video10", name="greenless")]
    )
    monkeypatch.setattr("realtime.sinks.virtual_camera.listed", lambda: ["/dev/video10"])
    check = machine.cameras()
    assert (check.status, check.detail) == ("warn", "none")


@pytest.mark.parametrize(
    ("working", "card", "status", "word"),
    [
        ({"cuda", "cpu"}, True, "ok", "CUDA, CPU"),
        ({"cpu"}, False, "ok", "runs on CPU"),
        ({"cpu"}, True, "warn", "no CUDA here"),
        (set(), False, "fail", "no CUDA here"),
    ],
)
def test_each_provider_is_tried(
    monkeypatch: pytest.MonkeyPatch, working: set[str], card: bool, status: str, word: str
) -> None:
    def open_matter(settings: SimpleNamespace) -> SimpleNamespace:
        if settings.provider not in working:
            raise MatterError(f"no {settings.provider.upper()} here", cure="Install it")
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr("realtime.matting.open_matter", open_matter)
    monkeypatch.setattr("realtime.matting.runtimes.providers.available", lambda: ["tensorrt", "cuda", "cpu"])
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/nvidia-smi" if card else None)
    check = machine.providers()
    assert check.status == status
    assert word in check.detail
    assert bool(check.cure) == (status != "ok")


def test_the_runtime_that_runs_the_network_fastest_is_shown() -> None:
    check = machine.runtime()
    assert check.status == "ok"
    assert re.fullmatch(r"greenless-lite 512x288, onnx, CPU, \d threads?", check.detail)
