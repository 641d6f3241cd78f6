"""What was timed, as text for people: rows go in, lines of Markdown tables come out."""

from typing import Any

STAGES = ("capture", "infer", "finish", "scene", "send")
"""In the order of a picture's way; what each takes adds up to the whole."""


HEADING = "one frame after the other, ms by the clock (p50), and of the CPU for all stages"


def machine_line(result: dict[str, Any]) -> str:
    """The machine and the versions, in a line."""
    machine = result["machine"]
    return (
        f"{machine['processor']}, {machine['cores']} cores, {' '.join(machine['features']) or 'features unknown'}; "
        + ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    )


def report(result: dict[str, Any]) -> str:
    """The machine, the stages at each size, and what was left out."""
    lines = [machine_line(result)]
    for size, measured in result["sizes"].items():
        lines += ["", f"**{size}**: {HEADING}", "", *stage_table(measured["stages"])]
    return "\n".join([*lines, "", *(f"Left out: {line}" for line in result["missing"])])


def stage_table(rows: list[dict[str, Any]]) -> list[str]:
    """A row for each way: the median of each stage in ms, and what all take of the CPU."""
    head = ["way", "network", *STAGES, "processor", "fps", "MAD x 1000"]
    body = []
    for row in rows:
        stages = [f"{row['stages'][name]['p50_ms']:.1f}" if name in row["stages"] else "" for name in STAGES]
        cells = [f"{row['processor_ms']:.1f}", f"{row['fps']:.1f}", mad(row)]
        body.append([row["name"], row["network"], *stages, *cells])
    return markdown(head, body)


def mad(row: dict[str, Any] | None) -> str:
    """How far the mattes of a way are from the true ones; empty for random weights, where it says nothing."""
    untold = row is None or row["mad"] is None or row["name"].startswith("MODNet")
    return "" if untold or row is None else f"{1000 * row['mad']:.1f}"


def markdown(head: list[str], body: list[list[str]], *, left: int = 2) -> list[str]:
    """A Markdown table, its columns aligned, so that it reads well as text too; numbers to the right.

    Args:
        head: the columns' names.
        body: the rows.
        left: how many columns are words.
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
