"""``OnDemand``: keeps the camera open only while somebody watches a sink.

It shuts the valve of the live source while nobody watches, which closes the camera and turns its light off. The
pipeline still sends notices, so that a program can start to read at any time.
"""

import logging
import math
import sys
import threading
import time
from collections.abc import Callable, Sequence

from realtime.ending import Closing
from realtime.loop import delays
from realtime.loop.camera_valve import CameraValve
from realtime.sinks.base import Sink, Watchable

log = logging.getLogger("greenless")

REASON = "nobody watches"

_KNOWN = "the system reports viewers again: the camera is on demand"
_UNKNOWN = "the camera stays on: this system cannot report whether a program shows the virtual camera"

AGAIN_S = 5.0
"""How often it asks on Linux after an answer failed, for example without a free descriptor. Only Linux answers."""


class OnDemand(Closing):
    """Watches the sinks in a separate thread until ``close``.

    Args:
        valve: the valve of the live source.
        sinks: returns the current sinks of the run.
    """

    def __init__(self, valve: CameraValve, sinks: Callable[[], Sequence[Sink]]) -> None:
        self._valve = valve
        self._sinks = sinks
        self._over = threading.Event()
        always = [sink.name for sink in sinks() if not isinstance(sink, Watchable)]
        if always:
            log.warning("the camera stays on: %s counts as watched all the time", " and ".join(always))
        self._thread = threading.Thread(target=self._watch, name="on demand", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and lift the reason from the valve. May be called twice."""
        self._over.set()
        self._thread.join()
        self._valve.lift(REASON)

    def _watch(self) -> None:
        presence, known = ViewerPresence(), True
        while True:
            watched = audience(self._sinks())
            left_s = presence.sees(watched is not False, time.monotonic())  # unknown counts as watched
            if known != (watched is not None):
                known = not known
                log.warning(_KNOWN if known else _UNKNOWN)
            if not known or (watched and left_s <= 0):
                if known and REASON in self._valve.reasons:
                    log.info("somebody watches")
                self._valve.lift(REASON)
            elif left_s <= 0:
                self._valve.shut(REASON)
            if not known and sys.platform != "linux":
                return
            pause_s = min(left_s, delays.LOOK_S) if left_s > 0 else delays.LOOK_S
            if self._over.wait(pause_s if known else AGAIN_S):
                return


def can_tell(sinks: Sequence[Sink]) -> bool:
    """Whether each of ``sinks`` can report if anybody watches it now."""
    return all(isinstance(sink, Watchable) and sink.watched() is not None for sink in sinks)


class ViewerPresence:
    """Decides when a viewer has come or gone for long enough to count."""

    def __init__(self) -> None:
        self._watched, self._since_s = False, -math.inf

    def sees(self, watched: bool, now_s: float) -> float:
        """Record whether somebody watches now. Return for how many more seconds that must last until it counts."""
        if watched != self._watched:
            self._watched, self._since_s = watched, now_s
        return (delays.WAKE_S if watched else delays.LINGER_S) - (now_s - self._since_s)


def audience(sinks: Sequence[Sink]) -> bool | None:
    """Whether anybody watches any of ``sinks`` now; None if one cannot report it and no other is watched."""
    answers = [sink.watched() if isinstance(sink, Watchable) else True for sink in sinks]
    return True if True in answers else None if None in answers else False
