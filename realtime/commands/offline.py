"""The common part of ``image`` and ``video``: network, progress bar, closing report, exit status."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

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
    as_json: bool = False,
) -> int:
    """Do ``work`` with the network of ``settings`` and report the result; return 1 if an input failed.

    ``work`` writes to ``folders``; those that it creates and leaves empty are removed. ``names_outputs`` prints the
    paths of its outputs on standard output, ``as_json`` a summary instead.
    """
    say_unwritable()
    with closing(open_matter(settings)) as matter, removed_if_empty(*folders), progress("working", noun) as show:
        done = work(matter, show)
    return conclude(done, [str(path) for path in done.written] if names_outputs else [], as_json=as_json)


def conclude(done: report.Report, written: Sequence[str], *, as_json: bool, more: dict[str, Any] | None = None) -> int:
    """Print what was left out, what failed, the outputs and the counts; return 1 if an input failed.

    Args:
        done: the report.
        written: the outputs to name on standard output.
        as_json: whether to print a summary for programs on standard output, and not the outputs.
        more: what else the summary says.
    """
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
    if as_json:
        summary = {
            "done": len(done.matted),
            "failed": len(done.failures),
            "done_before": len(done.done_before),
            "left_out": len(done.skipped),
            "without_a_person": [str(path) for path in done.empty],
            "incomplete": list(done.incomplete),
            "errors": [str(error) for error in done.failures],
            "written": list(written),
            **(more or {}),
        }
        print(json.dumps(summary, indent=2))
    else:
        few = len(written) <= PATHS_SHOWN or not sys.stdout.isatty()
        for name in written if few else dict.fromkeys(map(_place, written)):
            print(name)
    say(done.summary())
    return 1 if done.failures else 0


def _place(name: str) -> str:
    return name if name.endswith(".zip") else name.rpartition("/")[0] if "://" in name else str(Path(name).parent)
