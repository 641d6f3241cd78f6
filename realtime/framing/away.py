"""``PersonPresence``: whether anybody is in view, from the mattes of one stream, with hysteresis."""

from realtime.frame import Matte

GONE = 0.004
"""Nobody is there if the person covers less of the frame than this: a few specks of a matte."""

BACK = 0.01
"""Somebody is back if the person covers more of the frame than this: a head at the far end of a room."""

_SMALL_PX = 96


class PersonPresence:
    """Remembers since when nobody is in view."""

    def __init__(self) -> None:
        self._here = True
        self._gone_since_s: float | None = None

    def missing_s(self, matte: Matte) -> float:
        """Return for how long nobody is in view, by the frames' times; 0 while somebody is."""
        step_px = max(1, matte.alpha.shape[1] // _SMALL_PX)
        coverage = float((matte.alpha[::step_px, ::step_px] > 0.5).mean())
        self._here = coverage > (GONE if self._here else BACK)
        if self._here:
            self._gone_since_s = None
            return 0.0
        if self._gone_since_s is None:
            self._gone_since_s = matte.frame.captured_s
        return matte.frame.captured_s - self._gone_since_s
