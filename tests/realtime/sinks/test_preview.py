import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.base import Action
from realtime.sinks.preview import Preview

MakeComposite = Callable[..., Composite]
ESCAPE = 27


def test_the_newest_composite_is_drawn_and_once_only(windows: Any, make_composite: MakeComposite) -> None:
    with Preview() as preview:
        preview.send(make_composite(0))
        newest = make_composite(1)
        preview.send(newest)
        assert windows.shown == [], "send draws nothing: it may run in any thread"
        preview.pump("")
        preview.pump("")
    assert len(windows.shown) == 1
    np.testing.assert_array_equal(windows.shown[0], newest.pixels)


def test_the_window_is_there_before_the_first_composite(windows: Any) -> None:
    with Preview() as preview:
        assert preview.pump("") == []
        assert windows.open
        assert len(windows.shown) == 1


@pytest.mark.parametrize(
    ("key", "actions"),
    [
        ("q", [Action.QUIT]),
        (chr(ESCAPE), [Action.QUIT]),
        ("b", [Action.NEXT_BACKGROUND]),
        ("p", [Action.SHUTTER]),
        ("m", []),
        ("v", []),
        ("s", []),
        ("x", []),
    ],
)
def test_keys_are_read(windows: Any, key: str, actions: list[Action]) -> None:
    windows.keys = [ord(key)]
    with Preview() as preview:
        assert preview.pump("") == actions
        assert preview.pump("") == []


def test_what_the_window_sets_above_the_key_does_not_matter(windows: Any) -> None:
    windows.keys = [0x100000 | ord("b")]  # GTK with Num Lock
    with Preview() as preview:
        assert preview.pump("") == [Action.NEXT_BACKGROUND]


def test_mirror_view_and_stats_are_switched_on_and_off(windows: Any, make_composite: MakeComposite) -> None:
    with Preview() as preview:
        preview.send(make_composite(width_px=320, height_px=180))
        preview.pump("30 fps")
        plain = windows.shown[-1]
        for key, differs in (("s", True), ("s", False), ("v", True), ("v", False)):
            windows.keys = [ord(key)]
            preview.pump("30 fps")
            preview.pump("30 fps")
            assert (not np.array_equal(windows.shown[-1], plain)) is differs
    assert windows.shown[-2].shape == (90, 480, 3)


def test_the_mirror_is_the_windows_own_affair(windows: Any, make_composite: MakeComposite) -> None:
    composite = make_composite()
    before = composite.pixels.copy()
    windows.keys = [ord("m")]
    with Preview() as preview:
        preview.send(composite)
        preview.pump("")
        preview.pump("")
    np.testing.assert_array_equal(windows.shown[-1], before[:, ::-1])
    np.testing.assert_array_equal(composite.pixels, before)


def test_a_closed_window_means_quit_and_is_not_opened_again(windows: Any, make_composite: MakeComposite) -> None:
    with Preview() as preview:
        preview.pump("")
        windows.open = False
        assert preview.pump("") == [Action.QUIT]
        preview.send(make_composite())
        assert preview.pump("") == [Action.QUIT]
        assert not windows.open


def test_a_window_that_qt_forgot_means_quit(windows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgotten(*_: object) -> float:
        raise cv2.error("NULL guiReceiver (please create a window)")

    with Preview() as preview:
        preview.pump("")
        monkeypatch.setattr(cv2, "getWindowProperty", forgotten)
        assert preview.pump("") == [Action.QUIT]


def test_a_window_that_cannot_be_drawn_is_reported(windows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise cv2.error("no backend")

    monkeypatch.setattr(cv2, "namedWindow", broken)
    with pytest.raises(SinkError, match="cannot draw the window: no backend") as caught:
        Preview().pump("")
    assert caught.value.cure


def test_the_window_takes_the_shape_of_what_it_shows(windows: Any, make_composite: MakeComposite) -> None:
    with Preview() as preview:
        for key, size in (("x", (640, 360)), ("v", (960, 180)), ("v", (640, 360))):
            windows.keys = [ord(key)]
            preview.send(make_composite(width_px=640, height_px=360))
            preview.pump("")  # reads the key
            preview.pump("")
            assert windows.size == size
        preview.send(make_composite(width_px=2400, height_px=1200))
        preview.pump("")
        assert windows.size == (1200, 600)


def test_a_size_that_the_user_chose_is_left_alone(windows: Any, make_composite: MakeComposite) -> None:
    with Preview() as preview:
        for index in range(3):
            preview.send(make_composite(index))
            preview.pump("")
            if index == 0:
                windows.size = "chosen by the user"
    assert windows.size == "chosen by the user"


def test_composites_may_come_while_it_draws(windows: Any, make_composite: MakeComposite) -> None:
    composites = [make_composite(index) for index in range(200)]
    with Preview() as preview:
        sender = threading.Thread(target=lambda: [preview.send(composite) for composite in composites])
        sender.start()
        while sender.is_alive():
            preview.pump("")
        preview.pump("")
    np.testing.assert_array_equal(windows.shown[-1], composites[-1].pixels)


REAL = """
import sys
sys.path.insert(0, sys.argv[1])
import cv2, numpy as np
from realtime.frame import Composite, Frame, Matte
from realtime.sinks import open_sink
from realtime.sinks.base import Action
from realtime.sinks.preview import TITLE
pixels = np.full((180, 320, 3), (30, 60, 210), np.uint8)
frame = Frame(pixels=pixels, index=0, captured_s=0.0)
matte = Matte(alpha=np.zeros((180, 320), np.float32), frame=frame)
composite = Composite(pixels=pixels, matte=matte, person=pixels)
preview = open_sink("preview", width_px=320, height_px=180, fps=30)
for _ in range(5):
    preview.send(composite)
    assert list(preview.pump("30 fps")) == []
assert cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) == 1
cv2.destroyWindow(TITLE)
assert list(preview.pump("30 fps")) == [Action.QUIT]
preview.close()
again = open_sink("preview", width_px=320, height_px=180, fps=30)
assert list(again.pump("")) == []
again.close()
again.close()
print("a real window")
"""


def test_a_real_window_opens_and_closes(xvfb: str) -> None:
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run([sys.executable, "-c", REAL, str(root)], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "a real window\n"
