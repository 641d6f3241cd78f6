"""Which runtime, precision and number of threads run a network fastest here: found out once, then remembered.

Goes in: the settings, where ``auto`` and 0 leave the choice open, the ONNX file, and a function that opens a matter.
Comes out: a ``Choice`` with nothing left open, or what there is for a ``RuntimeTrial`` to choose from. Its outcome is
kept in the user's cache under everything that it rests on: processor, cores, versions, the files' digests, the size. A
GPU that ONNX Runtime can use is always taken.
"""

import importlib.metadata
import importlib.util
import json
import logging
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import GreenlessError
from models.files import digest, replacing
from models.home import cache_folder
from realtime.settings.schema import MattingSettings

if TYPE_CHECKING:
    from realtime.frame import Frame
    from realtime.matting.matter import Matter

log = logging.getLogger("greenless")

FILE = "runtimes.json"
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
    """Whether other programs had the processor while it was made: then it is made anew at the next start."""

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
    if not os.path.isfile(twin):
        return None
    with twin.open("rb") as file:  # the note of what it was made from stands at the end
        file.seek(-min(_NOTE_BYTES, twin.stat().st_size), os.SEEK_END)
        return twin if digest(path).encode() in file.read() else None


def choose(
    path: Path, settings: MattingSettings, frame: "Frame", open_matter: Open, *, anew: bool = False
) -> Choice | None:
    """Fill in what the settings leave open; None where that wants a trial of the ``candidates``.

    Args:
        path: the ONNX file.
        settings: runtime, provider, precision and threads as the user set them.
        frame: a picture of the size to come; what it shows does not matter.
        open_matter: opens a matter, to see whether it runs on a GPU.
        anew: whether what was chosen at an earlier start no longer counts.
    """
    if settings.provider not in ("auto", "cpu"):  # one that is asked for and not had is an error, never the processor
        precision = "float32" if settings.precision == "auto" else settings.precision
        return Choice(runtime="onnx", provider=settings.provider, precision=precision, threads=settings.threads)
    first, *others = candidates(settings, path)
    only = first if settings.threads and not others else None
    if only is not None and settings.provider == "cpu":
        return only
    if not anew and (known := recall(path, settings, frame)) is not None:
        return known
    chosen = _gpu(settings, frame, open_matter) if settings.provider == "auto" else None
    if (chosen := chosen or only) is not None:
        remember(path, settings, frame, chosen)
    return chosen


def recall(path: Path, settings: MattingSettings, frame: "Frame") -> Choice | None:
    """What was chosen for these settings at an earlier start; None where nothing was, or what it rests on changed.

    What was chosen on a busy machine does not count either.
    """
    known = remembered().get(_key(path, settings, frame))
    return None if known is None or known["busy"] else Choice(**known)


def candidates(settings: MattingSettings, path: Path) -> Iterator[Choice]:
    """What the settings allow, is installed, and may be the fastest, the likeliest first; all on as many threads.

    OpenVINO's float formats are there only without int8, which was faster on every processor seen.
    """
    int8 = ["int8"] if int8_twin(path) else []
    precisions = {"openvino": int8 or ["float32", "bfloat16"], "onnx": [*int8, "float32"]}
    for runtime, likely in precisions.items():
        if settings.runtime not in ("auto", runtime) or (settings.runtime == "auto" and not _installed(runtime)):
            continue
        for precision in likely if settings.precision == "auto" else [settings.precision]:
            yield Choice(runtime=runtime, precision=precision, threads=settings.threads or min(cores(), 4))


def remember(path: Path, settings: MattingSettings, frame: "Frame", choice: Choice) -> None:
    """Keep a choice for the next start; where nothing can be kept it is made anew."""
    log.info("chosen: %s", choice)
    try:
        with replacing(cache_folder() / FILE) as part:
            kept = {**remembered(), _key(path, settings, frame): asdict(choice)}
            part.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    except GreenlessError as error:
        log.debug("the choice is not remembered: %s", error)


def remembered() -> dict[str, dict[str, Any]]:
    """Every choice made so far, by what it rests on; empty when there was none, or the file is damaged."""
    try:
        found = json.loads((cache_folder() / FILE).read_text(encoding="utf-8"))
        return {key: value for key, value in found.items() if value.keys() == asdict(Choice(runtime="")).keys()}
    except (OSError, ValueError, AttributeError):
        return {}


def forget() -> None:
    """Let every choice be made anew: the machine may have been busy when they were made."""
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
    from realtime.matting.runtimes.providers import available

    if settings.runtime == "openvino" or settings.precision not in ("auto", "float32") or available()[0] == "cpu":
        return None
    wanted = Choice(runtime="onnx", provider="auto", threads=settings.threads)
    with closing(open_matter(wanted)) as matter:
        matter.matte_batch([frame])
        got = str(getattr(matter, "provider", "cpu"))
    return None if got == "cpu" else replace(wanted, provider=got)


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
