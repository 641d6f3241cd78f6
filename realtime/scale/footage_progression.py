"""``Progression``: what a running job on Ray has done so far, and what is left of it."""

import time
from dataclasses import replace

from realtime.errors import GreenlessError
from realtime.offline.report import Progress
from realtime.scale import cluster
from realtime.scale.footage_jobs import Item, units_of
from realtime.scale.footage_plan import Plan
from realtime.scale.footage_report import Line
from realtime.scale.footage_worker import Row


class Progression:
    """What a running job has done so far.

    Args:
        plan: the job.
        progress: called after each unit.

    Attributes:
        left: the units that are not done, in order; the values mean nothing.
        lines: the inputs that are finished.
        pool: the first pool; None before it.
    """

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self.plan, self._progress = plan, progress
        self.left = dict.fromkeys(units_of(plan.todo))
        self.lines: list[Line] = []
        self.pool: cluster.Pool | None = None
        self._items = {item.key: item for item in plan.todo}
        self._parts: dict[str, list[Line]] = {}
        self._total = len(self.left)
        self._began_s = time.monotonic()
        self._show()

    def take(self, row: Row) -> Item | None:
        """Note the row of a unit; return a clip whose segments are all done.

        Raises:
            GreenlessError: every other unit would fail as well.
        """
        if row.fatal:
            raise GreenlessError(f"a worker cannot work: {row.line.error}")
        if row.unit not in self.left:  # done twice, after a machine was lost
            return None
        del self.left[row.unit]
        if not row.unit.segments:
            self.finish(row.line)
            return None
        item, lines = self._items[row.unit.key], self._parts.setdefault(row.unit.key, [])
        lines.append(row.line)
        self._show()
        return item if len(lines) == len(item.segments) else None

    def unjoined(self) -> list[Item]:
        """Return the clips whose segments are all there, but which are not joined."""
        return [item for key, item in self._items.items() if len(self._parts.get(key, ())) == len(item.segments) != 0]

    def joinable(self, item: Item) -> bool:
        """Whether all segments of a clip are there; if one failed, the clip has."""
        if not (failed := next((line for line in self._parts[item.key] if line.error), None)):
            return True
        self.finish(failed)
        return False

    def finish(self, line: Line) -> None:
        """Note the end of an input."""
        parts = [*self._parts.pop(line.key, []), line]
        line = replace(line, left_out=tuple(dict.fromkeys(what for part in parts for what in part.left_out)))
        self.lines.append(line)
        self.plan.report.add(line)
        self._show()

    def _show(self) -> None:
        done = self._total - len(self.left)
        failed = sum(bool(line.error) for line in self.lines)
        rate = done / max(time.monotonic() - self._began_s, 1e-3)
        self._progress(done, self._total, f"{failed} failed, {rate:.2g} a second" if done else "")
