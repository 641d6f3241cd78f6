"""``Broadcast``: the sink behind the pages: each composite as a JPEG for whoever watches.

Goes in: composites, the newest of which wins. Comes out: ``EncodedView``, encoded once for all who watch the same view,
in a thread of its own that is there only while somebody watches. With nobody there a composite costs a comparison.
"""

import itertools
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Self

import cv2
import numpy as np

from realtime.frame import Composite
from realtime.mailbox import Mailbox
from realtime.sinks.stacked import jpeg, stacked
from realtime.stats import Spread, Timer

log = logging.getLogger("greenless")

View = Literal["overlay", "preview", "matte"]
"""overlay: the person with the alpha, stacked, at full size. preview: the finished picture, made smaller. matte: the
alpha, made smaller."""

VIEWS: tuple[View, ...] = ("overlay", "preview", "matte")
PREVIEW_WIDTH_PX = 960
_PREVIEW_QUALITY = 80
_IDLE_S = 0.5


@dataclass(frozen=True, kw_only=True)
class EncodedView:
    """One composite in one view, ready to be sent."""

    number: int
    """Counts up within a broadcast; what a watcher that has shown it sends back."""

    captured_s: float
    """When the camera took it, on the clock of ``time.perf_counter()``."""

    width_px: int
    height_px: int

    alpha_top_px: int
    """Row of the JPEG where the alpha begins; 0 where there is none."""

    notice: bool
    """Whether it is words that greenless drew."""

    jpeg: bytes


Watcher = Callable[[EncodedView], object]
"""Takes a picture, from the broadcast's thread; must return at once."""


class Broadcast:
    """Gives composites to any number of watchers. After ``close`` it forgets the last picture and can go on.

    Attributes:
        aside: a run does not go on for it alone.
    """

    aside = True

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._watchers: dict[View, list[Watcher]] = {view: [] for view in VIEWS}
        self._mailbox: Mailbox[Composite] = Mailbox()
        self._newest: Composite | None = None
        self._thread: threading.Thread | None = None
        self._numbers = itertools.count(1)
        self._ages = {view: Timer() for view in VIEWS}

    @property
    def name(self) -> str:
        """What it is."""
        return "page"

    def send(self, composite: Composite) -> None:
        """Leave one composite for those who watch, and return at once."""
        self._newest = composite
        if self._thread is not None:
            self._mailbox.put(composite)

    def close(self) -> None:
        """Forget the last picture."""
        self._newest = None
        with suppress(TimeoutError):
            self._mailbox.take(0)

    def watch(self, view: View, watcher: Watcher) -> Callable[[], None]:
        """Call ``watcher`` with every picture from now on, the newest one at once.

        Returns:
            What ends it; may be called twice.
        """
        with self._changing:
            self._watchers[view] = [*self._watchers[view], watcher]
            if self._thread is None:
                with suppress(TimeoutError):  # left over from when the last one went: old by now
                    self._mailbox.take(0)
                self._thread = threading.Thread(target=self._run, name="broadcast", daemon=True)
                self._thread.start()
        if (newest := self._newest) is not None:
            self._mailbox.put(newest)
        return lambda: self._leave(view, watcher)

    def watching(self, view: View) -> int:
        """How many watch this view."""
        return len(self._watchers[view])

    def watched(self) -> bool:
        """Whether anybody watches any view: for a camera that is open on demand."""
        return any(self._watchers.values())

    def shown(self, view: View, age_s: float) -> None:
        """A watcher has shown a picture ``age_s`` seconds after the camera took it."""
        self._ages[view].add(age_s)

    def age(self, view: View) -> Spread:
        """How old the last pictures were when watchers had shown them; zeros where nobody has."""
        return self._ages[view].recent()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _leave(self, view: View, watcher: Watcher) -> None:
        with self._changing:
            self._watchers[view] = [other for other in self._watchers[view] if other is not watcher]

    def _run(self) -> None:
        """The broadcast's thread: encode and hand out, until nobody watches."""
        while self._wanted():
            try:
                composite = self._mailbox.take(_IDLE_S)
            except TimeoutError:
                continue
            for view in VIEWS:
                if watchers := self._watchers[view]:
                    self._hand_out(view, composite, watchers)

    def _wanted(self) -> bool:
        with self._changing:  # or a watcher might come between the look and the end of the thread
            if self.watched():
                return True
            self._thread = None
            return False

    def _hand_out(self, view: View, composite: Composite, watchers: list[Watcher]) -> None:
        try:
            picture = encode(view, composite, next(self._numbers))
        except Exception:  # one picture less; the run and the next picture go on
            log.exception("cannot encode a picture for the %s", view)
            return
        for watcher in watchers:
            try:
                watcher(picture)
            except Exception as error:  # it is gone; the others go on
                log.debug("a watcher of the %s fell away: %s", view, error)
                self._leave(view, watcher)


def encode(view: View, composite: Composite, number: int) -> EncodedView:
    """One composite in one view."""
    height, width = composite.pixels.shape[:2]
    if view == "overlay":
        data, top = stacked(composite)
        return _encoded_view(composite, number, width, height, data, top)
    pixels = composite.pixels
    if view == "matte":
        pixels = composite.matte.alpha8
    if width > PREVIEW_WIDTH_PX:
        width, height = PREVIEW_WIDTH_PX, max(1, round(height * PREVIEW_WIDTH_PX / width))
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return _encoded_view(composite, number, width, height, jpeg(pixels, _PREVIEW_QUALITY), 0)


def _encoded_view(
    composite: Composite, number: int, width_px: int, height_px: int, data: bytes, top: int
) -> EncodedView:
    return EncodedView(
        number=number,
        captured_s=composite.frame.captured_s,
        width_px=width_px,
        height_px=height_px,
        alpha_top_px=top,
        notice=composite.notice,
        jpeg=data,
    )
