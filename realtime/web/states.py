"""``States``: what clients know of a session, each state with its number.

Goes in: a session, looked at from any thread. Comes out: states whose ``revision`` grows with each difference, so that
a client can drop an older one that comes late.
"""

import threading
from pathlib import Path
from typing import Any

from realtime import __version__
from realtime.scene.choices import files
from realtime.settings import paths
from realtime.web import backgrounds, describe
from realtime.web.session_protocol import ControlledSession


class States:
    """Numbers the states of one session.

    Args:
        session: the run.
    """

    def __init__(self, session: ControlledSession) -> None:
        self._session = session
        self._files: list[Path] = []
        self._newest: dict[str, Any] = {}
        self._revision = 0
        self._looking = threading.Lock()  # held while the folder is read, which may take long
        self._numbering = threading.Lock()  # held for a few steps only

    def look(self) -> dict[str, Any]:
        """The state now."""
        with self._looking:  # an older list of files never takes the place of a newer one
            return self._numbered(files(paths.backgrounds_folder()))

    def known(self) -> dict[str, Any]:
        """The state now, with the files that were there at the last look: it waits for nothing."""
        return self._numbered(None)

    def _numbered(self, own: list[Path] | None) -> dict[str, Any]:
        with self._numbering:  # what is read here is never older than what was numbered before
            self._files = self._files if own is None else own
            settings = self._session.settings
            state = {
                "version": __version__,
                "running": self._session.running,
                "shutter_closed": self._session.shutter_closed,
                "settings": describe.values(settings),
                "presets": self._session.presets(),
                "backgrounds": backgrounds.rows_of(self._files, settings.scene.background),
            }
            if state != self._newest:
                self._newest = state
                self._revision += 1
            return {"revision": self._revision, **state}
