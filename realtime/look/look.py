"""``Look``: what a stream's mattes go through between the finish and the scene.

    Matte ──▶ nobody here ──▶ framing ──▶ place in the picture ──▶ Matte

Goes in: the mattes of one stream, in order. Comes out: mattes of pictures as they are to be shown, or a composite that
is a notice. One object a stream.
"""

from realtime.frame import Composite, Matte
from realtime.settings import LookSettings


class Look:
    """The look of one stream.

    Args:
        settings: which steps, and how.
    """

    def __init__(self, settings: LookSettings) -> None:
        self._settings = settings

    def show(self, matte: Matte) -> Matte | Composite:
        """The matte as it is to be shown."""
        return matte
