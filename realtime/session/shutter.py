"""``Shutter``: keeps the camera's pictures back, for the user's privacy or while a run is stopped.

Goes in: wishes to close and to open, from any thread. Comes out: a notice, or the background alone, in the sinks at
once, and a camera that is closed right after. No change of the settings holds it up: it has locks of its own, and the
camera's valve shuts before anything is sent.
"""

import threading

from realtime.loop.camera_valve import CameraValve
from realtime.loop.failsafe import SHUTTER_CLOSED, STOPPED
from realtime.loop.pipeline import Pipeline

_SHUTTER, _STOP = "the shutter is closed", "stopped by the user"


class Shutter:
    """The shutter of one run.

    Args:
        valve: of the camera.
        pipeline: of the run.
        background: whether a closed shutter shows the background alone, which must not be the room.
    """

    def __init__(self, valve: CameraValve, pipeline: Pipeline, *, background: bool) -> None:
        self._valve = valve
        self._pipeline = pipeline
        self._background = background
        self._changing = threading.Lock()  # held for a few steps only
        self._covering = threading.Lock()  # held while a notice is sent

    @property
    def closed(self) -> bool:
        """Whether the user closed it."""
        return _SHUTTER in self._valve.reasons

    @property
    def stopped(self) -> bool:
        """Whether the run is stopped."""
        return _STOP in self._valve.reasons

    def close(self, closed: bool | None) -> None:
        """Close or open it; None: the other way than it is."""
        self._set(_SHUTTER, closed)

    def stop(self, stopped: bool) -> None:
        """Stop the run, or let it go on."""
        self._set(_STOP, stopped)

    def show(self, *, background: bool) -> None:
        """Choose what it shows while it is closed, see above."""
        self._background = background
        self._cover()

    def _set(self, reason: str, shut: bool | None) -> None:
        with self._changing:
            if shut is None:
                shut = reason not in self._valve.reasons
            if shut:
                self._valve.shut(reason)
            else:
                self._valve.lift(reason)
        self._cover()

    def _cover(self) -> None:
        """Send what the valve's reasons ask for now: who comes last sees the last wish, whoever wished it."""
        with self._covering:
            reasons = self._valve.reasons
            text = SHUTTER_CLOSED if _SHUTTER in reasons else STOPPED if _STOP in reasons else None
            self._pipeline.cover(text, background=_SHUTTER in reasons and self._background)
