"""``Overlay``: the sink for users who need only the overlay page.

The web server provides the overlay page in every run, through ``broadcast``. Naming this sink only prevents that a
virtual camera or a preview is opened.
"""

from realtime.sinks.null import Null


class Overlay(Null):
    """Drops composites: the overlay page receives them from the broadcast."""

    @property
    def name(self) -> str:
        """Always ``overlay``."""
        return "overlay"

    def watched(self) -> bool:
        """Return False, because the broadcast counts the watchers of the page."""
        return False
