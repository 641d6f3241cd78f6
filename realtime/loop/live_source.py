"""``LiveSource``: a source that reopens when it is lost, for example a camera that is unplugged and plugged in again.

While the source is lost, ``next`` blocks. The pauses between attempts double, except those for a camera, see
``delays``. While the valve is shut, the device is closed.

The first frame is read at once, so that its size is known before the sinks open: granted counts, not requested. If a
size is known already, a camera that nobody needs yet stays closed (``Unopened``).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from models.shown import masked
from realtime.capture.source import Reopenable, Source
from realtime.capture.turn import UPRIGHT, Turn
from realtime.ending import closed_on_error
from realtime.errors import SourceError, SourceLost
from realtime.frame import Frame
from realtime.loop import delays
from realtime.loop.camera_valve import CameraValve

log = logging.getLogger("greenless")

_LOOK_S = 0.2
"""How often a reader that waits for the valve checks whether the source was closed."""


class Unopened(Source):
    """A ``Source`` that stands in for one that is not open yet. It has no frames.

    Args:
        name: the name until then.
        fps: the frame rate that will be requested.
        size: a frame of the expected size.
    """

    name, fps = "", 0.0

    def __init__(self, name: str, fps: float, size: Frame) -> None:
        self.name = name
        self.fps = fps
        self.size = size

    def __next__(self) -> Frame:
        raise SourceLost(f"{self.name} is not open")

    def close(self) -> None:
        """Do nothing: there is no device."""


class LiveSource(Source):
    """A ``Source`` that reopens its source when it is lost, and turns its frames. It keeps their numbers.

    Args:
        open_source: opens the source, and opens it again after each loss unless the source can reopen itself.
        valve: while it is shut, the source is closed and no frames come. Several live sources may share one.
        unopened: stands in for the source, which opens when the valve is open.
        turn: how to turn the frames.

    Attributes:
        turn: as in ``Args``; may be replaced at any time, from any thread.
        unturned: the first frame, not turned. Until the source opens it is the frame of ``unopened``.

    Raises:
        realtime.errors.SourceError: the source cannot be opened, or has no frames.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        valve: CameraValve | None = None,
        *,
        unopened: Unopened | None = None,
        turn: Turn = UPRIGHT,
    ) -> None:
        self.turn = turn
        self._open_source = open_source
        self._valve = valve or CameraValve()
        self._source = unopened or open_source()
        self._lost = self._awaits_size = unopened is not None
        self._reported = False  # a loss that was reported is followed by a report of the return
        self._closed = threading.Event()
        self._pause_s = 0.0 if self._lost else delays.FIRST_PAUSE_S
        self._waiting: Frame | None = None
        if unopened is not None:
            self.unturned = unopened.size
            return
        with closed_on_error(self._source):
            if (first := next(self._source, None)) is None:
                raise SourceError(f"{self.name} has no frames in it", cure="Check that it plays elsewhere")
            self.unturned = self._waiting = first

    @property
    def first(self) -> Frame:
        """The first frame, which shows the size; iteration gives it too, even while the valve is shut."""
        return self.turn.of(self.unturned)

    @property
    def name(self) -> str:
        """The name of the source inside, without secrets."""
        return masked(self._source.name)

    @property
    def fps(self) -> float:
        """The frame rate of the source inside."""
        return self._source.fps

    def __next__(self) -> Frame:
        if self._waiting is not None and not self._closed.is_set():
            frame, self._waiting = self._waiting, None
            # Sinks opened in the meantime; with its old time stamp, a recording would begin with a still image.
            return self.turn.of(replace(frame, captured_s=time.perf_counter()))
        while not self._closed.is_set():
            if not self._valve.is_open:
                self._rest()
                continue
            if self._lost:
                self._reopen()
                continue
            try:
                frame = next(self._source)
            except SourceLost as error:
                log.warning("%s; trying to open it again", error.what)
                self._source.close()
                self._lost = self._reported = True
            else:
                self._pause_s = delays.FIRST_PAUSE_S
                if self._awaits_size:
                    self.unturned, self._awaits_size = frame, False
                return self.turn.of(frame)
        raise StopIteration

    def close(self) -> None:
        """Close the device and wake a reader that waits for it. May be called twice; thread-safe."""
        self._closed.set()
        self._source.close()

    def _rest(self) -> None:
        """Close the source until the valve is open or this source is closed."""
        log.info("%s is closed: %s", self.name, ", ".join(self._valve.reasons))
        self._source.close()
        self._lost, self._reported, self._pause_s = True, False, 0.0
        while not self._valve.wait(_LOOK_S) and not self._closed.is_set():
            pass

    def _reopen(self) -> None:
        """Try until the source is open, the valve is shut or this source is closed."""
        while self._valve.is_open and not self._closed.wait(self._pause_s):
            source = self._source
            # Only a frame resets the pause, because what opens and fails must get time.
            longest_s = delays.FIRST_PAUSE_S if isinstance(source, Reopenable) else delays.LONGEST_PAUSE_S
            self._pause_s = min(max(2 * self._pause_s, delays.FIRST_PAUSE_S), longest_s)
            try:
                self._source = source.again() if isinstance(source, Reopenable) else self._open_source()
            except SourceError as error:
                if self._reported:
                    log.debug("still lost: %s", error)
                else:
                    log.warning("%s; trying again", error)
                    self._reported = True
                continue
            self._lost = False
            if self._closed.is_set():  # closed while it was opening
                self._source.close()
            log.log(logging.WARNING if self._reported else logging.INFO, "%s is open again", self.name)
            self._reported = False
            return
