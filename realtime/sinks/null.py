"""Sinks that show nothing: ``Null`` counts composites, for measurements; ``Overlay`` stands for the overlay page.

The web server provides the overlay page in every run, through ``broadcast``. Naming ``overlay`` only prevents that a
virtual camera or a preview is opened.
"""

from realtime.frame import Composite
from realtime.sinks.base import Sink


class Null(Sink):
    """Drops every composite."""

    name = "null"

    def __init__(self) -> None:
        self.sent = 0
        """Number of composites so far."""

    def send(self, composite: Composite) -> None:
        """Count one composite."""
        self.sent += 1

    def close(self) -> None:
        """Do nothing: no device is open."""


class Overlay(Null):
    """Drops composites: the overlay page receives them from the broadcast."""

    name = "overlay"

    def watched(self) -> bool:
        """Return False, because the broadcast counts the watchers of the page."""
        return False
