"""Formats the measurements of the stages as the cells of a table."""

from typing import Any

STAGES = ("capture", "infer", "finish", "scene", "send")
"""The stages of a frame, in order; their times add up to the total."""

HEAD = ("configuration", "network", *STAGES, "processor", "fps", "MAD x 1000")
"""The columns: the median of each stage in ms, and the CPU time of all stages."""


def machine_line(result: dict[str, Any]) -> str:
    """Return a line with the machine and the versions."""
    machine = result["machine"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, {' '.join(machine['features']) or 'features unknown'}; "
        + ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    )


def stage_cells(rows: list[dict[str, Any]]) -> list[list[str]]:
    """Return a row per candidate, with the columns of ``HEAD``."""
    body = []
    for row in rows:
        stages = [f"{row['stages'][name]['p50_ms']:.1f}" if name in row["stages"] else "" for name in STAGES]
        cells = [f"{row['processor_ms']:.1f}", f"{row['fps']:.1f}", mad(row)]
        body.append([row["name"], row["network"], *stages, *cells])
    return body


def mad(row: dict[str, Any] | None) -> str:
    """Return the mean error of a candidate's mattes; empty for random weights, whose error means nothing."""
    if row is None or row["mad"] is None or row["name"].startswith("MODNet"):
        return ""
    return f"{1000 * row['mad']:.1f}"
