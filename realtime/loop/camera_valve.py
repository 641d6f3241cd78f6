"""A valve between a camera and the loop: open while nobody has a reason to keep the camera closed.

Go in: reasons to close it ("nobody watches", "stopped by the user"), from any thread. Comes out: whether the camera may
be open. A ``LiveSource`` asks it before every frame, closes its device while the valve is shut, and opens it again
after.
"""

import threading


class CameraValve:
    """Open until somebody shuts it, and again when the last who did has lifted it."""

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
        """Why it is shut; empty while it is open."""
        return tuple(self._reasons)

    def shut(self, reason: str) -> None:
        """Keep the camera closed. Twice for the same reason is once."""
        with self._changing:
            if reason not in self._reasons:
                self._reasons.append(reason)
            self._open.clear()

    def lift(self, reason: str) -> None:
        """Take one reason back; one that was not given is ignored."""
        with self._changing:
            if reason in self._reasons:
                self._reasons.remove(reason)
            if not self._reasons:
                self._open.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until it is open, for at most ``timeout_s`` seconds; whether it is."""
        return self._open.wait(timeout_s)
