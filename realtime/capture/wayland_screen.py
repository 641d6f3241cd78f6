"""``WaylandScreen``: the screen of a Wayland session, through the portal of the desktop and PipeWire."""

from realtime.ending import Closing, closed_on_error
from realtime.errors import SourceError, SourceLost
from realtime.frame import Pixels
from realtime.pipewire.connection import Connection
from realtime.pipewire.failures import CURES, reason
from realtime.pipewire.node_reader import NodeReader
from realtime.pipewire.permissions import ScreenCast

_WAKING_S = 8.0
"""How long the first frame may take after the user's choice."""


class WaylandScreen(Closing):
    """A screen or window that the user chose in the desktop's dialog.

    Args:
        fps: wanted frame rate; a frame comes only if the screen changes.

    Raises:
        SourceError: the user refused, or the desktop cannot share its screen.
        MissingExtra: jeepney is not installed.
    """

    def __init__(self, fps: float) -> None:
        self._cast = ScreenCast()
        with closed_on_error(self._cast):
            try:
                self._reader = NodeReader(Connection(self._cast.descriptor), node=self._cast.node, fps=fps)
            except OSError as error:
                raise SourceError(f"cannot read the screen through PipeWire: {reason(error)}", cure=CURES) from error
        with closed_on_error(self):
            frame = self._reader.read(_WAKING_S)
            newest = frame.bgr() if frame is not None else None
            if newest is None:
                raise SourceError("the screen gives no frame", cure="Choose a screen instead of a window, or try again")
            self._newest = newest

    def newest(self) -> Pixels:
        """Return the newest frame, ``(H, W, 3) uint8 BGR``.

        Raises:
            SourceLost: the user ended it.
        """
        if self._reader.lost:
            self._cast.refuse()
            raise SourceLost("the desktop no longer shares the screen", cure="Start greenless again to share it again")
        if (frame := self._reader.read(0.0)) is not None and (pixels := frame.bgr()) is not None:
            self._newest = pixels
        return self._newest

    def close(self) -> None:
        """Stop reading. May be called twice."""
        self._reader.close()
        self._cast.close()
