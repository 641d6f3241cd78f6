"""The doctor: each fault it knows is found, with its cure; what is well is called well."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime.capture.devices import Device
from realtime.cli import main
from realtime.doctor import CHECKS, Check, examine, install, loopback, machine
from realtime.errors import MatterError, SinkError


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The installed distributions, as the doctor sees them."""
    installed: dict[str, str] = {}

    def version(name: str) -> str:
        try:
            return installed[name]
        except KeyError:
            raise importlib.metadata.PackageNotFoundError(name) from None

    monkeypatch.setattr(importlib.metadata, "version", version)
    return installed


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


def test_python_is_named() -> None:
    assert sys.version.split()[0] in install.python().detail


@pytest.mark.parametrize(
    ("installed", "status", "word"),
    [
        ({}, "fail", "missing"),
        ({"onnxruntime": "1.31.1"}, "ok", "onnxruntime 1.31.1"),
        ({"onnxruntime-gpu": "1.31.1"}, "ok", "onnxruntime-gpu 1.31.1"),
        ({"onnxruntime": "1", "onnxruntime-gpu": "1"}, "fail", "onnxruntime and onnxruntime-gpu"),
    ],
)
def test_exactly_one_onnx_runtime_is_well(
    versions: dict[str, str], installed: dict[str, str], status: str, word: str
) -> None:
    versions |= installed
    check = install.onnx_runtime()
    assert check.status == status
    assert word in check.detail


def test_two_onnx_runtimes_are_cured_by_taking_both_out(versions: dict[str, str]) -> None:
    versions |= {"onnxruntime": "1", "onnxruntime-gpu": "1"}
    cure = "pip uninstall --yes onnxruntime onnxruntime-gpu, then: pip install onnxruntime-gpu"
    assert install.onnx_runtime().cure == cure


def test_two_opencvs_break_each_other(versions: dict[str, str]) -> None:
    versions |= {"opencv-python": "5", "opencv-python-headless": "5"}
    check = install.opencv()
    assert check.status == "fail"
    assert check.cure.endswith("pip install opencv-python")


def test_an_opencv_without_windows_is_a_warning(versions: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    versions |= {"opencv-python-headless": "5"}
    monkeypatch.setattr(cv2, "currentUIFramework", lambda: "")
    assert install.opencv().status == "warn"


@pytest.mark.parametrize(
    ("installed", "status", "word"),
    [
        ({"greenless": "0.1.0", "numpy": "2.1", "tyro": "1.0"}, "ok", "greenless 0.1.0 and 3 others"),
        ({"greenless": "0.1.0", "numpy": "1.26", "tyro": "1.0"}, "fail", "numpy 1.26, wanted >=2"),
        ({"greenless": "0.1.0", "numpy": "2.1"}, "fail", "tyro missing, wanted >=1"),
    ],
)
def test_packages_are_there_in_versions_that_will_do(
    versions: dict[str, str], monkeypatch: pytest.MonkeyPatch, installed: dict[str, str], status: str, word: str
) -> None:
    wanted = [
        "numpy>=2",
        "tyro>=1",
        "onnxruntime-gpu>=1.20",
        "nothing>=1; python_version < '3'",
        "torch; extra == 'torch'",
    ]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: wanted)
    versions |= installed
    check = install.packages()
    assert check.status == status
    assert word in check.detail


def test_a_checkout_that_is_not_installed_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", requires)
    assert install.packages().status == "warn"


@pytest.mark.parametrize(("owners", "status"), [(["greenless"], "ok"), ([], "ok"), (["greenless", "realtime"], "fail")])
def test_a_foreign_realtime_is_found(monkeypatch: pytest.MonkeyPatch, owners: list[str], status: str) -> None:
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: {"realtime": owners})
    assert install.own_packages().status == status


def test_models_from_another_folder_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "models", SimpleNamespace(__file__=str(tmp_path / "models" / "__init__.py")))
    assert f"models comes from {tmp_path}" in install.own_packages().detail


@pytest.mark.parametrize(
    ("text", "status", "word"),
    [(None, "ok", "is not there"), ("[camera]\nwidth = 640", "ok", "settings.toml"), ("widht = 1", "fail", "widht")],
)
def test_the_settings_file_is_read(greenless_home: Path, text: str | None, status: str, word: str) -> None:
    if text is not None:
        greenless_home.mkdir()
        (greenless_home / "settings.toml").write_text(text)
    check = install.settings()
    assert check.status == status
    assert word in check.detail


