"""The progress of an offline run, and its report at the end."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from models.waiting import Progress as Progress
from realtime.errors import GreenlessError, MissingExtra, SourceError

log = logging.getLogger("greenless")


def silent(done: int, total: int, name: str = "") -> None:
    """A ``Progress`` that shows nothing."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of an offline run, which fills it; the caller turns ``failures`` into its exit code."""

    skipped: Sequence[str]
    """A line for each path that was left out: ``PATH: REASON; CURE``."""

    failures: list[GreenlessError]
    """One for each input that failed, and for an archive that could not be finished. All other inputs are done."""

    matted: list[Path] = field(default_factory=list)
    """Inputs that were matted, in order."""

    written: list[Path] = field(default_factory=list)
    """Files (or folders of PNGs) that were written, the archive last."""

    incomplete: list[str] = field(default_factory=list)
    """A line for each input in ``matted`` of which something is not in the output: ``PATH: WHAT``."""

    empty: list[Path] = field(default_factory=list)
    """Images in ``matted`` in which no person was found."""

    done_before: Sequence[Path] = ()
    """Images that were left because their outputs exist and are newer."""

    @contextmanager
    def taking(self, path: Path) -> Iterator[None]:
        """Note whether the block, which takes one input, failed. The run continues with the others.

        Raises:
            MissingExtra: from the block, because the package is missing for all others, too.
        """
        try:
            yield
        except MissingExtra:
            raise
        except Exception as error:
            self.failures.append(failure(path, error))
        else:
            self.matted.append(path)

    def summary(self) -> str:
        """Return all counts, as a line."""
        reasons = Counter(line.rpartition(": ")[2].partition(";")[0] for line in self.skipped)
        why = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
        counts = (
            (len(self.done_before), "done before"),
            (len(self.empty), "without a person"),
            (len(self.incomplete), "incomplete"),
            (len(self.skipped), f"left out ({why})"),
        )
        files = f"{len(self.written)} file{'s' * (len(self.written) != 1)}"
        always = f"{len(self.matted)} done, {files} written, {len(self.failures)} failed"
        return ", ".join([always, *(f"{count} {what}" for count, what in counts if count)])


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
