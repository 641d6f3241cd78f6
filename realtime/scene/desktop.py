"""``Desktop``: the user's screen as background, like a weather map behind its presenter."""

from realtime.errors import SceneError, SourceError
from realtime.frame import Matte, Pixels
from realtime.media.fit import Fit, fit
from realtime.media.screen import Screen, screen_number
from realtime.scene.background import Background

FPS = 15.0
"""Enough for text and drawings; grabbing the screen costs as much as running the network."""


class Desktop(Background):
    """A monitor behind the person.

    Args:
        spec: ``screen`` or ``screen:N``, from 1.
        how: how to fit it to the frame's size.

    Raises:
        SceneError: there is no such monitor, or the system forbids reading it.
        MissingExtra: mss is not installed.
    """

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
        """Return the newest content of the screen at the frame's size.

        Raises:
            SceneError: the screen can no longer be read.
        """
        self._size = (matte.frame.width_px, matte.frame.height_px)
        try:
            return self._fitted(self._screen.newest())
        except SourceError as error:
            raise SceneError(f"cannot show the screen: {error.what}", cure=error.cure) from error

    def close(self) -> None:
        """Stop reading the screen."""
        self._screen.close()

    def _fitted(self, pixels: Pixels) -> Pixels:
        """Fit pixels to the frame's size. The screen's thread calls it too, so ``plate`` mostly has nothing to do."""
        if self._size is None:
            return pixels
        return fit(pixels, width_px=self._size[0], height_px=self._size[1], how=self._how)
