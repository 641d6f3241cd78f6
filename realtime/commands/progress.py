"""Shows progress: a bar on a terminal, else a line on standard error every few seconds, even during a long step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from models.shown import one_line
from models.waiting import EVERY_S, Progress, repeated
from realtime.commands.common import say

if TYPE_CHECKING:
    from rich.progress import ProgressColumn


@contextmanager
def progress(
    what: str, noun: str = "", columns: "tuple[ProgressColumn, ...]" = (), *, every_s: float = EVERY_S
) -> Iterator[Progress]:
    """Yield the function to call after each step.

    Args:
        what: the activity: ``adapting``.
        noun: the unit: ``images``.
        columns: the columns of the bar between description and times; empty for the default.
        every_s: seconds between two lines.
    """
    from rich import progress as bars  # only here, because it delays --help
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        with _lines(what, noun, every_s) as show:
            yield show
        return
    middle = columns or (bars.BarColumn(), bars.MofNCompleteColumn(), bars.TextColumn(noun))
    text = bars.TextColumn("{task.description}", markup=False)
    times = bars.TimeElapsedColumn(), bars.TimeRemainingColumn()
    with bars.Progress(text, *middle, *times, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, name="": bar.update(
            task, completed=done, total=total or None, description=one_line(name) or what
        )


@contextmanager
def _lines(what: str, noun: str, every_s: float) -> Iterator[Progress]:
    start_s = time.monotonic()
    seen: tuple[int, int, str, float] = (0, 0, "", 0.0)

    def show(done: int, total: int, name: str = "") -> None:
        nonlocal seen
        seen = (done, total, name, time.monotonic() - start_s)

    with repeated(lambda: say(_line(what, noun, *seen, time.monotonic() - start_s)), every_s):
        yield show


def _line(what: str, noun: str, done: int, total: int, name: str, seen_s: float, now_s: float) -> str:
    """Word the last report, made ``seen_s`` after the start, with an estimate of the remaining time."""
    count = f"{done} of {total}" if total else f"{done}"
    left_s = seen_s * (total - done) / done - (now_s - seen_s) if 0 < done < total else 0.0
    left = f", about {left_s:.0f} s left" if left_s > 0 else ""
    return f"{one_line(name) or what}: {f'{count} {noun}'.strip()} after {now_s:.0f} s{left}"
