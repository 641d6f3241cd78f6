"""``Null``: the sink that counts composites and drops them, for measurements and tests."""

from realtime.frame import Composite
from realtime.sinks.base import Sink


class Null(Sink):
    """Drops every composite."""

    def __init__(self) -> None:
        self.sent = 0
        """Number of composites so far."""

    @property
    def name(self) -> str:
        """Always ``null``."""
        return "null"

    def send(self, composite: Composite) -> None:
        """Count one composite."""
        self.sent += 1

    def close(self) -> None:
        """Do nothing: no device is open."""
