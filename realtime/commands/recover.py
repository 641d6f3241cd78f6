"""``greenless recover``: what a killed greenless left of a recording becomes an ordinary file."""

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
"""As many are named at a start."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Finish recordings that a killed greenless left: NAME.unfinished.mp4 becomes NAME.mp4, without encoding again.

    Without a name it lists what was left. A file that is there already is kept; the recording gets a number then.
    """

    inputs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FILE...")] = ()
    """Files named .unfinished.mp4, .mkv, .webm or .mov."""

    common: Common = Common()


def main(options: Options) -> int:
    """Finish them all; 1 when one failed."""
    from realtime.media.unfinished import left_behind

    if not options.inputs:
        for path in left_behind([Path()]):
            print(path)
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


def tell(outputs: Iterable[Path]) -> None:
    """Say at a start which recordings were left unfinished: those that were noted, and those beside ``outputs``."""
    from realtime.media.unfinished import left_behind

    left = left_behind({Path(os.path.abspath(output)).parent for output in outputs})
    for path in left[:SHOWN]:
        say(f"unfinished recording: {path} plays as it is. To finish it: greenless recover {shlex.quote(str(path))}")
    if len(left) > SHOWN:
        say(f"and {len(left) - SHOWN} more unfinished recordings: greenless recover lists them")
