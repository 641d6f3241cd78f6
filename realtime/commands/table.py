"""Aligned columns on standard output, by rich."""

from collections.abc import Collection, Iterable, Sequence


def table(rows: Iterable[Sequence[str]], *, head: Sequence[str] = (), numbers: Collection[int] = ()) -> str:
    """Align the columns of ``rows``. A row is always one line, so that other programs can read the output.

    Args:
        rows: the cells.
        head: the titles of the columns; empty for none.
        numbers: the columns to align on the right.
    """
    from rich.console import Console  # only here, because it delays --help
    from rich.table import Table
    from rich.text import Text

    lines = [list(map(Text, row)) for row in ([head] if head else []) + list(rows)]
    grid = Table.grid(padding=(0, 2, 0, 0))
    for column in range(max(map(len, lines), default=0)):
        grid.add_column(justify="right" if column in numbers else "left", no_wrap=True)
    for line in lines:
        grid.add_row(*line)
    console = Console(width=sum(cell.cell_len + 2 for line in lines for cell in line) + 1, color_system=None)
    with console.capture() as drawn:
        console.print(grid)
    return "\n".join(line.rstrip() for line in drawn.get().splitlines())
