"""``CameraValve``: whether the camera may be open.

Any thread may give a reason to keep the camera closed ("nobody watches", "stopped by the user"). A ``LiveSource`` asks
the valve before every frame, closes its device while the valve is shut, and reopens it afterwards.
"""

import threading


class CameraValve:
    """Open while nobody has a reason to keep the camera closed. Thread-safe."""

    def __init__(self) -> None:
        self._reasons: list[str] = []
        self._changing = threading.Lock()
        self._open = threading.Event()
        self._open.set()

    @property
    def is_open(self) -> bool:
        """Whether the camera may be open now."""
        return self._open.is_set()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the valve is shut; empty while it is open."""
        return tuple(self._reasons)

    def shut(self, reason: str) -> None:
        """Keep the camera closed. A repeated reason counts once."""
        with self._changing:
            if reason not in self._reasons:
                self._reasons.append(reason)
            self._open.clear()

    def lift(self, reason: str) -> None:
        """Remove one reason; an unknown one is ignored."""
        with self._changing:
            if reason in self._reasons:
                self._reasons.remove(reason)
            if not self._reasons:
                self._open.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the valve is open, for at most ``timeout_s`` seconds. Return whether it is."""
        return self._open.wait(timeout_s)
