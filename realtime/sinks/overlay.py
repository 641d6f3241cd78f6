"""``Overlay``: the sink for whoever wants the overlay page and nothing else.

The control server serves the overlay of every run, whatever the sinks are, through ``broadcast``. Naming this one only
says that no virtual camera and no preview shall be opened.
"""

from realtime.sinks.null import Null


class Overlay(Null):
    """Takes composites, as every sink does; the pages get theirs from the broadcast."""

    @property
    def name(self) -> str:
        """What it is."""
        return "overlay"

    def watched(self) -> bool:
        """Not by itself: who watches the pages counts at their broadcast."""
        return False
