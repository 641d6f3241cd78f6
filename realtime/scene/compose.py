"""``Scene``: puts the person before the background.

Goes in: mattes. Comes out: composites, in arrays of their own; the frame is never written into.
"""

from realtime.frame import Composite, Matte
from realtime.scene.background import open_background
from realtime.scene.blend import blend
from realtime.scene.foreground import foreground
from realtime.settings import SceneSettings


class Scene:
    """An open background and the blend before it.

    Args:
        settings: what stands behind the person.

    Raises:
        SceneError: the background is unknown or cannot be read.
    """

    def __init__(self, settings: SceneSettings) -> None:
        self._background = open_background(settings.background, settings.fit)

    def compose(self, matte: Matte) -> Composite:
        """The person of one matte before the background.

        Raises:
            SceneError: the background's file is gone.
        """
        pixels = matte.frame.pixels
        plate = self._background.plate(matte)
        return Composite(
            pixels=pixels if plate is pixels else blend(pixels, plate, matte.alpha),
            matte=matte,
            foreground=foreground(matte),
            transparent=self._background.transparent,
        )

    def close(self) -> None:
        """Give the background's file back. May be called twice."""
        self._background.close()
