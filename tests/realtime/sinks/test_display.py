import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from realtime.errors import SinkError
from realtime.sinks import display
from realtime.sinks.display import require_display


@pytest.fixture(autouse=True)
def qt_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(cv2, "currentUIFramework", lambda: "QT5")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The number of a display that listens on TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setattr(display, "X_PORT", listening.getsockname()[1] - 5)
        yield 5


@pytest.mark.parametrize("name", ["", ":4711", ":4711.0", "127.0.0.1:4711", "nonsense", "host:", ":x"])
def test_a_display_that_does_not_answer_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DISPLAY", name)
    with pytest.raises(SinkError, match="display") as caught:
        require_display()
    assert "--sink" in caught.value.cure


def test_no_display_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(SinkError, match="DISPLAY is not set"):
        require_display()


@pytest.mark.parametrize("screen", ["", ".0"])
def test_a_display_elsewhere_that_answers_will_do(monkeypatch: pytest.MonkeyPatch, server: int, screen: str) -> None:
    monkeypatch.setenv("DISPLAY", f"127.0.0.1:{server}{screen}")
    require_display()


def test_a_display_of_this_machine_that_answers_will_do(xvfb: str) -> None:
    require_display()


OWNER = """
import ctypes, sys
sys.path.insert(0, sys.argv[1])
from realtime.sinks.display import X11_XCB, require_display
try:
    system = ctypes.CDLL(X11_XCB)
except OSError:
    sys.exit("skip")
assert not hasattr(ctypes.CDLL(None), "XSetEventQueueOwner"), "it is there anyhow: the test can tell nothing"
require_display()
first_found = ctypes.CDLL(None).XSetEventQueueOwner
of_the_system = system.XSetEventQueueOwner
print(*(ctypes.cast(each, ctypes.c_void_p).value for each in (first_found, of_the_system)))
"""


def test_qt_finds_the_systems_own_way_to_own_the_events(xvfb: str) -> None:
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run([sys.executable, "-c", OWNER, str(root)], capture_output=True, text=True, timeout=300)
    if run.stderr == "skip\n":
        pytest.skip("no libX11-xcb; on Debian and Ubuntu: sudo apt install libx11-xcb1")
    assert run.returncode == 0, run.stderr
    found, systems = run.stdout.split()
    assert found == systems


@pytest.mark.parametrize(("system", "framework"), [("win32", "WIN32"), ("darwin", "COCOA"), ("linux", "GTK3")])
def test_only_qt_on_linux_needs_to_be_asked(monkeypatch: pytest.MonkeyPatch, system: str, framework: str) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(cv2, "currentUIFramework", lambda: framework)
    require_display()


def test_opencv_without_windows_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "currentUIFramework", lambda: "")
    with pytest.raises(SinkError, match="cannot open windows") as caught:
        require_display()
    assert "opencv-python-headless" in caught.value.cure
