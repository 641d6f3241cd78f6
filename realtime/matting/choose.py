"""Which runtime, precision and number of threads run a network fastest here: measured once, then remembered.

Goes in: the settings, where ``auto`` and 0 leave the choice open, the ONNX file, and a function that opens a matter.
Comes out: a ``Choice`` with nothing left open. What was measured is kept in the user's cache under everything that it
rests on: processor, cores, versions, the files' digests, the size. A GPU that ONNX Runtime can use is always taken.
"""

import importlib.metadata
import importlib.util
import json
import logging
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import GreenlessError
from models.files import digest, replacing
from models.weights import cache_folder
from realtime.settings import MattingSettings

if TYPE_CHECKING:
    from realtime.frame import Frame
    from realtime.matting.base import Matter

log = logging.getLogger("greenless")

FILE = "runtimes.json"
FEWER_MS_SHARE = 1.1
"""Fewer threads are taken when they cost no more than this much more time: the other cores have work, too."""

BUSY = 0.6
"""Share of the time that runs must have had a core: with less, others took it."""

OTHERS = 0.5
"""The most programs that may have waited for each core in the last minute: more of them slow two threads most, so that
one would seem to be enough."""

_RUNS, _LONGEST_S = 8, 0.25
_MOST_THREADS = 8
_NOTE_BYTES = 1024
_PACKAGES = ("onnxruntime", "onnxruntime-gpu", "openvino")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a network is run."""

    runtime: str
    """onnx or openvino."""

    provider: str = "cpu"
    """As in the settings; ``auto`` is resolved."""

    precision: str = "float32"
    """float32, bfloat16 or int8."""

    threads: int = 0
    """0 leaves the number to the runtime."""

    ms: float = 0.0
    """What one picture took, by the clock; 0 where nothing was measured."""

    busy: bool = False
    """Whether other programs had the processor while it was measured: then it is measured anew at the next start."""

    def __str__(self) -> str:
        return f"{self.runtime} {self.precision} on {self.provider}{self.cost()}"

    def cost(self) -> str:
        """For people: how many threads, and what was measured; empty where neither is known."""
        threads = f", {self.threads} thread{'s' * (self.threads != 1)}" if self.threads else ""
        return threads + (f", {self.ms:.1f} ms a picture" if self.ms else "")


Open = Callable[[Choice], "Matter"]
"""Opens a matter as a choice says; raises a ``GreenlessError`` where that cannot be had."""


def int8_twin(path: Path) -> Path | None:
    """The quantised twin of an ONNX file, made of this very file by ``models.quantise``; None where there is none."""
    twin = path.with_name(f"{path.stem}-int8.onnx")
    if not twin.is_file():
        return None
    with twin.open("rb") as file:  # the note of what it was made from stands at the end
        file.seek(-min(_NOTE_BYTES, twin.stat().st_size), os.SEEK_END)
        return twin if digest(path).encode() in file.read() else None


def choose(path: Path, settings: MattingSettings, frame: "Frame", open_matter: Open, *, anew: bool = False) -> Choice:
    """Fill in what the settings leave open.

    Args:
        path: the ONNX file.
        settings: runtime, provider, precision and threads as the user set them.
        frame: a picture of the size to come; what it shows does not matter.
        open_matter: opens what is to be measured.
        anew: whether what was chosen at an earlier start no longer counts.

    Raises:
        realtime.errors.GreenlessError: nothing of what the settings allow can be opened; the last reason.
    """
    if settings.provider not in ("auto", "cpu"):  # one that is asked for and not had is an error, never the processor
        precision = "float32" if settings.precision == "auto" else settings.precision
        return Choice(runtime="onnx", provider=settings.provider, precision=precision, threads=settings.threads)
    possible = list(candidates(settings, path))
    settled = len(possible) == 1 and settings.threads > 0
    if settled and settings.provider == "cpu":
        return possible[0]
    if not anew and (known := recall(path, settings, frame)) is not None:
        return known
    chosen = _gpu(settings, frame, open_matter) if settings.provider == "auto" else None
    if chosen is None:
        chosen = possible[0] if settled else measure(possible, settings, frame, open_matter)
    log.info("chosen: %s", chosen)
    _remember(_key(path, settings, frame), chosen)
    return chosen


def recall(path: Path, settings: MattingSettings, frame: "Frame") -> Choice | None:
    """What was chosen for these settings at an earlier start; None where nothing was, or what it rests on changed.

    What was chosen on a busy machine does not count either.
    """
    known = remembered().get(_key(path, settings, frame))
    return None if known is None or known["busy"] else Choice(**known)


def candidates(settings: MattingSettings, path: Path) -> Iterator[Choice]:
    """What the settings allow, is installed, and may be the fastest; all with the most threads that are tried.

    OpenVINO's float formats are tried only where there is no int8, which was faster on every processor seen: each
    candidate costs half a second.
    """
    int8 = ["int8"] if int8_twin(path) else []
    precisions = {"onnx": ["float32", *int8], "openvino": int8 or ["float32", "bfloat16"]}
    for runtime, likely in precisions.items():
        if settings.runtime not in ("auto", runtime) or (settings.runtime == "auto" and not _installed(runtime)):
            continue
        for precision in likely if settings.precision == "auto" else [settings.precision]:
            yield Choice(runtime=runtime, precision=precision, threads=settings.threads or min(cores(), 4))


def measure(possible: list[Choice], settings: MattingSettings, frame: "Frame", open_matter: Open) -> Choice:
    """The fastest on this processor: first the runtimes and precisions, then the best one with fewer and more threads.

    Raises:
        realtime.errors.GreenlessError: none of them can be opened; the last reason.
    """
    best = min(_timed(possible, frame, open_matter), key=lambda choice: choice.ms)
    if not settings.threads:
        others = [count for count in (1, 2, 4, 8) if count <= min(cores(), _MOST_THREADS) and count != best.threads]
        tried = _timed([best, *(replace(best, threads=count) for count in others)], frame, open_matter)
        enough_ms = FEWER_MS_SHARE * min(choice.ms for choice in tried)
        best = min((choice for choice in tried if choice.ms <= enough_ms), key=lambda choice: choice.threads)
    return best


def remembered() -> dict[str, dict[str, Any]]:
    """Every choice made so far, by what it rests on; empty when nothing was measured, or the file is damaged."""
    try:
        found = json.loads((cache_folder() / FILE).read_text(encoding="utf-8"))
        return {key: value for key, value in found.items() if value.keys() == asdict(Choice(runtime="")).keys()}
    except (OSError, ValueError, AttributeError):
        return {}


def forget() -> None:
    """Let every choice be measured anew: the machine may have been busy when they were made."""
    with suppress(OSError):
        (cache_folder() / FILE).unlink()


def cores() -> int:
    """How many processor cores this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's name, as the system tells it."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text(encoding="utf-8").splitlines() if info.is_file() else ():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _gpu(settings: MattingSettings, frame: "Frame", open_matter: Open) -> Choice | None:
    """ONNX Runtime on a GPU, where the settings leave that open and there is one."""
    from realtime.matting.providers import available

    if settings.runtime == "openvino" or settings.precision not in ("auto", "float32") or available()[0] == "cpu":
        return None
    wanted = Choice(runtime="onnx", provider="auto", threads=settings.threads)
    with closing(open_matter(wanted)) as matter:
        matter.matte_batch([frame])
        got = str(getattr(matter, "provider", "cpu"))
    return None if got == "cpu" else replace(wanted, provider=got)


