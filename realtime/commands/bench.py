"""``greenless bench``: how fast greenless is on this machine, against the plain way, stage by stage."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from realtime.commands.common import Common, say
from realtime.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Options:
    """Time every stage of every runtime that is installed, and live runs before a made-up webcam, in six minutes or so.

    Beside greenless runs the plain way, MODNet in PyTorch with one step after the other, where the extra torch is
    there: what carries over to other machines are the ratios.
    """

    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Keep everything that was measured in this file, as JSON."""

    quick: bool = False
    """A few pictures of one size only: in a minute, and less exact."""

    common: Common = Common()


def main(options: Options) -> int:
    """Measure and print."""
    from realtime.bench.run import run
    from realtime.bench.table import tables

    result = run(quick=options.quick, say=say)
    if options.json is not None:
        try:
            options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"cannot write {options.json}: {error.strerror or error}") from error
    print(tables(result))
    return 0
