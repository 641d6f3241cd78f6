"""What ``image`` and ``video`` share: the network, a progress bar on standard error, the closing words, the status."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from models.files import removed_if_empty
from realtime.commands.common import say, say_unkept
from realtime.commands.progress import progress
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.offline import report
from realtime.settings.schema import MattingSettings

PATHS_SHOWN = 12
"""As many outputs are named one by one on a terminal; of more only the folders they are in, and the archive."""


def run(
    settings: MattingSettings,
    noun: str,
    work: Callable[[Matter, report.Progress], report.Report],
    *,
    folders: Iterable[Path],
) -> int:
    """Do ``work`` with the network that ``settings`` name, and say what came of it; 1 when an input failed.

    Of ``folders``, where ``work`` writes, none that it makes stays without anything in it.
    """
    say_unkept()
    matter = open_matter(settings)
    try:
        with removed_if_empty(*folders), progress("working", noun) as show:
            done = work(matter, show)
    finally:
        matter.close()
    for line in done.skipped:
        say(f"left out: {line}")
    for error in done.failures:
        say(f"greenless: error: {error}")
    few = len(done.written) <= PATHS_SHOWN or not sys.stdout.isatty()
    for path in done.written if few else dict.fromkeys(map(_place, done.written)):
        print(path)
    files = f"{len(done.written)} file{'s' * (len(done.written) != 1)}"
    say(f"{len(done.matted)} done, {files} written, {len(done.failures)} failed")
    return 1 if done.failures else 0


def _place(path: Path) -> Path:
    return path if path.suffix == ".zip" else path.parent
