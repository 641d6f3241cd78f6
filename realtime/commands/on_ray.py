"""The part of ``image`` and ``video`` that runs on Ray: its flags, and a job from its plan to its report."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from models.files import removed_if_empty
from realtime.commands.common import say, say_unwritable
from realtime.errors import GreenlessError, SettingsError
from realtime.settings.group import Group, within

if TYPE_CHECKING:
    from realtime.scale.footage_jobs import Job
    from realtime.scale.footage_plan import Plan
    from realtime.scale.footage_progression import Progression
    from realtime.settings.schema import MattingSettings

FLAG = "--ray"


@dataclass(frozen=True, kw_only=True)
class OnRay(Group):
    """The cluster that does the work."""

    ray: Annotated[str | None, tyro.conf.arg(metavar="[ADDRESS]")] = None
    """Work on a Ray cluster: auto, ray://HOST:10001 or HOST:6379; without ADDRESS, RAY_ADDRESS or this machine. Does
    only what is missing. Files may also be s3:// or gs://."""

    workers: Annotated[int | Literal["auto"], tyro.conf.arg(metavar="N|auto")] = "auto"
    """With --ray: number of workers. auto takes all CPUs of the cluster but one."""

    gpus_per_worker: float = within(0.0, 0, 64)
    """With --ray: GPUs of each worker; 0.5 lets two workers share one."""


def address_words(words: Sequence[str]) -> list[str]:
    """Give ``--ray`` without an address an empty one, because the parser wants a value."""
    from realtime.scale.cluster import ADDRESS

    done: list[str] = []
    for index, word in enumerate(words):
        follows = words[index + 1] if index + 1 < len(words) else ""
        done.append(f"{FLAG}=" if word == FLAG and not ADDRESS.fullmatch(follows) else word)
    return done


def check_unused(options: OnRay, paths: Sequence[Path]) -> None:
    """Check that nothing needs Ray, because there is no ``--ray``.

    Raises:
        SettingsError: a flag or a path does.
    """
    from realtime.scale.footage_store import is_url, location_of

    urls = [url for path in paths if is_url(url := location_of(path)) and not Path(path.parts[0]).exists()]
    flags = {"--workers": options.workers != "auto", "--gpus-per-worker": options.gpus_per_worker != 0}
    for word in [*urls, *(flag for flag, given in flags.items() if given)]:
        raise SettingsError(f"{word} needs --ray", cure="Add --ray, or --ray ADDRESS")


def run(job: "Job", options: OnRay, inputs: Sequence[Path], output: Path, *, noun: str, as_json: bool) -> int:
    """Do a job on Ray, and report the result; return 1 if an input failed.

    Raises:
        GreenlessError: the job cannot start, or no worker can work.
    """
    from realtime.scale import cluster, footage_plan, footage_store

    address = cluster.address_of(options.ray or "")
    workers = None if options.workers == "auto" else options.workers
    if workers is not None and workers < 1:
        raise SettingsError(f"expected --workers 1 or more, or auto, got {workers}")
    say_unwritable()
    began_s = time.monotonic()
    target = footage_store.location_of(output)
    footage_plan.check_output(job, target)
    job.check()
    folders = [] if footage_store.is_url(target) else [output]
    with removed_if_empty(*folders), ExitStack() as stack:
        plan = footage_plan.planned(job, [footage_store.location_of(path) for path in inputs], target)
        state = _done(plan, stack, noun, address=address, workers=workers, gpus=options.gpus_per_worker)
    return _conclude(state, time.monotonic() - began_s, as_json=as_json)


def _done(
    plan: "Plan", stack: ExitStack, noun: str, *, address: str, workers: int | None, gpus: float
) -> "Progression":
    """Do what is to do. If that is nothing, Ray does not even start."""
    from realtime.commands.progress import progress
    from realtime.offline.report import silent
    from realtime.scale import footage
    from realtime.scale.footage_progression import Progression

    if not plan.todo:
        plan.report.save()
        return Progression(plan, silent)
    _lock(plan, stack)
    footage.clean(plan.places, keep_parts=True)  # of a run that was killed
    job = replace(plan.job, matting=_settled(plan.job.matting, gpus))
    finished = False
    try:
        with progress("working", noun) as show:
            state = footage.run(replace(plan, job=job), show, address=address, workers=workers, gpus=gpus)
        finished = True
        return state
    finally:
        footage.clean(plan.places, keep_parts=not finished)
        plan.report.save()


def _lock(plan: "Plan", stack: ExitStack) -> None:
    """Keep a second command off the same outputs."""
    from filelock import FileLock, Timeout

    from realtime.media.failures import cannot_write
    from realtime.scale.footage_store import is_url
    from realtime.scale.footage_worker import PARTS

    if is_url(plan.places.work):
        return
    work = Path(plan.places.work)
    try:
        stack.enter_context(removed_if_empty(work, work / PARTS))
        work.mkdir(parents=True, exist_ok=True)
        stack.enter_context(FileLock(work / "lock", blocking=False))
        stack.callback((work / "lock").unlink, missing_ok=True)
    except Timeout as error:
        raise GreenlessError(
            f"another greenless is writing to {plan.places.folder}", cure="Wait for it, or name another output"
        ) from error
    except OSError as error:
        raise cannot_write(work, error) from error


def _settled(settings: "MattingSettings", gpus: float) -> "MattingSettings":
    """Choose one runtime for all workers, so that all give the same pixels: the one that the plain command uses here.

    With GPUs, each worker opens ONNX Runtime on its own.
    """
    from realtime.matting import is_chroma

    if settings.runtime == "torch" or is_chroma(settings.weights) or settings.provider not in ("auto", "cpu"):
        return settings
    from models import weights
    from realtime.matting.choice.runtime_choice import candidates
    from realtime.matting.runtimes.custom_onnx_spec import description_of

    path = weights.find(settings.weights)
    if description_of(path) is not None:
        return settings
    if gpus:
        return replace(settings, runtime="onnx", precision="float32")
    choice: Any = next(candidates(settings, weights.onnx_for(path)))
    return replace(settings, runtime=choice.runtime, provider="cpu", precision=choice.precision)


def _conclude(state: "Progression", seconds: float, *, as_json: bool) -> int:
    """Report in the words of the plain command."""
    from realtime.commands import offline
    from realtime.offline.report import Report

    plan, lines, pool = state.plan, state.lines, state.pool
    written = [name for line in lines for name in line.outputs]
    report = Report(
        matted=[Path(line.input) for line in lines if not line.error],
        written=[Path(name) for name in written],
        skipped=plan.skipped,
        failures=[*plan.failures, *(GreenlessError(line.error) for line in lines if line.error)],
        incomplete=[f"{line.input}: {', '.join(line.left_out)}" for line in lines if line.left_out],
        empty=[Path(line.input) for line in lines if line.empty],
        done_before=[Path(line.input) for line in plan.done_before],
    )
    more = {
        "report": plan.report.location,
        "seconds": round(seconds, 3),
        "workers": pool.workers if pool else 0,
        "cpus_per_worker": pool.cpus if pool else 0,
    }
    if lines and seconds:
        workers = f"{more['workers']} worker{'s' * (more['workers'] != 1)}"
        say(f"{seconds:.0f} s on Ray with {workers}; {plan.report.location} has the details")
    return offline.conclude(report, written, as_json=as_json, more=more)
