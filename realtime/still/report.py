"""What an off-line run tells: how far it is while it runs, and what came of it at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from realtime.errors import GreenlessError

Progress = Callable[[int, int, str], None]
"""``progress(done, total, name)``: pictures or frames done, how many there are (0: unknown), which input it is at."""


def silent(done: int, total: int, name: str) -> None:
    """The progress that nobody watches."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What an off-line run did; the caller turns ``failures`` into its exit code."""

    matted: tuple[Path, ...]
    """Inputs that were matted, in order."""

    written: tuple[Path, ...]
    """Files (or folders of PNGs) that stand now, the archive last."""

    skipped: tuple[str, ...]
    """A line for each thing that was left out, with the reason."""

    failures: tuple[GreenlessError, ...]
    """One for each input that could not be matted; the others were done."""
