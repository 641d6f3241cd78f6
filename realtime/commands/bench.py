"""``greenless bench``: times greenless on this machine, stage by stage."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from models.files import beside, replacing
from models.regular import check_replaceable
from realtime.commands.common import Common, say
from realtime.commands.table import table
from realtime.media.failures import cannot_write, write_errors

STAGES = ("capture", "infer", "finish", "scene", "send")
"""The stages of a frame, in order; their times add up to the total."""

HEAD = ("configuration", "network", *STAGES, "processor", "fps", "MAD x 1000")
"""The columns: the median of each stage in ms, the CPU time of all stages, and the mean error of the mattes."""

HEADING = "one frame after the other; wall-clock ms per stage (p50), and CPU ms for all stages"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Time every stage with every installed runtime on the built-in sample. It takes about two minutes.

    benchmarks/ in the source code has more: live.py compares greenless with MODNet in PyTorch, and plots.py draws the
    stages.
    """

    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Write all measurements to this file, as JSON."""

    quick: bool = False
    """Time only a few frames of one size. This takes half a minute and is less precise."""

    common: Common = Common()


def main(options: Options) -> int:
    """Measure, print and write.

    Raises:
        realtime.errors.SinkError: the file is not writable.
    """
    from realtime.commands.stage_times import measure

    if options.json:
        _check(options.json)  # before the long measurement
    result = measure(quick=options.quick, say=say)
    print(report(result), flush=True)
    say(f"it took {result['seconds'] // 60:.0f} min {result['seconds'] % 60:.0f} s")
    if options.json:
        with replacing(options.json, make_folder=False, failed=cannot_write) as part:
            part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


def _check(path: Path) -> None:
    """Check that a file can be written."""
    part = beside(path)
    with write_errors(path):
        check_replaceable(path)
        part.touch()
        part.unlink()


def report(result: dict[str, Any]) -> str:
    """Return the machine, the stages at each size, and the ways that were skipped."""
    lines = [machine_line(result)]
    for size, measured in result["sizes"].items():
        cells = [_cells(row) for row in measured["stages"]]
        lines += ["", f"{size}: {HEADING}", "", table(cells, head=HEAD, numbers=range(2, len(HEAD)))]
    return "\n".join([*lines, "", *(f"Skipped: {line}" for line in result["missing"])])


def machine_line(result: dict[str, Any]) -> str:
    """Return a line with the machine and the versions."""
    machine = result["machine"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, {' '.join(machine['features']) or 'features unknown'}; "
        + ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    )


def _cells(row: dict[str, Any]) -> list[str]:
    stages = [f"{row['stages'][name]['p50_ms']:.1f}" for name in STAGES]
    figures = [f"{row['processor_ms']:.1f}", f"{row['fps']:.1f}", f"{1000 * row['mad']:.1f}"]
    return [row["name"], row["network"], *stages, *figures]
