"""The preview window on a real X server: its picture on the screen, and real keys."""

import ctypes
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PATIENCE_S = 180.0
RED, BLUE = (0, 0, 250), (250, 0, 0)
INSIDE_PX = (60, 80)

WINDOW = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from realtime.frame import Composite, Frame, Matte
from realtime.sinks import open_sink
pixels = np.full((180, 320, 3), (0, 0, 250), np.uint8)
pixels[:, 160:] = (250, 0, 0)
frame = Frame(pixels=pixels, index=0, captured_s=0.0)
matte = Matte(alpha=np.zeros((180, 320), np.float32), frame=frame)
asked = []
with open_sink("preview", width_px=320, height_px=180, fps=30) as preview:
    while "QUIT" not in asked:
        preview.send(Composite(pixels=pixels, matte=matte, person=pixels))
        asked = [action.name for action in preview.pump("")]
        if asked:
            print(*asked, flush=True)
assert (pixels[:, :160] == (0, 0, 250)).all(), "the mirror is the window's own affair"
"""


class Keyboard:
    """A keyboard on the X server, by its XTEST extension."""

    def __init__(self, display: str) -> None:
        self._x11 = ctypes.CDLL("libX11.so.6")
        try:
            self._xtst = ctypes.CDLL("libXtst.so.6")
        except OSError:
            pytest.skip("no libXtst; on Debian and Ubuntu: sudo apt install libxtst6")
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x11.XOpenDisplay(display.encode()))
        assert self._display, f"{display} does not answer"

    def press(self, letter: str) -> None:
        """Press the key once, with the pointer in the window: without a window manager it may have no focus."""
        code = self._x11.XKeysymToKeycode(self._display, ctypes.c_ulong(ord(letter)))
        self._xtst.XTestFakeMotionEvent(self._display, -1, *INSIDE_PX, ctypes.c_ulong(0))
        for down in (1, 0):
            self._xtst.XTestFakeKeyEvent(self._display, code, down, ctypes.c_ulong(0))
        self._x11.XSync(self._display, 0)

    def close(self) -> None:
        self._x11.XCloseDisplay(self._display)


@pytest.fixture
def mss() -> Any:
    """A module that were skipped as a whole would be so unseen by GREENLESS_REQUIRE."""
    return pytest.importorskip("mss", reason="mss is in the extra screen")


@pytest.fixture
def keyboard(xvfb: str) -> Iterator[Keyboard]:
    keyboard = Keyboard(xvfb)
    yield keyboard
    keyboard.close()


def until(true: Callable[[], bool], what: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s, f"not within {PATIENCE_S:.0f} s: {what}"
        time.sleep(0.02)


def test_it_shows_the_picture_and_reads_keys(keyboard: Keyboard, mss: Any) -> None:
    asked: list[str] = []
    root = Path(__file__).resolve().parents[3]
    with (
        mss.MSS() as screens,
        subprocess.Popen([sys.executable, "-c", WINDOW, str(root)], stdout=subprocess.PIPE, text=True) as window,
    ):
        lines = window.stdout
        assert lines is not None
        reader = threading.Thread(target=lambda: asked.extend(line.strip() for line in lines), daemon=True)
        reader.start()

        def shows(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
            shot = np.asarray(screens.grab(screens.monitors[1]))[..., :3]
            return bool((shot[60:100, 40:80] == left).all() and (shot[60:100, 240:280] == right).all())

        try:
            until(lambda: shows(RED, BLUE), "the picture on the screen")
            keyboard.press("m")
            until(lambda: shows(BLUE, RED), "the picture mirrored by m")
            keyboard.press("p")
            until(lambda: asked == ["SHUTTER"], "p asks for the shutter")
            keyboard.press("b")
            until(lambda: asked == ["SHUTTER", "NEXT_BACKGROUND"], "b asks for the next background")
            keyboard.press("q")
            until(lambda: window.poll() is not None, "q ends it")
        finally:
            window.kill()
        reader.join()
    assert (asked[-1], window.returncode) == ("QUIT", 0)
