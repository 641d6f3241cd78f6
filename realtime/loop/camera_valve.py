"""``CameraValve``: whether the camera may be open.

Any thread may give a reason to keep the camera closed ("nobody watches", "stopped by the user"). A ``LiveSource`` asks
the valve before every frame, closes its device while the valve is shut, and reopens it afterwards.
"""

import threading


class CameraValve:
    """Open while nobody has a reason to keep the camera closed. Thread-safe."""

    def __init__(self) -> None:
        self._reasons: dict[str, None] = {}  # in their order
        self._changed = threading.Condition()

    @property
    def is_open(self) -> bool:
        """Whether the camera may be open now."""
        return not self._reasons

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the valve is shut; empty while it is open."""
        with self._changed:
            return tuple(self._reasons)

    def shut(self, reason: str) -> None:
        """Keep the camera closed. A repeated reason counts once."""
        with self._changed:
            self._reasons[reason] = None

    def lift(self, reason: str) -> None:
        """Remove one reason; an unknown one is ignored."""
        with self._changed:
            self._reasons.pop(reason, None)
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the valve is open, for at most ``timeout_s`` seconds. Return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self.is_open, timeout_s)
