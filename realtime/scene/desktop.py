"""The user's screen as a background: the person stands before it, as before a weather map.

Goes in: which monitor. Comes out: its newest picture at the frame's size.
"""

from realtime.errors import SceneError, SourceError
from realtime.frame import Matte, Pixels
from realtime.media.fit import Fit, fit
from realtime.media.screen import Screen, screen_number

FPS = 15.0
"""What is written and drawn on a screen needs no more, and each picture costs as much as a network's run."""


class Desktop:
    """A monitor that is shown behind the person.

    Args:
        spec: ``screen`` or ``screen:N``, from 1.
        how: how it meets the frame's size.

    Raises:
        SceneError: there is no such monitor, or the system does not let it be read.
        MissingExtra: mss is not installed.
    """

    transparent = False
    of_room = False
    casts_light = True

    def __init__(self, spec: str, how: Fit) -> None:
        self._how = how
        self._size: tuple[int, int] | None = None
        try:
            self._screen = Screen(screen_number(spec), FPS)
        except SourceError as error:
            raise SceneError(f"cannot show the screen: {error.what}", cure=error.cure) from error
        self._screen.prepare = self._fitted

    def plate(self, matte: Matte) -> Pixels:
        """The newest picture of the screen, at the frame's size.

        Raises:
            SceneError: the screen can no longer be read.
        """
        self._size = (matte.frame.width_px, matte.frame.height_px)
        try:
            return self._fitted(self._screen.newest())
        except SourceError as error:
            raise SceneError(f"cannot show the screen: {error.what}", cure=error.cure) from error

    def close(self) -> None:
        """Look no longer."""
        self._screen.close()

    def _fitted(self, pixels: Pixels) -> Pixels:
        """At the frame's size, once that is known; the screen's own thread has done that already, but for the first."""
        if self._size is None:
            return pixels
        return fit(pixels, width_px=self._size[0], height_px=self._size[1], how=self._how)
