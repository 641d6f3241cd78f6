"""``Broadcast``: the sink behind the web pages. It sends each composite as a JPEG to all watchers.

A background thread encodes the newest composite once for each view. The thread runs only while somebody watches;
otherwise a composite costs one comparison.
"""

import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from realtime.frame import Composite
from realtime.sinks.base import Sink
from realtime.sinks.stacked import jpeg, stacked

log = logging.getLogger("greenless")

View = Literal["overlay", "preview", "matte"]
"""overlay: person and alpha, stacked, at full size. preview: the composite, reduced. matte: the alpha, reduced."""

VIEWS: tuple[View, ...] = ("overlay", "preview", "matte")
PREVIEW_WIDTH_PX = 960
_PREVIEW_QUALITY = 80


@dataclass(frozen=True, kw_only=True)
class EncodedView:
    """One composite, encoded for one view."""

    number: int
    """Increases within a broadcast. A watcher that has displayed the view sends this number back."""

    captured_s: float
    """When the frame was captured, on the clock of ``time.perf_counter()``."""

    width_px: int
    height_px: int

    alpha_top_px: int
    """Row of the JPEG where the alpha begins; 0 if it holds no alpha."""

    notice: bool
    """Whether it shows a notice from greenless instead of the person."""

    jpeg: bytes


Watcher = Callable[[EncodedView], object]
"""Takes a view. The broadcast's thread calls it, so it must return at once."""


class Broadcast(Sink):
    """Sends composites to any number of watchers. It can be used again after ``close``.

    Attributes:
        aside: a run ends if no other sink is left.
    """

    name = "page"
    aside = True

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watchers: dict[View, list[Watcher]] = {view: [] for view in VIEWS}
        self._newest: Composite | None = None
        self._awaited = False  # the newest composite is not handed out yet
        self._thread: threading.Thread | None = None
        self._numbers = itertools.count(1)

    def send(self, composite: Composite) -> None:
        """Store the composite for the watchers and return at once."""
        with self._changed:
            self._newest, self._awaited = composite, True
            self._changed.notify()

    def close(self) -> None:
        """Forget the last composite."""
        with self._changed:
            self._newest, self._awaited = None, False

    def watch(self, view: View, watcher: Watcher) -> Callable[[], None]:
        """Call ``watcher`` with the newest composite and every later one.

        Returns:
            A function that ends this; it may be called twice.
        """
        with self._changed:
            self._watchers[view] = [*self._watchers[view], watcher]
            self._awaited = self._newest is not None
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="broadcast", daemon=True)
                self._thread.start()
        return lambda: self._leave(view, watcher)

    def watching(self, view: View) -> int:
        """Return the number of watchers of this view."""
        return len(self._watchers[view])

    def watched(self) -> bool:
        """Return whether anybody watches any view; this opens the camera of an on-demand run."""
        return any(self._watchers.values())

    def _leave(self, view: View, watcher: Watcher) -> None:
        with self._changed:
            self._watchers[view] = [other for other in self._watchers[view] if other is not watcher]
            self._changed.notify()

    def _run(self) -> None:
        """Encode and deliver until nobody watches."""
        while (composite := self._next()) is not None:
            for view in VIEWS:
                if watchers := self._watchers[view]:
                    self._hand_out(view, composite, watchers)

    def _next(self) -> Composite | None:
        """Wait for a composite that is not handed out yet; None if nobody watches, which ends the thread."""
        with self._changed:
            self._changed.wait_for(lambda: self._awaited or not self.watched())
            self._awaited = False
            if self.watched():
                return self._newest
            self._thread = None
            return None

    def _hand_out(self, view: View, composite: Composite, watchers: list[Watcher]) -> None:
        try:
            encoded = encode(view, composite, next(self._numbers))
        except Exception:  # only this composite is lost
            log.exception("cannot encode a frame for the %s view", view)
            return
        for watcher in watchers:
            try:
                watcher(encoded)
            except Exception as error:  # only this watcher is lost
                log.debug("a watcher of the %s view disconnected: %s", view, error)
                self._leave(view, watcher)


def encode(view: View, composite: Composite, number: int) -> EncodedView:
    """Encode one composite for one view."""
    height, width = composite.pixels.shape[:2]
    top = 0
    if view == "overlay":
        data, top = stacked(composite)
    else:
        pixels = composite.matte.alpha8 if view == "matte" else composite.pixels
        if width > PREVIEW_WIDTH_PX:
            width, height = PREVIEW_WIDTH_PX, max(1, round(height * PREVIEW_WIDTH_PX / width))
            pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        data = jpeg(pixels, _PREVIEW_QUALITY)
    return EncodedView(
        number=number,
        captured_s=composite.frame.captured_s,
        width_px=width,
        height_px=height,
        alpha_top_px=top,
        notice=composite.notice,
        jpeg=data,
    )
