"""The screen as a live source."""

import itertools
import os
from collections.abc import Generator

from realtime.capture.paced import Paced, TimedPixels
from realtime.capture.wayland_screen import WaylandScreen
from realtime.media.screen import Screen, screen_number


def open_screen(spec: str, fps: float) -> Paced:
    """Open the screen that ``screen`` or ``screen:N`` names.

    Args:
        spec: ``screen`` or ``screen:N``, monitors count from 1. On Wayland the user chooses in a dialog instead.
        fps: frame rate.

    Raises:
        SourceError: there is no such monitor, or the system or the user forbids reading it.
        MissingExtra: mss, or on Wayland jeepney, is not installed.
    """
    number = screen_number(spec)
    wayland = os.environ.get("WAYLAND_DISPLAY")  # there a program may not read the screen by itself
    screen: Screen | WaylandScreen = WaylandScreen(fps) if wayland else Screen(number, fps)

    def moments() -> Generator[TimedPixels]:
        try:
            for index in itertools.count():
                yield TimedPixels(index / fps, screen.newest())
        finally:
            screen.close()

    return Paced(moments(), label=f"screen {number}", fps=fps, paced=True)
