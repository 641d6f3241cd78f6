"""Without a home that can be written every command works, and says what it cannot keep."""

import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.cli import main
from realtime.doctor import install, machine

HOMES = {
    "device": os.devnull,
    "in a file": f"{__file__}/home",
    "of nobody": "~nosuchuser/x",
    "too long": "/" + "x" * 300,
    "in a folder of the kernel": "/proc/greenless",
}
RUN = ["run", "--source", "sample", "--width", "320", "--height", "240", "--sink", "null", "--port", "0"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these paths are those of POSIX")


@pytest.fixture(params=HOMES)
def home(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """GREENLESS_HOME, where nothing can be kept, not even by the administrator; and an empty folder to be in."""
    monkeypatch.setenv("GREENLESS_HOME", HOMES[request.param])
    monkeypatch.chdir(tmp_path)
    return HOMES[request.param]


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_a_run_works_and_says_once_what_it_cannot_keep(
    home: str, runtime: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip({"onnx": "onnxruntime"}.get(runtime, runtime))
    assert main([*RUN, "--seconds", "1", "--runtime", runtime]) == 0
    said = capsys.readouterr().err
    assert said.count("cannot write settings, backgrounds, the cache for faster starts: ") == (home[:5] != "/proc")
    assert said.count("greenless ctl cannot find this run: cannot write ") == 1
    assert "\npage: http://127.0.0.1:" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_picture_is_cut_out(home: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    cv2.imwrite("picture.jpg", np.full((96, 128, 3), 90, np.uint8))
    assert main(["image", "picture.jpg", "-o", "out"]) == 0
    assert capsys.readouterr().err.count("cannot write settings") == (home[:5] != "/proc")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "picture.jpg"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["settings"], 0),
        (["settings", "--write"], 2),
        (["weights", "list"], 0),
        (["weights", "verify"], 0),
        (["ctl", "stats"], 2),
        (["ctl", "page"], 2),
        (["service"], 0 if sys.platform == "linux" else 2),
        (["devices"], 0),
        (["completion", "bash"], 0),
    ],
    ids=str,
)
def test_a_command_works_or_says_why_not(
    home: str, words: list[str], status: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(words) == status
    assert ("greenless: error: " in capsys.readouterr().err) == bool(status)
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_finds_it(home: str) -> None:
    checks = [install.settings(), install.folders(), machine.weights()]
    assert [check.status for check in checks] == ["ok", "ok" if home[:5] == "/proc" else "warn", "ok"]


def test_the_doctor_finds_a_home_that_is_writable(greenless_home: Path) -> None:
    assert install.folders().status == "ok"
    assert not greenless_home.exists()
