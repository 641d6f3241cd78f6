"""``Framer``: the steps between the refined matte and the scene.

    Matte ──▶ anybody there? ──▶ framing ──▶ small in a corner ──▶ Matte

It serves one stream with one set of settings. If the settings change, a new framer continues from the old one.
"""

import numpy as np

from realtime.frame import Composite, Matte
from realtime.framing.away import PersonPresence
from realtime.framing.framing import Framing
from realtime.framing.place import cropped, placed
from realtime.media.notice import notice
from realtime.settings.schema import LookSettings

AWAY = ("Away",)


class Framer:
    """Framing, notice and corner placement of one stream.

    Args:
        settings: which steps to run, and how.
        room: True if the background is the camera's room; the person then keeps their size.
        like: the framer that this one replaces in mid-stream. The crop and the time since somebody was in view
            continue, if that framer tracked them.
    """

    def __init__(self, settings: LookSettings, *, room: bool = False, like: "Framer | None" = None) -> None:
        self._settings = settings
        self._room = room
        self._presence, self._framing = PersonPresence(), Framing(settings.framing_zoom)
        if like is not None and like._settings.away != "keep":
            self._presence = like._presence
        if like is not None and like._settings.framing:
            self._framing = like._framing
            self._framing.zoom(settings.framing_zoom)

    def show(self, matte: Matte) -> Matte | Composite:
        """Return the framed matte, or a notice if nobody is in view and the settings ask for one."""
        settings = self._settings
        if settings.away != "keep" and self._presence.missing_s(matte) > settings.away_after_s:
            if settings.away == "notice":
                return notice(AWAY, matte.frame, captured_s=matte.frame.captured_s)
            matte = Matte(alpha=np.zeros_like(matte.alpha), frame=matte.frame)
        if settings.framing:
            matte = cropped(matte, self._framing.crop(matte.alpha, matte.frame.captured_s))
        if settings.person_size < 1 and not self._room:
            matte = placed(matte, settings.person_size, settings.person_corner)
        return matte
