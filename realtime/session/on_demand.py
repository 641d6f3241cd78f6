"""On demand: the camera is open only while somebody watches an output.

Go in: the valve of the live source, and the sinks. Comes out: the valve shut while nobody watches, which closes the
camera and puts its light out; the pipeline's idle pictures go on, so that a program can start to read at any time.
"""

import logging
import math
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Self, TypeGuard

from realtime.loop.camera_valve import CameraValve
from realtime.sinks.base import Sink, Watchable

log = logging.getLogger("greenless")

REASON = "nobody watches"

LOOK_S = 0.05
"""How often it looks."""

_UNTOLD = "this system does not tell whether a program shows the virtual camera"

WAKE_S = 0.15
"""For how long somebody must watch: programs that only list cameras open each for a moment."""

LINGER_S = 3.0
"""For how long nobody must: a page that is loaded anew leaves and comes back."""

AGAIN_S = 5.0
"""How often it asks on Linux while that cannot be told, for want of a descriptor, say; no other system ever tells."""


class OnDemand:
    """Watches the sinks in a thread of its own, from the start until ``close``.

    Args:
        valve: of the live source whose camera it is.
        sinks: gives those of the run, every time anew.
    """

    def __init__(self, valve: CameraValve, sinks: Callable[[], Sequence[Sink]]) -> None:
        self._valve = valve
        self._sinks = sinks
        self._over = threading.Event()
        always = [sink.name for sink in sinks() if not _is_watchable(sink)]
        if always:
            log.warning("the camera stays on: %s counts as watched all the time", " and ".join(always))
        self._thread = threading.Thread(target=self._watch, name="on demand", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the valve to others. May be called twice."""
        self._over.set()
        self._thread.join()
        self._valve.lift(REASON)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _watch(self) -> None:
        presence, told = ViewerPresence(), False
        while True:
            watched = audience(self._sinks())
            left_s = presence.sees(watched is not False, time.monotonic())  # one who may be there is waited for, too
            if watched is None:
                self._valve.lift(REASON)
                if not told:
                    log.warning("the camera stays on: %s", _UNTOLD)
                if sys.platform != "linux":
                    return
                pause_s = AGAIN_S
            else:
                if told:
                    log.warning("it can be told again who watches: the camera is on demand")
                if left_s <= 0:
                    self._let(watched)
                pause_s = min(left_s, LOOK_S) if left_s > 0 else LOOK_S
            told = watched is None
            if self._over.wait(pause_s):
                return

    def _let(self, watched: bool) -> None:
        shut = REASON in self._valve.reasons
        if watched and shut:
            log.info("somebody watches")
            self._valve.lift(REASON)
        elif not watched and not shut:
            self._valve.shut(REASON)


def can_tell(sinks: Sequence[Sink]) -> bool:
    """Whether it is known of each of ``sinks`` if anybody watches it now."""
    return all(_is_watchable(sink) and sink.watched() is not None for sink in sinks)


class ViewerPresence:
    """Somebody who watches, or nobody, for so long that it counts."""

    def __init__(self) -> None:
        self._watched, self._since_s = False, -math.inf

    def sees(self, watched: bool, now_s: float) -> float:
        """Take in whether somebody watches now; for how many seconds more that must last until it counts."""
        if watched != self._watched:
            self._watched, self._since_s = watched, now_s
        return (WAKE_S if watched else LINGER_S) - (now_s - self._since_s)


def audience(sinks: Sequence[Sink]) -> bool | None:
    """Whether anybody watches any of ``sinks`` now; None where one cannot tell, and no other is watched."""
    answers = [sink.watched() if _is_watchable(sink) else True for sink in sinks]
    return True if True in answers else None if None in answers else False


def _is_watchable(sink: Sink) -> TypeGuard[Watchable]:
    return callable(getattr(sink, "watched", None))
