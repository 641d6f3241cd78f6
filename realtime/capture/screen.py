"""The screen as a source.

In: which monitor, and a rate. Out: a ``Source`` that is live like a camera.
"""

import itertools
from collections.abc import Generator

from realtime.capture.paced import Paced, TimedPixels
from realtime.media.screen import Screen, screen_number


def open_screen(spec: str, fps: float) -> Paced:
    """Open the screen that ``screen`` or ``screen:N`` names.

    Args:
        spec: which monitor, from 1.
        fps: pictures a second.

    Raises:
        SourceError: there is no such monitor, or the system does not let it be read.
        MissingExtra: mss is not installed.
    """
    number = screen_number(spec)
    screen = Screen(number, fps)

    def moments() -> Generator[TimedPixels]:
        try:
            for index in itertools.count():
                yield TimedPixels(index / fps, screen.newest())
        finally:
            screen.close()

    return Paced(moments(), label=f"screen {number}", fps=fps, paced=True)
