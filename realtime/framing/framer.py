"""``Framer``: what a stream's mattes go through between the finish and the scene.

    Matte ──▶ anybody there? ──▶ framing ──▶ small in a corner ──▶ Matte

Goes in: the mattes of one stream, in order. Comes out: the mattes of the pictures as they are to be shown, or a
composite that is a notice. One object a stream and settings: with others the next one goes on from it.
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
    """The look of one stream.

    Args:
        settings: which steps, and how.
        room: True where the background is the camera's own room: then nobody is put small before it.
        like: the look whose place it takes in mid-stream, from now on: the framing glides on, and so does the time
            since somebody was seen. What that one did not follow begins anew.
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
        """The matte as it is to be shown; a notice where nobody is there and that is wished."""
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
