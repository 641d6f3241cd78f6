"""How far a command is: a bar where somebody looks on, else plain lines on standard error every few seconds.

In: what is done, and how much of it is done. Also what takes long between two steps shows that it goes on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from models.waiting import EVERY_S, repeated
from realtime.commands.common import say

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

Show = Callable[..., None]
"""``show(done, total, name="")``: what is done, of how much (0: unknown), and at which thing it is."""


@contextmanager
def progress(
    what: str, noun: str = "", columns: "tuple[ProgressColumn, ...]" = (), *, every_s: float = EVERY_S
) -> Iterator[Show]:
    """Give the function that is called after each step.

    Args:
        what: what is done: ``adapting``.
        noun: what is counted: ``pictures``.
        columns: of the bar, between its description and the times; the usual ones when empty.
        every_s: seconds between two lines.
    """
    from rich.console import Console  # only here: help does not wait for it
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        with _lines(what, noun, every_s) as show:
            yield show
        return
    middle = columns or (BarColumn(), MofNCompleteColumn(), TextColumn(noun))
    text, times = TextColumn("{task.description}", markup=False), (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(text, *middle, *times, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total, name="": bar.update(
            task, completed=done, total=total or None, description=name or what
        )


@contextmanager
def _lines(what: str, noun: str, every_s: float) -> Iterator[Show]:
    start_s = time.monotonic()
    seen: tuple[int, int, str, float] = (0, 0, "", 0.0)

    def show(done: int, total: int, name: str = "") -> None:
        nonlocal seen
        seen = (done, total, name, time.monotonic() - start_s)

    with repeated(lambda: say(_line(what, noun, *seen, time.monotonic() - start_s)), every_s):
        yield show


def _line(what: str, noun: str, done: int, total: int, name: str, seen_s: float, now_s: float) -> str:
    """What was done when it was last told, ``seen_s`` after the start, and how long the rest takes at that pace."""
    count = f"{done} of {total}" if total else f"{done}"
    left_s = seen_s * (total - done) / done - (now_s - seen_s) if 0 < done < total else 0.0
    left = f", about {left_s:.0f} s left" if left_s > 0 else ""
    return f"{name or what}: {f'{count} {noun}'.strip()} after {now_s:.0f} s{left}"
