"""``greenless app`` as a user starts it, from its start to its end, on a panel."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime.cli import main
from realtime.errors import ControlError
from realtime.tray.app import READY
from realtime.tray.only_one import only_one
from realtime.web import client
from tests.realtime.stand_ins import PATIENCE_S, until
from tests.realtime.tray.panel import Panel

ROOT = Path(__file__).resolve().parents[3]

SETTINGS = """
source = "sample"
sink = ["null"]

[matting]
runtime = "onnx"

[presets.lesson.scene]
background = "#2b3a42"
"""


@pytest.fixture
def opened(tmp_path: Path, greenless_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings, and the file in which the browser of this user notes what it opens."""
    greenless_home.mkdir()
    (greenless_home / "settings.toml").write_text(SETTINGS)
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.setenv("DISPLAY", ":nobody-looks")
    return opened


@pytest.fixture
def started(opened: Path, session_bus: object, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A running ``greenless app``."""
    with (tmp_path / "said").open("wb") as said:
        app = subprocess.Popen([sys.executable, "-m", "realtime", "app"], cwd=ROOT, stdout=said, stderr=said)
    yield app
    if app.poll() is None:
        app.terminate()
        app.wait(PATIENCE_S)


def state() -> Any:
    return client.ask("GET", "/api/state")


def serves() -> bool:
    try:
        return bool(state())
    except ControlError:
        return False


def test_from_the_first_click_to_the_last(
    panel: Panel, started: "subprocess.Popen[bytes]", opened: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    until(lambda: panel.items and "greenless is running" in panel.labels())
    until(lambda: panel.notes == [("greenless", READY)])
    panel.click("Background", "Green")
    until(lambda: state()["settings"]["scene"]["background"] == "#00b140")
    panel.click("Preset", "lesson")
    until(lambda: (state()["settings"]["scene"]["background"], state()["preset"]) == ("#2b3a42", "lesson"))
    panel.click("Shutter closed")
    until(lambda: state()["shutter_closed"])
    panel.click("Stop")
    until(lambda: not state()["running"])

    assert main(["app"]) == 0  # the second one
    until(opened.exists)
    address = opened.read_text().strip()
    assert address.startswith(f"{client.running().url}/#token=")
    assert client.running().token not in address
    assert panel.items == [f"org.kde.StatusNotifierItem-{started.pid}-1"]

    assert main(["app", "--quit"]) == 0
    assert not serves()  # it has ended already, so that another one can start
    with only_one() as alone:
        assert alone
    assert started.wait(PATIENCE_S) == 0
    assert main(["app", "--quit"]) == 2
    assert "no greenless app is running. Start it with: greenless app" in capsys.readouterr().err


def test_without_a_panel_the_page_opens_and_the_second_one_opens_it_again(
    started: "subprocess.Popen[bytes]", opened: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(opened.exists)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={os.devnull}")
    assert main(["app"]) == 0
    until(lambda: len(opened.read_text().splitlines()) == 2)
    assert "This desktop shows no tray icons" in (tmp_path / "said").read_text()
