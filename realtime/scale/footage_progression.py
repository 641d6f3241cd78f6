"""``Progression``: what a running job on Ray has done so far, and what is left of it. It joins the clips that are done.

The joins run on the cluster, beside the pool.
"""

import time
from dataclasses import replace
from typing import Any

from realtime.errors import GreenlessError, last_line
from realtime.offline.report import Progress
from realtime.scale import cluster
from realtime.scale.footage_jobs import ClipJob, Item, units_of
from realtime.scale.footage_plan import Plan
from realtime.scale.footage_report import Line
from realtime.scale.footage_store import removed
from realtime.scale.footage_worker import Row, join

ROUNDS = 3
"""So often a unit is tried if its worker is lost. A file that ends its worker each time has failed then."""


class Progression:
    """What a running job has done so far.

    Args:
        plan: the job.
        progress: called after each unit.

    Attributes:
        left: the units that are not done, in order; the values mean nothing.
        lines: the inputs that are finished.
        pool: the first pool; None before it.
        joining: the joins that run now.
    """

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self.plan, self._progress = plan, progress
        self.left = dict.fromkeys(units_of(plan.todo))
        self.lines: list[Line] = []
        self.pool: cluster.Pool | None = None
        self.joining: dict[Any, Item] = {}
        self._items = {item.key: item for item in plan.todo}
        self._parts: dict[str, list[Line]] = {}
        self._total = len(self.left)
        self._began_s = time.monotonic()
        self._show()

    def take(self, row: Row) -> None:
        """Note the row of a unit, and join a clip whose segments are all done.

        Raises:
            GreenlessError: every other unit would fail as well.
        """
        if row.fatal:
            raise GreenlessError(f"a worker cannot work: {row.line.error}")
        if row.unit not in self.left:  # done twice, after a machine was lost
            return
        del self.left[row.unit]
        if not row.unit.segments:
            self.finish(row.line)
            return
        item, lines = self._items[row.unit.key], self._parts.setdefault(row.unit.key, [])
        lines.append(row.line)
        self._show()
        if len(lines) == len(item.segments):
            self.join(item)

    def unjoined(self) -> list[Item]:
        """Return the clips whose segments are all there, but which are not joined."""
        return [item for key, item in self._items.items() if len(self._parts.get(key, ())) == len(item.segments) != 0]

    def join(self, item: Item) -> None:
        """Begin to join a clip whose segments are all there; if one failed, the clip has."""
        if failed := next((line for line in self._parts[item.key] if line.error), None):
            self.finish(failed)
            return
        import ray

        assert isinstance(self.plan.job, ClipJob)
        task = ray.remote(num_cpus=1, max_retries=ROUNDS)(join)
        self.joining[task.remote(item, self.plan.job, self.plan.places)] = item

    def look(self, timeout_s: float = 0.0) -> None:
        """Note the clips that are joined."""
        if not self.joining:
            return
        import ray

        for ref in ray.wait(list(self.joining), timeout=timeout_s)[0]:
            item = self.joining.pop(ref)
            try:
                line: Line = ray.get(ref)
            except ray.exceptions.RayError as error:
                line = item.line(error=f"{item.location}: its segments were not joined: {last_line(error)}")
            self.finish(line)
            if not line.error:  # only now: a join that is lost with its machine is done again
                for part in self.plan.places.parts(item, *self.plan.job.endings):
                    removed(part)

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
