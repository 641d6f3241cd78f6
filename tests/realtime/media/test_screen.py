"""The screen as a source and as a background, on an X server that shows a colour."""

import ctypes
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from realtime.capture import open_source
from realtime.errors import MissingExtra, SceneError, SourceError, SourceLost
from realtime.frame import Frame, Matte
from realtime.framing.framer import Framer
from realtime.media.screen import Screen
from realtime.scene.background import open_background
from realtime.scene.compose import Scene
from realtime.settings.schema import CameraSettings, LookSettings, SceneSettings

RED_BGR, BLUE_BGR = (0, 0, 255), (255, 0, 0)
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def mss() -> Any:
    """A module that were skipped as a whole would be so unseen by GREENLESS_REQUIRE."""
    return pytest.importorskip("mss", reason="mss is in the extra screen")


@pytest.fixture(scope="module")
def desktop(_x_server: str) -> Iterator[Callable[[int], None]]:
    """A client that stays: an X server that is left by the last one forgets everything. Fills the screen."""
    x11 = ctypes.CDLL("libX11.so.6")  # Xvfb does not come without it
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(_x_server.encode()))
    assert display
    root = ctypes.c_ulong(x11.XDefaultRootWindow(display))

    def fill(colour: int) -> None:
        x11.XSetWindowBackground(display, root, ctypes.c_ulong(colour))
        x11.XClearWindow(display, root)
        x11.XSync(display, 0)

    yield fill
    x11.XCloseDisplay(display)


@pytest.fixture
def paint(xvfb: str, mss: Any, desktop: Callable[[int], None]) -> Callable[[int], None]:
    """Fills the screen with a colour, 0xRRGGBB; red to begin with."""
    desktop(0xFF0000)
    return desktop


def matte(width_px: int = 160, height_px: int = 90) -> Matte:
    frame = Frame(pixels=np.zeros((height_px, width_px, 3), np.uint8), index=0, captured_s=0.0)
    return Matte(alpha=np.zeros((height_px, width_px), np.float32), frame=frame)


def until_all(pixels: Callable[[], np.ndarray], colour: tuple[int, int, int]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not (pixels() == colour).all():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_the_screen_is_a_live_source(paint: Callable[[int], None]) -> None:
    with open_source("screen", CameraSettings(fps=20.0)) as source:
        assert (source.live, source.fps) == (True, 20.0)
        assert source.name == "screen 1, 1600x1000 at 20 fps"
        frame = next(source)
        assert frame.pixels.shape == (1000, 1600, 3)
        assert (frame.pixels == RED_BGR).all()
        paint(0x0000FF)
        until_all(lambda: next(source).pixels, BLUE_BGR)


def test_the_screen_is_a_background_at_the_frames_size(paint: Callable[[int], None]) -> None:
    background = open_background("screen:1", "stretch")
    try:
        assert background.plate(matte()).shape == (90, 160, 3)
        assert (background.plate(matte()) == RED_BGR).all()
        paint(0x0000FF)
        until_all(lambda: background.plate(matte()), BLUE_BGR)
        assert background.plate(matte(64, 48)).shape == (48, 64, 3)
    finally:
        background.close()
    with pytest.raises(SceneError, match="is closed"):
        background.plate(matte())


@pytest.mark.usefixtures("paint")
@pytest.mark.parametrize(("spec", "message"), [("screen:7", "there is no screen 7"), ("screen:one", "expected screen")])
def test_a_screen_that_is_not_there_is_an_error(spec: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_source(spec, CameraSettings())
    with pytest.raises(SceneError, match=message):
        open_background(spec, "cover")


@pytest.mark.usefixtures("mss")
def test_without_a_display_it_says_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"cannot be read: .*Start greenless from a desktop session"):
        Screen(1, 10.0)


def test_without_mss_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mss", None)
    for opens in (lambda: open_source("screen", CameraSettings()), lambda: open_background("screen", "cover")):
        with pytest.raises(MissingExtra, match=r"'\.\[screen\]'"):
            opens()


def test_a_screen_that_can_no_longer_be_read_is_lost(
    paint: Callable[[int], None], mss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(1, 50.0)

    def fail(*_: object) -> None:
        raise mss.ScreenShotError("the session is locked")

    monkeypatch.setattr(mss.MSS, "grab", fail)
    screen._thread.join(PATIENCE_S)
    with pytest.raises(SourceLost, match="the session is locked"):
        screen.newest()
    screen.close()


def test_a_small_person_stands_before_the_screen(paint: Callable[[int], None]) -> None:
    pixels = np.full((90, 160, 3), 200, np.uint8)
    given = Matte(alpha=np.ones((90, 160), np.float32), frame=Frame(pixels=pixels, index=0, captured_s=0.0))
    scene = Scene(SceneSettings(background="screen"))
    try:
        shown = Framer(LookSettings(person_size=0.5, person_corner="bottom-left")).show(given)
        assert isinstance(shown, Matte)
        composite = scene.compose(shown).pixels
    finally:
        scene.close()
    assert (composite[47:, :78] == 200).all()
    assert (composite[:43] == RED_BGR).all()
    assert (composite[:, 82:] == RED_BGR).all()
