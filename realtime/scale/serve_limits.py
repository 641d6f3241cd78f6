"""What one client of a matting server may do, and what a server counts."""

from dataclasses import dataclass

BURST = 4
"""Frames that a client may send at once, within its rate."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one client may do."""

    clients: int = 64
    """Clients at a time."""

    fps: float = 60.0
    """Frames a second of each. Faster ones wait."""

    largest_px: int = 640 * 1024
    """Pixels of a frame."""


@dataclass
class Counts:
    """What a front did, for the end of the command and for tests."""

    clients: int = 0
    """Clients that are connected."""

    frames: int = 0
    """Mattes sent."""

    failed: int = 0
    """Frames without a matte."""

    refused: int = 0
    """Connections refused or ended because of their token, the limits, or a breach of the protocol."""


class Pace:
    """Holds one client to a rate.

    Args:
        fps: frames a second.
    """

    def __init__(self, fps: float) -> None:
        self._period_s = 1 / fps
        self._due_s = 0.0

    def delay_s(self, now_s: float) -> float:
        """Count a frame at ``now_s``, and return how long it must wait, in s."""
        delay_s = max(0.0, self._due_s - now_s)
        self._due_s = max(self._due_s, now_s - BURST * self._period_s) + self._period_s
        return delay_s
