"""``Preview``: the sink that shows composites in a window.

``send`` may be called from any thread; ``pump`` and ``close`` belong to the main thread.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2

from realtime.errors import SinkError
from realtime.frame import Composite, Pixels
from realtime.sinks.base import Action, Sink
from realtime.sinks.canvas import PreviewOptions, draw, placeholder
from realtime.sinks.display import require_display

TITLE = "greenless   q quit   b background   p privacy   m mirror   v view   s stats"
WIDEST_PX = 1200
"""Largest width at which the window opens; the user may resize it."""

QUIT_KEYS = {ord("q"), 27}
ACTIONS = {ord("b"): Action.NEXT_BACKGROUND, ord("p"): Action.SHUTTER}
TOGGLES: dict[int, Callable[[PreviewOptions], PreviewOptions]] = {
    ord("m"): lambda options: replace(options, mirror=not options.mirror),
    ord("v"): lambda options: replace(options, side_by_side=not options.side_by_side),
    ord("s"): lambda options: replace(options, stats=not options.stats),
}


class Preview(Sink):
    """A window that shows the newest composite and reacts to the keys in its title.

    Raises:
        SinkError: there is no display.
    """

    name = "preview window"

    def __init__(self) -> None:
        require_display()
        self._lock = threading.Lock()
        self._newest: Composite | None = None
        self._options = PreviewOptions()
        self._drawn: tuple[Composite | None, PreviewOptions] | None = None
        self._shape: tuple[int, ...] | None = None
        self._closed = False

    def send(self, composite: Composite) -> None:
        """Store the composite for the next ``pump``, without a copy: every composite has new arrays."""
        with self._lock:
            self._newest = composite

    def pump(self, stats: str) -> Sequence[Action]:
        """Draw the newest composite, with ``stats`` over it if they are switched on, and read the keys.

        Raises:
            SinkError: no window can be opened.
        """
        if self._closed:
            return [Action.QUIT]
        with self._lock:
            composite = self._newest
        try:
            if self._drawn != (composite, self._options):
                self._show(draw(composite, self._options, stats) if composite else placeholder())
                self._drawn = (composite, self._options)
            key = cv2.waitKey(1)
        except cv2.error as error:
            raise SinkError(f"cannot draw the window: {error}", cure="Use another sink: --sink null") from error
        self._closed = not _is_visible()
        return [Action.QUIT] if self._closed else self._act(key)

    def close(self) -> None:
        """Close the window. May be called twice."""
        self._closed = True
        if self._shape is not None:
            self._shape = None
            with contextlib.suppress(cv2.error):  # the user has closed it
                cv2.destroyWindow(TITLE)
                cv2.waitKey(1)  # Qt removes the window when it next processes events

    def _show(self, canvas: Pixels) -> None:
        if self._shape is None:
            cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        if self._shape != canvas.shape:
            self._shape = canvas.shape
            height_px, width_px = canvas.shape[:2]
            scale = min(1.0, WIDEST_PX / width_px)
            cv2.resizeWindow(TITLE, round(scale * width_px), max(1, round(scale * height_px)))
        cv2.imshow(TITLE, canvas)

    def _act(self, key: int) -> list[Action]:
        """Toggle an option by its key, or return the action of the key."""
        pressed = key & 0xFF if key >= 0 else None
        if pressed in QUIT_KEYS:
            return [Action.QUIT]
        if pressed in ACTIONS:
            return [ACTIONS[pressed]]
        if pressed in TOGGLES:
            self._options = TOGGLES[pressed](self._options)
        return []


def _is_visible() -> bool:
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:  # raised by Qt after the last window is closed
        return False
