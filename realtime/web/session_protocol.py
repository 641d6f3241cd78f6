"""The seam to the run: what the control server needs of it, so that it can be tested without one."""

from collections.abc import Mapping
from typing import Any, Protocol

from realtime.frame import Composite
from realtime.settings.schema import Settings


class ControlledSession(Protocol):
    """A run that can be changed while it goes on; ``realtime.session.session`` is it. Every verb may come from any
    thread.

    The verbs raise ``realtime.errors.GreenlessError`` and then leave everything as it was.
    """

    @property
    def settings(self) -> Settings:
        """What is in effect now."""
        ...

    @property
    def running(self) -> bool:
        """False while stopped: a notice flows."""
        ...

    @property
    def shutter_closed(self) -> bool:
        """Whether the privacy shutter is closed: no camera picture flows."""
        ...

    def change(self, tables: Mapping[str, object]) -> Settings:
        """Lay ``tables`` over the settings, check all, then apply them."""
        ...

    def presets(self) -> list[str]:
        """The names of the presets."""
        ...

    def preset(self, name: str) -> Settings:
        """Apply a preset."""
        ...

    def save_preset(self, name: str) -> None:
        """Keep the look that is in effect under a name, in place of what was kept there."""
        ...

    def delete_preset(self, name: str) -> None:
        """Forget a preset."""
        ...

    def save(self) -> None:
        """Write the settings in effect to the settings file."""
        ...

    def next_background(self) -> None:
        """Go on to the next background."""
        ...

    def shutter(self, closed: bool | None = None) -> None:
        """Close or open the privacy shutter; None: the other way than it is."""
        ...

    def start(self) -> None:
        """Go on after ``stop``."""
        ...

    def stop(self) -> None:
        """Pause: a notice flows."""
        ...

    def stats(self) -> dict[str, Any]:
        """What was measured so far, as ``greenless run --json`` prints it, and ``recent``, the last seconds."""
        ...

    def latest(self) -> Composite | None:
        """The newest composite."""
        ...
