"""Formats the measurements as Markdown tables, which docs/benchmarks.md contains too."""

from typing import Any

STAGES = ("capture", "infer", "finish", "scene", "send")
"""The stages of a frame, in order; their times add up to the total."""

HEADING = "one frame after the other; wall-clock ms per stage (p50), and CPU ms for all stages"


def machine_line(result: dict[str, Any]) -> str:
    """Return a line with the machine and the versions."""
    machine = result["machine"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, {' '.join(machine['features']) or 'features unknown'}; "
        + ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    )


def report(result: dict[str, Any]) -> str:
    """Return the machine, the stages at each size, and the candidates that were skipped."""
    lines = [machine_line(result)]
    for size, measured in result["sizes"].items():
        lines += ["", f"**{size}**: {HEADING}", "", *stage_table(measured["stages"])]
    return "\n".join([*lines, "", *(f"Skipped: {line}" for line in result["missing"])])


def stage_table(rows: list[dict[str, Any]]) -> list[str]:
    """Return a row per candidate: the median of each stage in ms, and the CPU time of all stages."""
    head = ["configuration", "network", *STAGES, "processor", "fps", "MAD x 1000"]
    body = []
    for row in rows:
        stages = [f"{row['stages'][name]['p50_ms']:.1f}" if name in row["stages"] else "" for name in STAGES]
        cells = [f"{row['processor_ms']:.1f}", f"{row['fps']:.1f}", mad(row)]
        body.append([row["name"], row["network"], *stages, *cells])
    return markdown(head, body)


def mad(row: dict[str, Any] | None) -> str:
    """Return the mean error of a candidate's mattes; empty for random weights, whose error means nothing."""
    if row is None or row["mad"] is None or row["name"].startswith("MODNet"):
        return ""
    return f"{1000 * row['mad']:.1f}"


def markdown(head: list[str], body: list[list[str]], *, left: int = 2) -> list[str]:
    """Return a Markdown table with aligned columns, so that it is readable as text too.

    Args:
        head: the titles of the columns.
        body: the rows.
        left: the number of columns with words; the others are numbers, aligned on the right.
    """
    rows = [head, *body]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]

    def line(cells: list[str]) -> str:
        padded = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rules = ["-" * (width + 2) if column < left else "-" * (width + 1) + ":" for column, width in enumerate(widths)]
    return [line(head), f"|{'|'.join(rules)}|", *map(line, body)]
