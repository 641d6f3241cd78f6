"""``Shutter``: keeps camera pixels from the sinks, for privacy or while a run is stopped.

When it closes, the sinks get a notice or the background alone at once, and the camera closes right after. It waits for
no change of settings, because it has its own locks. The valve of the camera shuts before anything is sent.
"""

import threading

from realtime.loop.camera_valve import CameraValve
from realtime.loop.failsafe import SHUTTER_CLOSED, STOPPED
from realtime.loop.pipeline import Pipeline

CLOSED, STOPPED_BY_USER = "the shutter is closed", "stopped by the user"


class Shutter:
    """The shutter of one run. Thread-safe.

    Args:
        valve: closes the camera.
        pipeline: the run.
        background: whether a closed shutter shows the background alone, which must not be made from the camera.
    """

    def __init__(self, valve: CameraValve, pipeline: Pipeline, *, background: bool) -> None:
        self._valve = valve
        self._pipeline = pipeline
        self._background = background
        self._changing = threading.Lock()  # held briefly
        self._covering = threading.Lock()  # held while the sinks get a notice

    def has(self, reason: str) -> bool:
        """Return whether it is closed for ``CLOSED`` or ``STOPPED_BY_USER``."""
        return reason in self._valve.reasons

    def show(self, *, background: bool) -> None:
        """Choose what a closed shutter shows."""
        self._background = background
        self._cover()

    def set(self, reason: str, shut: bool | None) -> None:
        """Close it for a reason, or lift the reason; None toggles it."""
        with self._changing:
            if shut is None:
                shut = reason not in self._valve.reasons
            if shut:
                self._valve.shut(reason)
            else:
                self._valve.lift(reason)
        self._cover()

    def _cover(self) -> None:
        """Send what the reasons of the valve require now. With concurrent requests, the last one sees all of them."""
        with self._covering:
            reasons = self._valve.reasons
            text = SHUTTER_CLOSED if CLOSED in reasons else STOPPED if STOPPED_BY_USER in reasons else None
            self._pipeline.cover(text, background=CLOSED in reasons and self._background)
