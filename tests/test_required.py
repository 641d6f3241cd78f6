"""GREENLESS_REQUIRE: a test that needs what is required and not there fails, however it comes to be skipped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

WITHOUT = """
import shutil, sys
import pytest
sys.modules["mss"] = sys.modules["playwright"] = None
which = shutil.which
shutil.which = lambda name, *more: None if "chrom" in name or name == "obs" else which(name, *more)
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[1]]))
"""
"""Runs one test where mss, Chromium and OBS are missing."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("required", "test"),
    [
        ("chromium", "realtime/web/test_page.py::test_next_goes_on_to_another_background"),
        ("chromium", "realtime/web/test_page_picture.py::test_every_control_changes_the_picture[scene.fit]"),
        ("obs", "realtime/commands/test_obs_studio.py::test_a_wrong_password_is_reported_at_once"),
        ("xvfb", "realtime/sinks/test_preview_window.py::test_it_shows_the_picture_and_reads_keys"),
        ("xvfb", "realtime/media/test_screen.py::test_the_screen_is_a_live_source"),
    ],
)
def test_what_is_required_is_not_skipped(required: str, test: str) -> None:
    command = [sys.executable, "-c", WITHOUT, f"tests/{test}"]
    environment = os.environ | {"GREENLESS_REQUIRE": required}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert f"GREENLESS_REQUIRE names {required}, yet the test was skipped" in done.stdout