def test_without_a_display_there_is_a_warning_with_its_cure() -> None:
    check = machine.display()
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
    monkeypatch.setattr("realtime.capture.devices.list_cameras", lambda: found)
    check = machine.cameras()
    assert check.status == status
    assert word in check.detail
    assert ("greenless demo" in check.cure) == (status == "warn")


@pytest.mark.v4l2
def test_real_devices_are_well(v4l2_lab: Path) -> None:
    script = (
        "from realtime.doctor import loopback, machine\n"
        "import numpy, pyvirtualcam\n"
        "print(machine.cameras(), loopback.virtual_cameras(), sep='\\n')\n"
        "writer = pyvirtualcam.Camera(64, 48, 30, device='/dev/video10')\n"
        "writer.send(numpy.zeros((48, 64, 3), numpy.uint8))\n"
        "writer.close()\n"  # 0.12.7 leaves it half closed
        "print(loopback.virtual_cameras(), loopback.virtual_cameras(), sep='\\n')\n"
    )
    done = subprocess.run([str(v4l2_lab), sys.executable, "-c", script], capture_output=True, text=True, check=True)
    cameras, *virtual_cameras = done.stdout.splitlines()
    assert "status='ok'" in cameras
    assert "/dev/video0" in cameras
    well = "Check(name='virtual cameras', status='ok', detail='/dev/video10', cure='')"
    healed = well.replace("/dev/video10", "/dev/video10; a writer had left it half closed, it is healed: /dev/video10")
    assert virtual_cameras == [well, healed, well]


@pytest.mark.parametrize(
    ("devices", "caps", "status", "word"),
    [
        ({"/dev/video10": "free"}, "Y,N,N", "ok", "/dev/video10"),
        ({"/dev/video10": "free"}, "N,N,N", "warn", "without exclusive_caps=1"),
        ({"/dev/video10": "free", "/dev/video11": "used"}, "Y,Y,N", "ok", "/dev/video11"),
        ({"/dev/video10": "used"}, "Y,N,N", "warn", "in use"),
        ({"/dev/video10": "healed"}, "Y,N,N", "ok", "it is healed: /dev/video10"),
        ({"/dev/video10": "dead"}, "Y,N,N", "warn", "left without capabilities"),
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


def test_a_loopback_that_cannot_be_healed_is_loaded_anew(linux: Callable[..., None]) -> None:
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
    check = loopback.virtual_cameras()
    assert (check.status, check.detail, check.cure) == ("warn", "there is none", "Install OBS")


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
    monkeypatch.setattr("realtime.matting.providers.available", lambda: ["tensorrt", "cuda", "cpu"])
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/nvidia-smi" if card else None)
    check = machine.providers()
    assert check.status == status
    assert word in check.detail
    assert bool(check.cure) == (status != "ok")


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on() -> None:
    def broken_thing() -> Check:
        raise ImportError("libGL.so.1")

    first, second = examine([broken_thing, install.python])
    assert (first.name, first.status, first.detail) == ("broken thing", "fail", "ImportError: libGL.so.1")
    assert second.status == "ok"


@pytest.fixture
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What the doctor is going to find."""
    found: list[Check] = []
    monkeypatch.setattr("realtime.doctor.examine", lambda: iter(found))
    return found


def test_the_command_prints_each_cure_and_fails_when_a_check_failed(
    findings: list[Check], capsys: pytest.CaptureFixture[str]
) -> None:
    findings.append(Check(name="display", status="warn", detail="there is none", cure="Start a desktop\nor do without"))
    assert main(["doctor"]) == 0
    cure = "                       Start a desktop\n                       or do without\n"
    assert capsys.readouterr().out == "warn  display          there is none\n" + cure
    findings.append(Check(name="weights", status="fail", detail="missing", cure="greenless weights verify"))
    assert main(["doctor"]) == 1


def test_the_command_gives_json(findings: list[Check], capsys: pytest.CaptureFixture[str]) -> None:
    findings.append(Check(name="Python", status="ok", detail="3.11"))
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "Python", "status": "ok", "detail": "3.11", "cure": ""}]


def test_every_check_answers_on_this_machine() -> None:
    names = [check.name for check in examine()]
    assert len(names) == len(set(names)) == len(CHECKS)


def test_the_runtime_that_runs_the_network_fastest_is_shown() -> None:
    check = machine.runtime()
    assert check.status == "ok"
    assert re.fullmatch(r"greenless-lite 512x288, onnx, CPU, \d threads?", check.detail)
