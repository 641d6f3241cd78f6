"""``Progression``: what a running job on Ray has done so far, and what is left of it."""

import time
from dataclasses import dataclass, field

from realtime.errors import GreenlessError
from realtime.offline.report import Progress
from realtime.scale import cluster
from realtime.scale.footage_jobs import Item, Job, Unit
from realtime.scale.footage_report import Line, ReportFile
from realtime.scale.footage_worker import Places, Row


@dataclass(kw_only=True)
class Progression:
    """What a running job has done so far."""

    job: Job
    places: Places
    report: ReportFile
    items: dict[str, Item]
    progress: Progress
    left: dict[int, Unit]
    """The units that are not done."""

    lines: list[Line] = field(default_factory=list)
    """The inputs that are finished."""

    pool: cluster.Pool | None = None
    """The latest pool."""

    _parts: dict[str, list[Row]] = field(default_factory=dict)
    _began_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._total = len(self.left)

    def take(self, row: Row) -> Item | None:
        """Note the row of a unit; return a clip whose segments are all done.

        Raises:
            GreenlessError: every other unit would fail as well.
        """
        if row.fatal:
            raise GreenlessError(f"a worker cannot work: {row.error}")
        if (unit := self.left.pop(row.number, None)) is None:  # done twice, after a machine was lost
            return None
        if unit.part < 0:
            self.finish(unit.item.key, row)
            return None
        item, rows = self.items[unit.item.key], self._parts.setdefault(unit.item.key, [])
        rows.append(row)
        self.show()
        return item if len(rows) == len(item.segments) else None

    def unjoined(self) -> list[Item]:
        """Return the clips whose segments are all there, but which are not joined."""
        return [item for key, item in self.items.items() if len(self._parts.get(key, ())) == len(item.segments) != 0]

    def joinable(self, item: Item) -> bool:
        """Whether all segments of a clip are there; if one failed, the clip has."""
        rows = self._parts[item.key]
        if not (failed := next((row for row in rows if row.error), None)):
            return True
        self.finish(item.key, failed)
        return False

    def finish(self, key: str, row: Row) -> None:
        """Note the end of an input."""
        left_out = dict.fromkeys(what for part in [*self._parts.pop(key, []), row] for what in part.left_out)
        line = Line(
            input=self.items[key].location,
            key=key,
            outputs=row.outputs if not row.error else (),
            error=row.error,
            empty=row.empty,
            left_out=tuple(left_out),
        )
        self.lines.append(line)
        self.report.add(line)
        self.show()

    def show(self) -> None:
        """Show the progress."""
        done = self._total - len(self.left)
        failed = sum(bool(line.error) for line in self.lines)
        rate = done / max(time.monotonic() - self._began_s, 1e-3)
        self.progress(done, self._total, f"{failed} failed, {rate:.2g} a second" if done else "")
