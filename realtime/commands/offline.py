"""What ``image`` and ``video`` share: a progress bar on standard error, the closing report, and the exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from realtime.commands.common import say
from realtime.still import report


@contextmanager
def bar(noun: str) -> Iterator[report.Progress]:
    """Shows how far an off-line run is, where somebody can see it; gives the function that the run calls."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(noun),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total, name: progress.update(task, completed=done, total=total or None, description=name)


def conclude(done: report.Report) -> int:
    """Say what came of it; 1 when an input failed."""
    for line in done.skipped:
        say(f"left out: {line}")
    for error in done.failures:
        say(f"greenless: error: {error}")
    for path in done.written if len(done.written) <= 12 else done.written[-1:]:
        print(path)
    say(f"{len(done.matted)} done, {len(done.written)} files written, {len(done.failures)} failed")
    return 1 if done.failures else 0
