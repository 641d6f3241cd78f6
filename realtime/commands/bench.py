"""``greenless bench``: times greenless on this machine, stage by stage."""

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
    """Time every stage with every installed runtime on the built-in sample. It takes about two minutes.

    benchmarks/live.py in the source code compares greenless with MODNet in PyTorch, and measures it on a webcam.
    """

    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Write all measurements to this file, as JSON."""

    plot: Annotated[Path | None, tyro.conf.arg(metavar="FILE.svg")] = None
    """Write a bar chart of the stages to this file."""

    quick: bool = False
    """Time only a few frames of one size. This takes half a minute and is less precise."""

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
        SettingsError: the folder of a file does not exist, or the file is not writable.
    """
    for asked in filter(None, (options.json, options.plot)):
        if not os.path.isdir(asked.absolute().parent):  # check before the long measurement
            raise SettingsError(f"there is no folder {asked.parent}", cure=f"mkdir -p '{asked.parent}'")
        if os.path.isdir(asked):
            raise SettingsError(f"cannot write {asked}: it is a folder", cure="Name a file in that folder")
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
