"""The common part of ``image`` and ``video``: network, progress bar, closing report, exit status."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from models.files import removed_if_empty
from models.shown import one_line
from realtime.commands.common import say, say_unwritable
from realtime.commands.progress import progress
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.offline import report
from realtime.settings.schema import MattingSettings

PATHS_SHOWN = 12
"""A terminal shows at most this many outputs one by one; for more, it shows only their folders and the archive. Of the
inputs that are left out, so many are named."""


def run(
    settings: MattingSettings,
    noun: str,
    work: Callable[[Matter, report.Progress], report.Report],
    *,
    folders: Iterable[Path],
    names_outputs: bool = True,
) -> int:
    """Do ``work`` with the network of ``settings`` and report the result; return 1 if an input failed.

    ``work`` writes to ``folders``; those that it creates and leaves empty are removed. ``names_outputs`` prints the
    paths of its outputs on standard output.
    """
    say_unwritable()
    matter = open_matter(settings)
    try:
        with removed_if_empty(*folders), progress("working", noun) as show:
            done = work(matter, show)
    finally:
        matter.close()
    for line in done.skipped[:PATHS_SHOWN]:
        say(f"skipped: {one_line(line)}")
    if len(done.skipped) > PATHS_SHOWN:
        say(f"skipped: {len(done.skipped) - PATHS_SHOWN} more")
    for line in done.incomplete:
        say(f"not in the output of {one_line(line)}")
    for path in done.empty:
        say(f"no person found in {one_line(str(path))}")
    for error in done.failures:
        say(f"greenless: error: {one_line(str(error))}")
    if names_outputs:
        few = len(done.written) <= PATHS_SHOWN or not sys.stdout.isatty()
        for path in done.written if few else dict.fromkeys(map(_place, done.written)):
            print(path)
    say(done.summary())
    return 1 if done.failures else 0


def _place(path: Path) -> Path:
    return path if path.suffix == ".zip" else path.parent
