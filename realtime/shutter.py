"""``Shutter``: keeps the camera's pictures back, for the user's privacy or while a run is stopped.

Goes in: wishes to close and to open, from any thread. Comes out: a notice, or the background alone, in the sinks at
once, and a camera that is closed right after.
"""

import threading

from realtime.failsafe import SHUTTER_CLOSED, STOPPED
from realtime.gate import Gate
from realtime.pipeline import Pipeline

_SHUTTER, _STOP = "the shutter is closed", "stopped by the user"


class Shutter:
    """The shutter of one run.

    Args:
        gate: of the camera.
        pipeline: of the run.
        background: whether a closed shutter shows the background alone, which must not be the room.
    """

    def __init__(self, gate: Gate, pipeline: Pipeline, *, background: bool) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._background = background
        self._changing = threading.Lock()  # never held for long: a shutter closes at once

    @property
    def closed(self) -> bool:
        """Whether the user closed it."""
        return _SHUTTER in self._gate.reasons

    @property
    def stopped(self) -> bool:
        """Whether the run is stopped."""
        return _STOP in self._gate.reasons

    def close(self, closed: bool | None) -> None:
        """Close or open it; None: the other way than it is."""
        self._set(_SHUTTER, closed)

    def stop(self, stopped: bool) -> None:
        """Stop the run, or let it go on."""
        self._set(_STOP, stopped)

    def show(self, *, background: bool) -> None:
        """Choose what it shows while it is closed, see above."""
        with self._changing:
            self._background = background
            self._cover()

    def _set(self, reason: str, shut: bool | None) -> None:
        with self._changing:
            if shut is None:
                shut = reason not in self._gate.reasons
            if shut:
                self._gate.shut(reason)
            else:
                self._gate.lift(reason)
            self._cover()

    def _cover(self) -> None:
        text = SHUTTER_CLOSED if self.closed else STOPPED if self.stopped else None
        self._pipeline.cover(text, background=self.closed and self._background)
