"""What an off-line run tells: how far it is while it runs, and what came of it at the end."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from realtime.errors import GreenlessError, SourceError

log = logging.getLogger("greenless")

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
    """One for each input that could not be matted, and for an archive that could not be finished; the others are done.
    """


def failure(path: Path, error: Exception) -> GreenlessError:
    """What one input failed of, in words that name it. The others go on, whatever it was.

    Args:
        path: the input.
        error: what was raised. What nobody foresaw goes to the log, with its traceback.
    """
    if isinstance(error, GreenlessError):
        return error if path.name in error.what else GreenlessError(f"{path}: {error.what}", cure=error.cure)
    log.debug("%s failed", path, exc_info=error)
    if isinstance(error, MemoryError):
        return SourceError(f"{path} needs more memory than is free", cure="Make it smaller, or close other programs")
    why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    return GreenlessError(f"{path} failed: {why}", cure="Type it again with --log-file FILE, which keeps the details")
