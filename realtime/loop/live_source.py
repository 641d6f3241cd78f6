"""A source that comes back: the frames of a camera that may be unplugged, put to sleep, and plugged in again.

Goes in: a function that opens a source. Comes out: a ``Source`` whose frames go on, numbered on, after the one inside
was lost and opened again; meanwhile ``next`` blocks, with pauses that double from 0.2 to 0.5 seconds between the tries,
and end early at a sign of the device. While its valve is shut the device is closed.
The first frame is read at once, so that its size is known before the sinks are opened: what comes counts, not what was
asked for. Where a size is known already, a camera that nobody wants yet stays closed (``Unopened``).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Self, TypeGuard

from models.shown import masked
from realtime.capture.base import Hotpluggable, Reopenable, Signs, Source
from realtime.errors import SourceError, SourceLost
from realtime.frame import Frame
from realtime.loop.camera_valve import CameraValve

log = logging.getLogger("greenless")

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 0.5

_LOOK_S = 0.2
"""How often one who waits at the valve looks whether the source was closed."""

_SIGN_S = 0.05
"""How often a device that is away is asked for a sign."""


class Unopened:
    """A live ``Source`` in the place of one that is not open yet: it has no frames, only what is known before.

    Args:
        name: what it is called until then.
        fps: the rate that will be asked for.
        size: a picture of the size to reckon with.
    """

    live = True

    def __init__(self, name: str, fps: float, size: Frame) -> None:
        self.name = name
        self.fps = fps
        self.size = size

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        raise SourceLost(f"{self.name} is not open")

    def close(self) -> None:
        """Nothing to give back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class LiveSource:
    """A ``Source`` that opens its source again when it is lost.

    Args:
        open_source: opens the source; called again after each loss of a live one that cannot open itself anew.
        valve: while it is shut no frames come, and a live source is closed. Live sources may share one.
        unopened: stands for the source, which is opened when the valve is open.

    Attributes:
        first: the first frame, which iteration gives too, whatever the valve: it tells the size. Until the source is
            open it is the picture of the one that stands for it.

    Raises:
        realtime.errors.SourceError: the source cannot be opened, or gives no frame at all.
    """

    def __init__(
        self, open_source: Callable[[], Source], valve: CameraValve | None = None, *, unopened: Unopened | None = None
    ) -> None:
        self._open_source = open_source
        self._valve = valve or CameraValve()
        self._source = unopened or open_source()
        self._lost = unopened is not None
        self._told = False  # a user who was told that it is away is told when it is back
        self._closed = threading.Event()
        self._pause_s = 0.0 if self._lost else FIRST_PAUSE_S
        self._index_shift = 0
        self._waiting: Frame | None = None
        self._last_index = -1
        if unopened is not None:
            self.first = unopened.size
            return
        try:
            self.first = self._waiting = next(self._source)
        except StopIteration:
            self._source.close()
            raise SourceError(f"{self.name} has no frames in it", cure="Check that it plays elsewhere") from None
        except BaseException:
            self._source.close()
            raise
        self._last_index = self.first.index

    @property
    def name(self) -> str:
        """Of the source inside."""
        return masked(self._source.name)

    @property
    def fps(self) -> float:
        """Of the source inside."""
        return self._source.fps

    @property
    def live(self) -> bool:
        """Of the source inside."""
        return self._source.live

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        if self._waiting is not None and not self._closed.is_set():
            frame, self._waiting = self._waiting, None
            # While it waited sinks were opened: a live one counts from now, else a recording begins with a still.
            return replace(frame, captured_s=time.perf_counter()) if self.live else frame
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
                if not self.live:
                    raise
                log.warning("%s; trying to open it again", error.what)
                self._source.close()
                self._lost = self._told = True
            else:
                self._pause_s = FIRST_PAUSE_S
                self.first = frame if self._last_index < 0 else self.first
                self._last_index = frame.index + self._index_shift
                return replace(frame, index=self._last_index) if self._index_shift else frame
        raise StopIteration

    def close(self) -> None:
        """Give the device back and wake whoever waits for it. May be called twice, and from another thread."""
        self._closed.set()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _rest(self) -> None:
        """Keep a live source closed until the valve is open, or this source is closed."""
        if self.live:
            log.info("%s is closed: %s", self.name, ", ".join(self._valve.reasons))
            self._source.close()
            self._lost, self._told, self._pause_s = True, False, 0.0
        while not self._valve.wait(_LOOK_S) and not self._closed.is_set():
            pass

    def _reopen(self) -> None:
        """Try until the source is open, the valve is shut or this source is closed."""
        with self._source.signs() if _is_hotpluggable(self._source) else nullcontext() as signs:
            while self._valve.is_open and not self._paused(signs):
                # Back to the shortest pause only when a frame came: a device that opens and dies must not be hammered.
                self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
                try:
                    self._source = self._source.again() if _is_reopenable(self._source) else self._open_source()
                except SourceError as error:
                    if self._told:
                        log.debug("still gone: %s", error)
                    else:
                        log.warning("%s; trying again", error)
                        self._told = True
                    if signs:
                        signs.sign()  # that was ourselves
                    continue
                self._lost = False
                self._index_shift = self._last_index + 1
                if self._closed.is_set():  # closed while it was opening
                    self._source.close()
                log.log(logging.WARNING if self._told else logging.INFO, "%s is open again", self.name)
                self._told = False
                return

    def _paused(self, signs: Signs | None) -> bool:
        """Wait until the next try is due, or there is a sign; whether this source was closed meanwhile."""
        if signs is None or self._pause_s <= FIRST_PAUSE_S:
            return self._closed.wait(self._pause_s)
        closed, left_s = self._closed.wait(FIRST_PAUSE_S), self._pause_s - FIRST_PAUSE_S
        while not closed and left_s > 0 and not signs.sign():
            closed, left_s = self._closed.wait(min(_SIGN_S, left_s)), left_s - _SIGN_S
        return closed


def _is_reopenable(source: Source) -> TypeGuard[Reopenable]:
    return callable(getattr(source, "again", None))


def _is_hotpluggable(source: Source) -> TypeGuard[Hotpluggable]:
    return callable(getattr(source, "signs", None))
