"""``States``: the numbered states of a session for its clients.

The ``revision`` grows with each change, so that a client can drop an older state that arrives late.
"""

import threading
from pathlib import Path
from typing import Any

from realtime import __version__
from realtime.scene.choices import files
from realtime.session.session import Session
from realtime.settings import paths
from realtime.web import backgrounds, describe


class States:
    """Numbers the states of one session.

    Args:
        session: the run.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files: list[Path] = []
        self._newest: dict[str, Any] = {}
        self._revision = 0
        self._looking = threading.Lock()  # held while the folder is read, which may be slow
        self._numbering = threading.Lock()  # held briefly

    def look(self) -> dict[str, Any]:
        """Return the current state."""
        with self._looking:  # an older list of files never replaces a newer one
            self._files = files(paths.backgrounds_folder())
            return self.known()

    def known(self) -> dict[str, Any]:
        """Return the current state with the list of files of the last ``look``; this does not block."""
        with self._numbering:  # a state that is read here is never older than the last numbered one
            settings = self._session.settings
            state = {
                "version": __version__,
                "running": self._session.running,
                "shutter_closed": self._session.shutter_closed,
                "settings": describe.values(settings),
                "presets": self._session.presets(),
                "preset": self._session.current_preset(),
                "backgrounds": backgrounds.rows(self._files, settings.scene.background),
            }
            if state != self._newest:
                self._newest = state
                self._revision += 1
            return {"revision": self._revision, **state}
