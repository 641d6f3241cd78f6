"""Footage on Ray: mattes images and clips on the machines of a cluster.

    inputs ──plan──▶ items ──cut──▶ units ──Ray Data──▶ Worker ──▶ rows ──▶ report.jsonl
                                                  segments of a clip ──▶ join ──┘

Units go through an actor pool in rounds. What a lost worker or machine left undone is done in the next round, one unit
at a time, with a pool that fits the machines that are left.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from models.waiting import NOTICE
from realtime import __version__
from realtime.errors import GreenlessError
from realtime.offline.report import Progress
from realtime.scale import cluster, footage_store
from realtime.scale.footage_jobs import ClipJob, Item, Job, Unit, units_of
from realtime.scale.footage_progression import Progression
from realtime.scale.footage_report import ReportFile
from realtime.scale.footage_worker import Places, Row, Worker, join

log = logging.getLogger("greenless")

ROUNDS = 3
"""So often a unit is tried if its worker is lost. A file that ends its worker each time has failed then."""

_BLOCKS_EACH = 8
_LARGEST_BLOCK = 16
"""A worker gets at least so many blocks of units, and a block has at most so many, because Ray schedules blocks."""

_LOOK_S = 1.0
"""Seconds between two looks at the machines of the cluster."""

_LOOKS = 10
"""So often a stopped job looks for what its workers left."""


def run(
    job: Job,
    items: Sequence[Item],
    places: Places,
    report: ReportFile,
    progress: Progress,
    *,
    address: str,
    workers: int | None,
    gpus: float,
) -> Progression:
    """Do all items on a cluster, and add a line for each to the report.

    Args:
        job: the options.
        items: the inputs, with keys that differ.
        places: where the results go.
        report: where the lines go.
        progress: called after each unit.
        address: as ``cluster.address_of`` returns it.
        workers: how many; None for as many as fit.
        gpus: GPUs of each worker.

    Raises:
        MissingExtra: Ray is not installed.
        SettingsError: the cluster is too small.
        GreenlessError: there is no such cluster, no worker can work, or the report cannot be written.
    """
    units = units_of(list(items))
    state = Progression(
        job=job,
        places=places,
        report=report,
        items={item.key: item for item in items},
        progress=progress,
        left={unit.number: unit for unit in units},
    )
    state.show()
    for number in range(ROUNDS):
        if state.left or state.unjoined():
            if number:
                log.log(NOTICE, "%d units were lost with their workers, and are tried again", len(state.left))
            # Without --workers, a process that is bound to some cores keeps to them.
            local_cpus = 0 if workers else cluster.usable_cpus() + cluster.FREE_CPUS
            # Ray prints the death of a worker to standard output, which is for results.
            with (
                open(os.devnull, "w") as nowhere,
                redirect_stdout(nowhere),
                cluster.joined(address, local_cpus=local_cpus),
            ):
                _round(state, workers if not number else None, gpus, alone=number > 0)
    for unit in list(state.left.values()):
        why = f"its worker was lost {ROUNDS} times: the file may break the decoder, or need more memory than there is"
        if (item := state.take(Row(number=unit.number, error=f"{unit.item.location}: {why}"))) is not None:
            state.joinable(item)
    for item in state.unjoined():
        state.finish(item.key, Row(number=0, error=f"{item.location}: its segments were not joined"))
    return state


def _round(state: Progression, workers: int | None, gpus: float, *, alone: bool) -> None:
    """Do what is left, until it is done or a part of it is lost."""
    machines = cluster.nodes()
    units = list(state.left.values())
    pool = cluster.pool_of(machines, workers=workers, gpus=gpus, most=max(1, len(units)))
    state.pool = state.pool or pool
    joins = _Joins(state)
    for whole in state.unjoined():
        joins.begin(whole)
    if units:
        source = _Source(lambda put: _through_pool(units, state.job, state.places, pool, alone, put))
        looked_s = time.monotonic()
        while (row := source.next(_LOOK_S)) is not _Source.END:
            if isinstance(row, Row) and (item := state.take(row)) is not None:
                joins.begin(item)
            joins.look()
            if time.monotonic() - looked_s > _LOOK_S:
                looked_s, now = time.monotonic(), cluster.nodes()
                if len(now) < len(machines) and not cluster.holds(now, pool):
                    log.log(NOTICE, "a machine left the cluster, and %d workers no longer fit", pool.workers)
                    return
    joins.wait()


def _through_pool(
    units: Sequence[Unit], job: Job, places: Places, pool: cluster.Pool, alone: bool, put: Callable[[Row], None]
) -> None:
    """Send units through an actor pool of Ray Data, and call ``put`` with each row."""
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1  # a lost block is for the next round
    size = 1 if alone else max(1, min(_LARGEST_BLOCK, len(units) // (pool.workers * _BLOCKS_EACH)))
    rows = ray.data.from_items(
        [{"unit": unit.to_text()} for unit in units], override_num_blocks=-(-len(units) // size)
    ).map_batches(
        Worker,
        fn_constructor_args=(job, places, pool.cpus, __version__),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=pool.workers, max_tasks_in_flight_per_actor=1 if alone else 2),
        num_cpus=pool.cpus,
        num_gpus=pool.gpus or None,
        max_task_retries=0,
    )
    for row in rows.iter_rows():
        put(Row.of_text(row["row"]))


class _Source:
    """Rows that a thread puts, so that the main thread can look at other things, and at Ctrl-C."""

    END = object()

    def __init__(self, work: Callable[[Callable[[Row], None]], None]) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._work = work
        self._rows = 0
        threading.Thread(target=self._run, name="ray data", daemon=True).start()

    def next(self, timeout_s: float) -> Any:
        """Return the next row, None if there is none yet, or ``END``.

        Raises:
            GreenlessError: no worker could start.
        """
        try:
            found = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(found, Exception):
            if not self._rows and isinstance(found, _never_started()):
                raise _no_start(found)
            log.debug("a round on Ray ended early", exc_info=found)
            return self.END
        self._rows += found is not self.END
        return found

    def _run(self) -> None:
        try:
            self._work(self._queue.put)
        except Exception as error:
            self._queue.put(error)
        else:
            self._queue.put(self.END)


class _Joins:
    """Joins clips on the cluster, beside the pool."""

    def __init__(self, state: Progression) -> None:
        self._state = state
        self._running: dict[Any, Item] = {}

    def begin(self, item: Item) -> None:
        """Begin to join a clip, unless a segment failed."""
        import ray

        if not self._state.joinable(item):
            return
        assert isinstance(self._state.job, ClipJob)
        task = ray.remote(num_cpus=1, max_retries=ROUNDS)(join)
        self._running[task.remote(item, 0, self._state.job, self._state.places)] = item

    def look(self, timeout_s: float = 0.0) -> None:
        """Note the clips that are joined."""
        import ray

        if not self._running:
            return
        for ref in ray.wait(list(self._running), timeout=timeout_s)[0]:
            item = self._running.pop(ref)
            try:
                row: Row = ray.get(ref)
            except ray.exceptions.RayError as error:
                row = Row(number=0, error=f"{item.location}: its segments were not joined: {_last_line(error)}")
            self._state.finish(item.key, row)
            if not row.error:  # only now: a join that is lost with its machine is done again
                self._state.places.forget_parts(item, *self._state.job.endings)

    def wait(self) -> None:
        """Wait for all of them."""
        while self._running:
            self.look(_LOOK_S)


def _never_started() -> tuple[type[Exception], ...]:
    import ray.exceptions

    return (ray.exceptions.ActorDiedError, ray.exceptions.RayTaskError)


def _no_start(error: Exception) -> GreenlessError:
    return GreenlessError(
        f"no worker starts: {_last_line(error)}",
        cure=f"Install greenless {__version__} on every machine of the cluster",
    )


def _last_line(error: Exception) -> str:
    return next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)


def clean(places: Places, *, keep_parts: bool) -> None:
    """Remove what is not finished; ``keep_parts`` keeps whole segments for the next run.

    After Ctrl-C, the workers of a cluster live on for a moment, and may begin another unit.
    """
    if not keep_parts:
        footage_store.removed(places.work)
        return
    for _ in range(_LOOKS):
        found = [] if footage_store.is_url(places.work) else list(Path(places.work).glob("unit-*"))
        if not found:
            return
        for path in found:
            footage_store.removed(str(path))
        time.sleep(_LOOK_S)
