"""``ContactSheet``: a sink that writes a few moments of a run to one PNG, a row each: original | matte | composite.

The pipeline treats it as a window: after each row it requests the next background, so that every row shows another
one.
"""

from collections.abc import Sequence
from pathlib import Path

from realtime.commands.sheet import grey, row, write_sheet
from realtime.ending import Closing
from realtime.frame import Composite, Pixels
from realtime.sinks.base import Action


class ContactSheet(Closing):
    """Collects rows and writes them.

    Args:
        path: the PNG, written by ``close``.
        moments_s: when to add a row, in seconds after the first composite, ascending.

    Attributes:
        name: the name in messages.
    """

    def __init__(self, path: Path, moments_s: Sequence[float]) -> None:
        self.name, self._path = f"contact sheet {path}", path
        self._moments_s = list(moments_s)
        self._first_s: float | None = None
        self._rows: list[Pixels] = []
        self._turned = 0

    def send(self, composite: Composite) -> None:
        """Add a row at each of the moments; ignore notices."""
        if composite.notice:
            return
        if self._first_s is None:
            self._first_s = composite.frame.captured_s
        if self._moments_s and composite.frame.captured_s - self._first_s >= self._moments_s[0]:
            del self._moments_s[0]
            self._rows.append(row([composite.frame.pixels, grey(composite.matte.alpha), composite.pixels]))

    def pump(self, stats: str) -> Sequence[Action]:
        """Request the next background after each row."""
        if self._turned == len(self._rows):
            return []
        self._turned += 1
        return [Action.NEXT_BACKGROUND]

    def close(self) -> None:
        """Write the sheet, if it has a row.

        Raises:
            realtime.errors.SinkError: the disk is full, or the folder is not writable.
        """
        rows, self._rows = self._rows, []
        if rows:
            write_sheet(self._path, rows)
