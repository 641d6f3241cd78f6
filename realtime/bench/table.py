"""What the benchmark found, as text for people: goes in the result of ``run``, come out lines of Markdown tables."""

from typing import Any

STAGES = ("capture", "infer", "finish", "scene", "send")


def tables(result: dict[str, Any]) -> str:
    """The whole result."""
    machine = result["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {' '.join(machine['features']) or 'features unknown'}; "
        + ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    ]
    for size, measured in result["sizes"].items():
        lines += [
            "",
            f"**{size}**, one picture after the other; p50 of the clock, and all stages of the processor, ms",
            "",
        ]
        lines += _stages(measured["stages"])
        if measured["live"]:
            lines += ["", f"**{size}**, live, a webcam at {measured['live'][0]['asked_fps']:g} fps", ""]
            lines += _live(measured["live"])
    return "\n".join(
        [*lines, "", *_footprint(result["footprint"]), *(f"Left out: {line}" for line in result["missing"])]
    )


def _stages(rows: list[dict[str, Any]]) -> list[str]:
    head = ["way", "network", *STAGES, "processor", "fps", "MAD x 1000"]
    body = []
    for row in rows:
        stages = [f"{row['stages'][name]['p50_ms']:.1f}" if name in row["stages"] else "" for name in STAGES]
        mad = "" if row["mad"] is None or row["name"].startswith("MODNet") else f"{1000 * row['mad']:.1f}"
        body.append([row["name"], row["network"], *stages, f"{row['processor_ms']:.1f}", f"{row['fps']:.1f}", mad])
    return markdown(head, body)


def _live(rows: list[dict[str, Any]]) -> list[str]:
    head = ["way", "network", "fps", "age p50, ms", "age p95, ms", "processor, % of a core"]
    body = [
        [
            row["name"],
            row["network"],
            f"{row['fps']:.1f}",
            f"{row['age_ms']['p50']:.0f}",
            f"{row['age_ms']['p95']:.0f}",
            f"{100 * row['processor_share']:.0f}",
        ]
        for row in rows
    ]
    return markdown(head, body)


def _footprint(found: dict[str, Any]) -> list[str]:
    def said(value: float | None, unit: str) -> str:
        return "unknown" if value is None else f"{value:g} {unit}"

    return [
        f"First picture after {said(found['start_s'], 's')} (the very first start, which measures the runtimes: "
        f"{said(found['first_start_s'], 's')}); memory with ONNX Runtime: {said(found['memory_mb'], 'MB')}.",
    ]


def markdown(head: list[str], body: list[list[str]]) -> list[str]:
    """A Markdown table, its columns aligned, so that it reads well as text too; numbers to the right."""
    rows = [head, *body]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]

    def line(cells: list[str]) -> str:
        padded = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = "|".join("-" * (width + 2) if column < 2 else "-" * (width + 1) + ":" for column, width in enumerate(widths))
    return [line(head), f"|{rule}|", *map(line, body)]
