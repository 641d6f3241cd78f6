"""``Null``: the sink that shows nothing and counts what came.

Goes in: composites. Comes out: their number, for measuring and for tests.
"""

from typing import Self

from realtime.frame import Composite


class Null:
    """Drops every composite."""

    def __init__(self) -> None:
        self.sent = 0
        """How many composites came."""

    @property
    def name(self) -> str:
        """What it is."""
        return "null"

    def send(self, composite: Composite) -> None:
        """Count one composite."""
        self.sent += 1

    def close(self) -> None:
        """Nothing to give back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
