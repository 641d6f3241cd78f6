"""``greenless bench``: how fast greenless is on this machine, stage by stage."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from models.files import replacing
from realtime.commands.common import Common, say
from realtime.errors import GreenlessError, SettingsError


@dataclass(frozen=True, kw_only=True)
class Options:
    """Time every stage of every runtime that is installed, on the built-in sample, in two minutes or so.

    benchmarks/live.py in the source code compares them with MODNet in PyTorch, and runs them before a webcam.
    """

    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Keep everything that was measured in this file, as JSON."""

    plot: Annotated[Path | None, tyro.conf.arg(metavar="FILE.svg")] = None
    """Draw the stages of every way as bars into this file."""

    quick: bool = False
    """A few frames of one size only: in half a minute, and less exact."""

    common: Common = Common()


def _write(path: Path, text: str) -> None:
    try:
        with replacing(path) as part:
            part.write_text(text, encoding="utf-8")
    except GreenlessError as error:
        raise SettingsError(error.what, cure="Name another file, or free some space") from error


def main(options: Options) -> int:
    """Measure, print and write.

    Raises:
        SettingsError: a file's folder is not there, or it cannot be written.
    """
    for asked in filter(None, (options.json, options.plot)):
        if not os.path.isdir(asked.absolute().parent):  # said now, not when everything was measured
            raise SettingsError(f"there is no folder {asked.parent}", cure=f"mkdir -p '{asked.parent}'")
        if os.path.isdir(asked):
            raise SettingsError(f"cannot write {asked}: it is a folder", cure="Name a file in it")
    from realtime.commands.timing.measure import measure
    from realtime.commands.timing.plot import plot
    from realtime.commands.timing.stage_table import report

    result = measure(quick=options.quick, say=say)
    print(report(result), flush=True)
    say(f"it took {result['seconds'] // 60:.0f} min {result['seconds'] % 60:.0f} s")
    if options.json is not None:
        _write(options.json, json.dumps(result, indent=1) + "\n")
    if options.plot is not None:
        _write(options.plot, plot(result))
    return 0