def _timed(choices: list[Choice], frame: "Frame", open_matter: Open) -> list[Choice]:
    """Those that can be had, each with the shortest of its runs: they take turns, so a busy moment hits all alike.

    Raises:
        realtime.errors.GreenlessError: none can be had; the last reason.
    """
    found: list[tuple[Choice, Matter]] = []
    reason: GreenlessError | None = None
    with ExitStack() as opened:
        for choice in choices:
            try:
                matter = opened.enter_context(closing(open_matter(choice)))
                matter.matte_batch([frame])
            except GreenlessError as error:  # not to be had on this processor, say
                log.debug("%s is out of the question: %s", choice, error)
                reason = error
            else:
                found.append((choice, matter))
        if not found:
            raise reason or ValueError("expected at least one way to run the network")
        times_s: list[list[float]] = []
        start_s, processor_s = time.perf_counter(), time.process_time()
        while len(times_s) < 2 or (len(times_s) < _RUNS and time.perf_counter() - start_s < _LONGEST_S * len(found)):
            times_s.append([_run_s(matter, frame) for _, matter in found])
        busy = time.process_time() - processor_s < BUSY * (time.perf_counter() - start_s) or _others() > OTHERS
    shortest_s = [min(of_one) for of_one in zip(*times_s, strict=True)]
    return [replace(choice, ms=round(1000 * s, 2), busy=busy) for (choice, _), s in zip(found, shortest_s, strict=True)]


def _others() -> float:
    """How many programs waited for each core in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 0.0


def _run_s(matter: "Matter", frame: "Frame") -> float:
    start_s = time.perf_counter()
    matter.matte_batch([frame])
    return time.perf_counter() - start_s


def _key(path: Path, settings: MattingSettings, frame: "Frame") -> str:
    """Everything that a choice rests on, readable."""
    versions = [f"{name} {version}" for name in _PACKAGES if (version := _version(name))]
    files = [f"{file.name} {digest(file)[:12]}" for file in (path, int8_twin(path)) if file is not None]
    gpu = ["nvidia"] * (shutil.which("nvidia-smi") is not None)
    asked = [settings.runtime, settings.provider, settings.precision, str(settings.threads)]
    size = f"{settings.reference_size} of {frame.width_px}x{frame.height_px}"
    return "; ".join([processor(), f"{cores()} cores", *gpu, *versions, *files, size, " ".join(asked)])


def _installed(runtime: str) -> bool:
    try:
        return runtime == "onnx" or importlib.util.find_spec(runtime) is not None
    except ValueError:  # a package that was put out of reach
        return False


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _remember(key: str, choice: Choice) -> None:
    """Keep the choice for the next start; without a cache it is measured anew."""
    try:
        with replacing(cache_folder() / FILE) as part:
            part.write_text(json.dumps({**remembered(), key: asdict(choice)}, indent=1), encoding="utf-8")
    except GreenlessError as error:
        log.debug("the choice is not remembered: %s", error)
