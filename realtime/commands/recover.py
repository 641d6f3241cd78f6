"""``greenless recover``: converts the recording of a run that was killed into an ordinary file."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from realtime.commands.common import Common, say
from realtime.errors import SinkError

SHOWN = 5
"""A start names at most this many."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Finish the recordings of a run that was killed: NAME.unfinished.mp4 becomes NAME.mp4, without encoding again.

    Without a file, list them. No file is overwritten: if NAME.mp4 exists, the recording gets a number.
    """

    inputs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE...")] = ()
    """Recordings named NAME.unfinished.mp4, .mkv, .webm or .mov."""

    common: Common = Common()


def main(options: Options) -> int:
    """Finish all files; return 1 if one failed."""
    from realtime.media.unfinished import left_behind

    if not options.inputs:
        left = left_behind([Path()])
        for path in left:
            print(path)
        if not left:
            say("no unfinished recordings")
        return 0
    from realtime.media.remux import finish

    status = 0
    for path in options.inputs:
        try:
            print(finish(path))
        except SinkError as error:
            say(f"greenless: error: {error}")
            status = 1
    return status


def list_unfinished(outputs: Iterable[Path]) -> None:
    """Report unfinished recordings at a start: those with a note, and those next to ``outputs``."""
    from realtime.media.unfinished import left_behind

    left = left_behind({Path(os.path.abspath(output)).parent for output in outputs})
    for path in left[:SHOWN]:
        say(f"unfinished recording: {path} plays already. To finish it: greenless recover {shlex.quote(str(path))}")
    if len(left) > SHOWN:
        say(f"and {len(left) - SHOWN} more unfinished recordings: greenless recover lists them")
