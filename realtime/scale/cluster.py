"""Starts Ray on this machine or joins a cluster, and finds the size that a pool of workers may have there.

Ray is an extra: this module imports it when a cluster is joined.
"""

import logging
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from realtime.errors import GreenlessError, SettingsError, from_extra

LOCAL = "local"
"""The address that starts Ray on this machine, and ends it with the job."""

ADDRESS = re.compile(r"auto|local|ray://\S+|[\w.-]+:\d+|\[[0-9a-fA-F:]+\]:\d+")
"""What may stand for a cluster on the command line."""

MOST_CPUS = 4
"""A worker gains little from more threads than this."""

FREE_CPUS = 1
"""CPUs that the workers leave to Ray: actors on every CPU hang it (ray-project/ray issue 44687)."""

_REACHED_S = 10.0
"""So long a cluster may take to accept a connection."""

_FOLDER = "greenless-ray-"
_LEFT_S = 60.0
"""A younger folder may be one whose process has not locked it yet."""

_STORE_BYTES = 100 * 1024**2
"""Object store of a local Ray. Rows are paths and reports; pixels never pass through it."""

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # greenless sends nothing anywhere
    "RAY_ENABLE_AUTO_CONNECT": "0",  # a thread that outlives the job would start another Ray, which stays
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # it prints errors that are none
}


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A pool of workers that fits a cluster."""

    workers: int
    """Number of workers."""

    cpus: int
    """CPUs, and so threads, of each."""

    gpus: float
    """GPUs of each."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """What one machine of a cluster offers."""

    cpus: int
    gpus: float


def address_of(word: str) -> str:
    """Return the cluster that an address names; empty means ``RAY_ADDRESS``, or this machine.

    Raises:
        SettingsError: it is no address.
    """
    address = word or os.environ.get("RAY_ADDRESS", "") or LOCAL
    if not ADDRESS.fullmatch(address):
        raise SettingsError(
            f"expected the address of a Ray cluster, got {address!r}", cure="Type auto, ray://HOST:10001 or HOST:6379"
        )
    return address


@contextmanager
def joined(address: str, *, local_cpus: int = 0, variables: Mapping[str, str] | None = None) -> Iterator[None]:
    """Join the cluster at ``address`` while the block runs; ``local`` starts one, which ends with the block.

    Args:
        address: as ``address_of`` returns it.
        local_cpus: CPUs of a local Ray; 0 counts those of this machine, and adds ``FREE_CPUS``.
        variables: of the environment of Ray's processes, unless the user has set them.

    Raises:
        MissingExtra: Ray is not installed.
        GreenlessError: there is no cluster, or Ray does not start.
    """
    for name, value in {**_QUIET, **(variables or {})}.items():
        os.environ.setdefault(name, value)
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings(action="ignore"))  # the user cannot act on those of Ray
        with from_extra("ray"):
            import ray
        _check_reachable(address)
        arguments: dict[str, Any] = {"address": address, "logging_level": logging.ERROR, "log_to_driver": False}
        if address == LOCAL:
            folder = stack.enter_context(_folder())
            cpus = local_cpus or machine_cpus() + FREE_CPUS
            arguments |= {"num_cpus": cpus, "include_dashboard": False, "_temp_dir": folder}
            arguments |= {"object_store_memory": _STORE_BYTES}
        stack.callback(ray.shutdown)
        try:
            with _without_stderr(), _same_signals():
                ray.init(**arguments)
        except Exception as error:  # a plain one if the start takes too long
            raise _not_joined(address, error) from error
        yield


@contextmanager
def _same_signals() -> Iterator[None]:
    """Keep Ray from handling SIGTERM: it would end its processes, and then wait two minutes for them to start.

    Its native code takes the signal as well, to print a stack.
    """
    change, handlers = signal.signal, {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal = lambda number, handler: signal.getsignal(number)  # type: ignore[assignment]
    try:
        yield
    finally:
        signal.signal = change
        for number, handler in handlers.items():
            change(number, handler)


@contextmanager
def _folder() -> Iterator[str]:
    """Yield the folder of a local Ray. The folders of processes that were killed are removed.

    It is short, because Ray puts sockets there; and not /tmp/ray, because that may belong to another user.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        with suppress(OSError, Timeout):
            if time.time() - left.stat().st_mtime > _LEFT_S:
                with FileLock(left / "lock", blocking=False):
                    shutil.rmtree(left, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=_FOLDER)
    try:
        with FileLock(Path(folder, "lock")):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_reachable(address: str) -> None:
    """Refuse an address at which nothing listens: Ray would wait for it for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address in (LOCAL, "auto") or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACHED_S).close()
    except (OSError, OverflowError) as error:
        raise _not_joined(address, error) from error


def nodes() -> list[Node]:
    """Return the machines of the joined cluster that are alive."""
    import ray

    alive = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [Node(cpus=int(found.get("CPU", 0)), gpus=float(found.get("GPU", 0))) for found in alive]


def machine_cpus() -> int:
    """Return how many CPU cores this machine has."""
    return os.cpu_count() or 1


def pool_of(machines: list[Node], *, workers: int | None, gpus: float = 0.0, most: int | None = None) -> Pool:
    """Return the pool of workers that fits these machines.

    Args:
        machines: as ``nodes`` returns them.
        workers: how many; None for as many as fit.
        gpus: GPUs of each worker.
        most: the largest useful number; None if there is none.

    Raises:
        SettingsError: it does not fit, and never would.
    """
    fits = fitting("worker", workers or 1, machines, gpus=gpus, free=FREE_CPUS)
    count = workers or min(fits, most or fits)
    total = sum(node.cpus for node in machines) - FREE_CPUS
    cpus = next(
        cpus
        for cpus in range(MOST_CPUS, 0, -1)
        if cpus == 1 or (cpus * count <= total and _placed(machines, cpus, gpus) >= count)
    )
    return Pool(workers=count, cpus=cpus, gpus=gpus)


def fitting(noun: str, wanted: int, machines: list[Node], *, cpus: int = 1, gpus: float = 0.0, free: int = 0) -> int:
    """Return how many actors the machines can hold.

    Args:
        noun: the word for one; its plural is the flag for their number.
        wanted: how many must fit.
        machines: as ``nodes`` returns them.
        cpus: CPUs of each.
        gpus: GPUs of each.
        free: CPUs that they leave.

    Raises:
        SettingsError: fewer than ``wanted`` fit.
    """
    total = sum(node.cpus for node in machines)
    fits = min((total - free) // cpus, _placed(machines, cpus, gpus))
    if fits < wanted:
        each, has = _many(cpus, "CPU"), _many(total, "CPU")
        if gpus:
            each += f" and {_many(gpus, 'GPU')}"
            has += f" and {_many(sum(node.gpus for node in machines), 'GPU')}"
        kept = f"{_many(free, 'CPU')} must stay free, " if free else ""
        raise SettingsError(
            f"{_many(wanted, noun)} with {each} each cannot start: the cluster has {has}, "
            f"{kept}and so {fits} fit{'s' * (fits == 1)}",
            cure=(f"Type --{noun}s {fits}, or add" if fits else "Lower --threads, or add" if cpus > 1 else "Add")
            + " machines to the cluster",
        )
    return fits


def holds(machines: list[Node], pool: Pool) -> bool:
    """Whether the machines can hold a pool."""
    return _placed(machines, pool.cpus, pool.gpus) >= pool.workers


def _placed(machines: list[Node], cpus: int, gpus: float) -> int:
    """Return how many workers of a size the machines can hold."""
    return sum(min(node.cpus // cpus, int(node.gpus / gpus + 1e-9) if gpus else node.cpus) for node in machines)


def _many(count: float, noun: str) -> str:
    return f"{count:g} {noun}{'s' * (count != 1)}"


def _not_joined(address: str, error: Exception) -> GreenlessError:
    why = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
    if address == LOCAL:
        return GreenlessError(f"Ray did not start on this machine: {why}", cure="See docs/scale.md, Troubleshooting")
    if "Could not find any running Ray" in why:
        why = "none runs on this machine"
    return GreenlessError(
        f"cannot join the Ray cluster {address}: {why.rstrip('.')}",
        cure="Start it with ray start --head, or check the address",
    )


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Discard what native code prints: Ray's says that it was told to print nothing."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
