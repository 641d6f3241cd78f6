"""The interface between control server and run, so that tests of the server need no run."""

from collections.abc import Mapping
from typing import Any, Protocol

from realtime.frame import Composite
from realtime.settings.schema import Settings


class ControlledSession(Protocol):
    """A run that clients can change; ``realtime.session.session`` implements it. Every method is thread-safe.

    A method that raises ``realtime.errors.GreenlessError`` changes nothing.
    """

    @property
    def settings(self) -> Settings:
        """The settings in effect."""
        ...

    @property
    def running(self) -> bool:
        """False while paused: the outputs show a notice."""
        ...

    @property
    def shutter_closed(self) -> bool:
        """Whether the privacy shutter is closed: no camera frame reaches an output."""
        ...

    def change(self, tables: Mapping[str, object]) -> Settings:
        """Merge ``tables`` into the settings, check them all, then apply them."""
        ...

    def presets(self) -> list[str]:
        """Return the names of the presets."""
        ...

    def preset(self, name: str) -> Settings:
        """Apply a preset."""
        ...

    def save_preset(self, name: str) -> None:
        """Save the current look under a name; replace a preset of that name."""
        ...

    def delete_preset(self, name: str) -> None:
        """Delete a preset."""
        ...

    def save(self) -> None:
        """Write the settings in effect to the settings file."""
        ...

    def next_background(self) -> None:
        """Change to the next background."""
        ...

    def shutter(self, closed: bool | None = None) -> None:
        """Close or open the privacy shutter; None toggles it."""
        ...

    def start(self) -> None:
        """Resume after ``stop``."""
        ...

    def stop(self) -> None:
        """Pause: the outputs show a notice."""
        ...

    def stats(self) -> dict[str, Any]:
        """Return the statistics of ``greenless run --json``, and ``recent`` for the last seconds."""
        ...

    def latest(self) -> Composite | None:
        """Return the newest composite."""
        ...
