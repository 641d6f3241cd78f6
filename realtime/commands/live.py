"""The live loop as ``run`` and ``demo`` start it: settings go in, composites go to sinks, an ``Outcome`` comes out.

Says on standard error what was really granted, and where camera or virtual camera are missing, what works without.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtime.commands.common import say
from realtime.errors import SettingsError
from realtime.session import Session
from realtime.settings import Settings
from realtime.sinks.base import Sink
from realtime.stats import Summary


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A run that is over: who took part, by the names of what was granted, and how it went."""

    source: str
    matter: str
    sinks: tuple[str, ...]
    summary: Summary

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"source": self.source, "matter": self.matter, "sinks": self.sinks, **self.summary.to_dict()}


def play(
    settings: Settings, *, seconds: float | None = None, also: Sequence[Sink] = (), settings_file: Path | None = None
) -> Outcome:
    """Run the loop to the end of the source, for ``seconds``, or until somebody stops it.

    Args:
        settings: everything; where it names no sink the usual ones are opened.
        seconds: when to stop; None goes on.
        also: further sinks, which are closed at the end.
        settings_file: the file with the user's settings and presets, watched meanwhile; None for the usual one.

    Raises:
        realtime.errors.GreenlessError: something cannot be opened, or an error ended the run.
    """
    if seconds is not None and seconds <= 0:
        raise SettingsError(f"expected seconds above 0, got {seconds:g}")
    with _ends_well(), Session(settings, path=settings_file, also=also, tell=say) as session:
        summary = session.run(seconds)
        return Outcome(**session.names(), summary=summary)


@contextmanager
def _ends_well() -> Iterator[None]:
    """A request to terminate ends the run as Ctrl-C does: files are finished, devices given back."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
