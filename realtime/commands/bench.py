"""``greenless bench``: how fast greenless is on this machine, against the plain way, stage by stage."""

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
    """Time every stage of every runtime that is installed, and live runs before a made-up webcam, in seven minutes.

    Beside greenless runs the plain way, MODNet in PyTorch with one step after the other, where the extra torch is
    there: what carries over to other machines are the ratios. Both times are those of two cores that have nothing else
    to do.
    """

    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Keep everything that was measured in this file, as JSON."""

    plot: Annotated[Path | None, tyro.conf.arg(metavar="FILE.svg")] = None
    """Draw the stages of every way as bars into this file."""

    quick: bool = False
    """A few pictures of one size only: in two minutes, and less exact."""

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
    from realtime.bench.plot import plot
    from realtime.bench.run import run
    from realtime.bench.table import tables

    result = run(quick=options.quick, say=say)
    print(tables(result), flush=True)
    say(f"it took {result['seconds'] // 60:.0f} min {result['seconds'] % 60:.0f} s")
    if options.json is not None:
        _write(options.json, json.dumps(result, indent=1) + "\n")
    if options.plot is not None:
        _write(options.plot, plot(result))
    return 0
