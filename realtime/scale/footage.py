"""Footage on Ray: mattes images and clips on the machines of a cluster.

    inputs ──plan──▶ items ──cut──▶ units ──Ray Data──▶ Worker ──▶ rows ──▶ report.jsonl
                                                  segments of a clip ──▶ join ──┘

Units go through an actor pool in rounds. What a lost worker or machine left undone is done in the next round, one unit
at a time, with a pool that fits the machines that are left.
"""

import logging
import os
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from models.waiting import NOTICE
from realtime import __version__
from realtime.errors import GreenlessError, last_line
from realtime.matting.choice.runtime_choice import cores
from realtime.offline.report import Progress
from realtime.scale import cluster, footage_store
from realtime.scale.footage_jobs import Item
from realtime.scale.footage_plan import Plan
from realtime.scale.footage_progression import ROUNDS, Progression
from realtime.scale.footage_worker import Places, Row, Worker

log = logging.getLogger("greenless")

_BLOCKS_EACH = 8
_LARGEST_BLOCK = 16
"""A worker gets at least so many blocks of units, and a block has at most so many, because Ray schedules blocks."""

_LOOK_S = 1.0
"""Seconds between two looks at the machines of the cluster."""

_LOOKS = 10
"""So often a stopped job looks for what its workers left."""


def run(plan: Plan, progress: Progress, *, address: str, workers: int | None, gpus: float) -> Progression:
    """Do what a plan has to do on a cluster, and add a line for each input to its report.

    Args:
        plan: the job.
        progress: called after each unit.
        address: as ``cluster.address_of`` returns it.
        workers: how many; None for as many as fit.
        gpus: GPUs of each worker.

    Raises:
        MissingExtra: Ray is not installed.
        SettingsError: the cluster is too small.
        GreenlessError: there is no such cluster, no worker can work, or the report cannot be written.
    """
    state = Progression(plan, progress)
    for number in range(ROUNDS):
        if state.left or state.unjoined():
            if number:
                log.log(NOTICE, "%d units were lost with their workers, and are tried again", len(state.left))
            # Without --workers, a process that is bound to some cores keeps to them.
            local_cpus = 0 if workers else cores() + cluster.FREE_CPUS
            # Ray prints the death of a worker to standard output, which is for results.
            with (
                open(os.devnull, "w") as nowhere,
                redirect_stdout(nowhere),
                cluster.joined(address, local_cpus=local_cpus),
            ):
                _round(state, workers if not number else None, gpus, alone=number > 0)
    for unit in list(state.left):
        why = f"its worker was lost {ROUNDS} times: the file may break the decoder, or need more memory than there is"
        state.take(Row(unit=unit, line=unit.line(error=f"{unit.location}: {why}")))
    for item in state.unjoined():
        state.finish(item.line(error=f"{item.location}: its segments were not joined"))
    return state


def _round(state: Progression, workers: int | None, gpus: float, *, alone: bool) -> None:
    """Do what is left, until it is done or a part of it is lost."""
    machines = cluster.nodes()
    units = list(state.left)
    pool = cluster.pool_of(machines, workers=workers, gpus=gpus, most=max(1, len(units)))
    state.pool = state.pool or pool
    state.joining.clear()  # those of another round are lost
    for whole in state.unjoined():
        state.join(whole)
    rows: SimpleQueue[Row | Exception | None] = SimpleQueue()
    threading.Thread(  # so that this one can look at other things, and at Ctrl-C
        target=_put_rows, args=(units, state.plan, pool, alone, rows.put), name="ray data", daemon=True
    ).start()
    looked_s, begun = time.monotonic(), False
    while True:
        with suppress(Empty):
            if not isinstance(row := rows.get(timeout=_LOOK_S), Row):
                break
            begun = True
            state.take(row)
        state.look()
        if time.monotonic() - looked_s > _LOOK_S:
            looked_s, now = time.monotonic(), cluster.nodes()
            if len(now) < len(machines) and not cluster.holds(now, pool):
                log.log(NOTICE, "a machine left the cluster, and %d workers no longer fit", pool.workers)
                return
    if isinstance(row, Exception):
        if not begun and _never_started(row):
            raise GreenlessError(
                f"no worker starts: {last_line(row)}",
                cure=f"Install greenless {__version__} on every machine of the cluster",
            )
        log.debug("a round on Ray ended early", exc_info=row)
    while state.joining:
        state.look(_LOOK_S)


def _put_rows(
    units: Sequence[Item], plan: Plan, pool: cluster.Pool, alone: bool, put: Callable[[Row | Exception | None], None]
) -> None:
    """Send units through an actor pool of Ray Data; ``put`` takes each row, then the error that ended it, or None."""
    try:
        for row in _through_pool(units, plan, pool, alone).iter_rows() if units else ():
            put(pickle.loads(row["row"]))
    except Exception as error:
        put(error)
    else:
        put(None)


def _through_pool(units: Sequence[Item], plan: Plan, pool: cluster.Pool, alone: bool) -> Any:
    """Return the rows of units as a dataset of Ray."""
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1  # a lost block is for the next round
    size = 1 if alone else max(1, min(_LARGEST_BLOCK, len(units) // (pool.workers * _BLOCKS_EACH)))
    return ray.data.from_items(
        [{"unit": pickle.dumps(unit)} for unit in units], override_num_blocks=-(-len(units) // size)
    ).map_batches(
        Worker,
        fn_constructor_args=(plan.job, plan.places, pool.cpus, __version__),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=pool.workers, max_tasks_in_flight_per_actor=1 if alone else 2),
        num_cpus=pool.cpus,
        num_gpus=pool.gpus or None,
        max_task_retries=0,
    )


def _never_started(error: Exception) -> bool:
    import ray.exceptions

    return isinstance(error, (ray.exceptions.ActorDiedError, ray.exceptions.RayTaskError))


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
