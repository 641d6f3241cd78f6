"""``Preview``: the window on the user's own screen.

Goes in: composites, from any thread; what it shows is mirrored, laid out and written over here and nowhere else. Comes
out: a window, and what the user asked for at it. ``pump`` and ``close`` belong to the main thread.
"""

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import cv2

from realtime.errors import SinkError
from realtime.frame import Composite, Pixels
from realtime.sinks.base import Action
from realtime.sinks.canvas import View, draw, placeholder
from realtime.sinks.display import require_display

TITLE = "greenless   q quit   b background   p privacy   m mirror   v view   s stats"
WIDEST_PX = 1200
"""Width of the window when it opens or its picture changes shape, at most; the user may change it."""

QUIT_KEYS = {ord("q"), 27}
ASKED = {ord("b"): Action.NEXT_BACKGROUND, ord("p"): Action.SHUTTER}
TOGGLES = {ord("m"): "mirror", ord("v"): "side_by_side", ord("s"): "stats"}


class Preview:
    """A window with the newest composite, and six keys.

    Raises:
        SinkError: there is no display.
    """

    def __init__(self) -> None:
        require_display()
        self._lock = threading.Lock()
        self._newest: Composite | None = None
        self._view = View()
        self._drawn: tuple[Composite | None, View] | None = None
        self._shape: tuple[int, ...] | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """What it is."""
        return "preview window"

    def send(self, composite: Composite) -> None:
        """Leave the composite for the next ``pump``; its arrays are fresh for each frame, so none is copied."""
        with self._lock:
            self._newest = composite

    def pump(self, stats: str) -> Sequence[Action]:
        """Draw the newest composite, with ``stats`` over it when they are switched on, and read the keys.

        Raises:
            SinkError: no window can be opened.
        """
        if self._closed:
            return [Action.QUIT]
        with self._lock:
            composite = self._newest
        try:
            if self._drawn != (composite, self._view):
                self._show(draw(composite, self._view, stats) if composite else placeholder())
                self._drawn = (composite, self._view)
            key = cv2.waitKey(1)
        except cv2.error as error:
            raise SinkError(f"the window cannot be drawn: {error}", cure="Use another sink: --sink null") from error
        self._closed = not _is_visible()
        return [Action.QUIT] if self._closed else self._act(key)

    def close(self) -> None:
        """Close the window. May be called twice."""
        self._closed = True
        if self._shape is not None:
            self._shape = None
            with contextlib.suppress(cv2.error):  # the user closed it before
                cv2.destroyWindow(TITLE)
                cv2.waitKey(1)  # Qt takes the window away when it next looks at its events

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

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
        """Change the view by a key, or hand on what is not the window's own affair."""
        pressed = key & 0xFF if key >= 0 else None
        if pressed in QUIT_KEYS:
            return [Action.QUIT]
        if pressed in ASKED:
            return [ASKED[pressed]]
        if pressed in TOGGLES:
            name = TOGGLES[pressed]
            self._view = replace(self._view, **{name: not getattr(self._view, name)})
        return []


def _is_visible() -> bool:
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:  # Qt, after the last window was closed
        return False
