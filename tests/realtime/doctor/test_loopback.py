"""The virtual camera: v4l2loopback with its faults, the real one in the lab, and other systems."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime.doctor import examine, loopback
from realtime.errors import SinkError


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Makes this a Linux with these loopbacks (state: "free", "used", "dead", "healed") and this ``exclusive_caps``."""
    pytest.importorskip("fcntl", reason="v4l2loopback is Linux only")
    from realtime.sinks import v4l2

    def make(devices: dict[str, str], exclusive_caps: str = "Y,N,N", secure_boot: bytes = b"\6\0\0\0\0") -> None:
        (tmp_path / "exclusive_caps").write_text(exclusive_caps + "\n")
        (tmp_path / "secure_boot").write_bytes(secure_boot)
        monkeypatch.setattr(loopback, "PARAMETERS", tmp_path)
        monkeypatch.setattr(loopback, "SECURE_BOOT", tmp_path / "secure_boot")
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(v4l2, "loopbacks", lambda: list(devices))
        monkeypatch.setattr(v4l2, "can_output", lambda device: devices[device] in ("free", "healed"))
        monkeypatch.setattr(v4l2, "is_dead", lambda device: devices[device] == "dead")
        monkeypatch.setattr(v4l2, "heal", lambda device: devices[device] == "healed")

    return make


@pytest.mark.parametrize(
    ("devices", "caps", "status", "word"),
    [
        ({"/dev/video10": "free"}, "Y,N,N", "ok", "/dev/video10"),
        ({"/dev/video10": "free"}, "N,N,N", "warn", "without exclusive_caps=1"),
        ({"/dev/video10": "free", "/dev/video11": "used"}, "Y,Y,N", "ok", "/dev/video11"),
        ({"/dev/video10": "used"}, "Y,N,N", "warn", "in use"),
        ({"/dev/video10": "healed"}, "Y,N,N", "ok", "repaired after a program that did not close it: /dev/video10"),
        ({"/dev/video10": "dead"}, "Y,N,N", "warn", "it lost its capabilities"),
        ({"/dev/video10": "dead", "/dev/video11": "used"}, "Y,Y,N", "warn", "in use"),
    ],
)
def test_loopbacks_are_looked_at(
    linux: Callable[..., None], devices: dict[str, str], caps: str, status: str, word: str
) -> None:
    linux(devices, caps)
    check = loopback.virtual_cameras()
    assert check.status == status
    assert word in check.detail
    assert bool(check.cure) == (status == "warn")


def test_a_loopback_that_cannot_be_repaired_is_reloaded(linux: Callable[..., None]) -> None:
    linux({"/dev/video10": "dead"})
    assert "sudo modprobe -r v4l2loopback && sudo modprobe v4l2loopback" in loopback.virtual_cameras().cure


@pytest.fixture
def modinfo(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """``modinfo(status)``: what the program of that name answers."""

    def answer(status: int) -> None:
        monkeypatch.setattr(shutil, "which", lambda name, path=None: f"/usr/sbin/{name}")
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=status))

    return answer


@pytest.mark.parametrize(("found", "cure"), [(0, "sudo modprobe v4l2loopback"), (1, "Install v4l2loopback")])
def test_without_a_loopback_the_cure_depends_on_the_kernel_module(
    linux: Callable[..., None], modinfo: Callable[[int], None], found: int, cure: str
) -> None:
    linux({})
    modinfo(found)
    lines = loopback.virtual_cameras().cure.splitlines()
    assert lines[0].startswith(cure)
    assert "exclusive_caps=1" in lines[0]
    assert lines[-2:] == [
        "echo v4l2loopback | sudo tee /etc/modules-load.d/v4l2loopback.conf",
        "echo 'options v4l2loopback devices=1 video_nr=10 card_label=greenless exclusive_caps=1' "
        "| sudo tee /etc/modprobe.d/v4l2loopback.conf",
    ]


@pytest.mark.parametrize(("secure_boot", "told"), [(b"\6\0\0\0\1", True), (b"\6\0\0\0\0", False)])
def test_under_secure_boot_the_module_must_be_signed(
    linux: Callable[..., None], modinfo: Callable[[int], None], secure_boot: bytes, told: bool
) -> None:
    linux({}, secure_boot=secure_boot)
    modinfo(0)
    assert ("sudo mokutil --import /" in loopback.virtual_cameras().cure) == told


def test_elsewhere_the_virtual_camera_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_camera(*_: object, **__: object) -> None:
        raise SinkError("there is none", cure="Install OBS")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("realtime.sinks.open_sink", no_camera)
    [check] = examine({"virtual cameras": loopback.virtual_cameras})
    assert (check.status, check.detail, check.cure) == ("warn", "there is none", "Install OBS")


@pytest.mark.slow
@pytest.mark.v4l2
def test_real_devices_are_well(v4l2_lab: Path) -> None:
    script = (
        "from realtime.doctor import loopback, machine\n"
        "import numpy\n"
        "from realtime.sinks.v4l2_writer import Writer\n"
        "print(machine.cameras(), loopback.virtual_cameras(), sep='\\n')\n"
        "writer = Writer('/dev/video10', width_px=64, height_px=48)\n"
        "writer.send(numpy.zeros((48, 64, 3), numpy.uint8))\n"
        "writer.close()\n"  # 0.12.7 leaves it half closed
        "print(loopback.virtual_cameras(), loopback.virtual_cameras(), sep='\\n')\n"
    )
    done = subprocess.run([str(v4l2_lab), sys.executable, "-c", script], capture_output=True, text=True, check=True)
    cameras, *virtual_cameras = done.stdout.splitlines()
    assert "status='ok'" in cameras
    assert "/dev/video0" in cameras
    well = "Check(name='', status='ok', detail='/dev/video10', cure='')"
    healed = well.replace("/dev/video10", "/dev/video10; repaired after a program that did not close it: /dev/video10")
    assert virtual_cameras == [well, healed, well]
