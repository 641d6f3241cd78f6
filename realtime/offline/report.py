"""The progress of an offline run, and its report at the end."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from realtime.errors import GreenlessError, SourceError

log = logging.getLogger("greenless")

Progress = Callable[[int, int, str], None]
"""``progress(done, total, name)``: images or frames done, their number (0: unknown), and the current input."""


def silent(done: int, total: int, name: str) -> None:
    """A ``Progress`` that shows nothing."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of an offline run; the caller turns ``failures`` into its exit code."""

    matted: tuple[Path, ...]
    """Inputs that were matted, in order."""

    written: tuple[Path, ...]
    """Files (or folders of PNGs) that were written, the archive last."""

    skipped: tuple[str, ...]
    """A line for each path that was left out, with the reason."""

    failures: tuple[GreenlessError, ...]
    """One for each input that failed, and for an archive that could not be finished. All other inputs are done."""


def failure(path: Path, error: Exception) -> GreenlessError:
    """Word the failure of one input, with its name. The run continues with the others.

    Args:
        path: the input.
        error: the exception. An unexpected one is logged with its traceback.
    """
    if isinstance(error, GreenlessError):
        return error if path.name in error.what else GreenlessError(f"{path}: {error.what}", cure=error.cure)
    log.debug("%s failed", path, exc_info=error)
    if isinstance(error, MemoryError):
        return SourceError(f"{path} needs more memory than is free", cure="Make it smaller, or close other programs")
    why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    return GreenlessError(
        f"{path} failed: {why}", cure="Run the command again with --log-file FILE, which keeps the details"
    )
