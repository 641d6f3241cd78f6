"""What goes into the bundle."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

if sys.platform != "linux":
    pytest.skip("the bundle is for Linux", allow_module_level=True)


def names() -> list[str]:
    done = subprocess.run(
        [sys.executable, ROOT / "installers/requirements.py"], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_it_has_no_package_that_forbids_it_to_be_passed_on() -> None:
    """pyvirtualcam is under version 2 of the GPL only, torch and CUDA are too large."""
    assert not {"pyvirtualcam", "onnxruntime-gpu", "torch", "cyndilib"} & set(names())


def test_it_has_what_a_user_cannot_add() -> None:
    assert {"av", "dbus-fast", "onnxruntime", "opencv-python", "openvino", "pillow-heif"} <= set(names())


def test_every_part_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {re.sub("[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    assert not set(names()) - pinned
