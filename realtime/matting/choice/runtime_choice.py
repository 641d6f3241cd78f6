"""Chooses the runtime, precision and number of threads that run a network fastest on this machine.

Settings at ``auto`` or 0 leave the choice open. ``choose`` decides if it needs no trial; otherwise ``candidates`` lists
what a ``RuntimeTrial`` compares. The user's cache keeps its result under all that it depends on: CPU, cores, versions,
digests of the files, size. A GPU that ONNX Runtime can use always wins.
"""

import importlib.metadata
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
    """How to run a network."""

    runtime: str
    """onnx or openvino."""

    provider: str = "cpu"
    """As in the settings, but never ``auto``."""

    precision: str = "float32"
    """float32, bfloat16 or int8."""

    threads: int = 0
    """0 lets the runtime decide."""

    ms: float = 0.0
    """Measured time per frame; 0 if not measured."""

    busy: bool = False
    """Whether other programs used the CPU during the trial; then the next start repeats it."""

    def __str__(self) -> str:
        return f"{self.runtime} {self.precision} on {self.provider}{self.cost()}"

    def cost(self) -> str:
        """Return threads and measured time for people; empty if both are unknown."""
        threads = f", {self.threads} thread{'s' * (self.threads != 1)}" if self.threads else ""
        return threads + (f", {self.ms:.1f} ms per frame" if self.ms else "")


Open = Callable[[Choice], "Matter"]
"""Opens a matter for a choice; raises a ``GreenlessError`` if that is not possible."""


def int8_twin(path: Path) -> Path | None:
    """Return the int8 twin that ``models.training.quantise`` made from exactly this ONNX file; None without one."""
    twin = path.with_name(f"{path.stem}-int8.onnx")
    if not os.path.isfile(twin):
        return None
    with twin.open("rb") as file:  # the digest of its source is at the end
        file.seek(-min(_NOTE_BYTES, twin.stat().st_size), os.SEEK_END)
        return twin if digest(path).encode() in file.read() else None


def choose(
    path: Path, settings: MattingSettings, frame: "Frame", open_matter: Open, *, ignore_earlier: bool = False
) -> Choice | None:
    """Complete the settings to a choice; return None if that needs a trial of the ``candidates``.

    Args:
        path: the ONNX file.
        settings: runtime, provider, precision and threads of the user.
        frame: a frame of the expected size, with any content.
        open_matter: opens a matter, to check whether it runs on a GPU.
        ignore_earlier: whether to ignore the choice of an earlier start.
    """
    if settings.provider not in ("auto", "cpu"):  # a requested GPU never falls back to the CPU
        precision = "float32" if settings.precision == "auto" else settings.precision
        return Choice(runtime="onnx", provider=settings.provider, precision=precision, threads=settings.threads)
    first, *others = candidates(settings, path)
    only = first if settings.threads and not others else None
    if only is not None and settings.provider == "cpu":
        return only
    if not ignore_earlier and (known := recall(path, settings, frame)) is not None:
        return known
    chosen = _gpu(settings, frame, open_matter) if settings.provider == "auto" else None
    if (chosen := chosen or only) is not None:
        remember(path, settings, frame, chosen)
    return chosen


def recall(path: Path, settings: MattingSettings, frame: "Frame") -> Choice | None:
    """Return the choice of an earlier start for these settings; None if there is none, or its conditions changed.

    A choice made on a busy machine does not count.
    """
    known = remembered().get(_key(path, settings, frame))
    return None if known is None or known["busy"] else Choice(**known)


def candidates(settings: MattingSettings, path: Path) -> Iterator[Choice]:
    """Yield the installed choices that the settings allow, the likely fastest first, all with the same threads.

    OpenVINO's float formats are candidates only without an int8 file, which was faster on every CPU tested.
    """
    int8 = ["int8"] if int8_twin(path) else []
    precisions = {"openvino": int8 or ["float32", "bfloat16"], "onnx": [*int8, "float32"]}
    for runtime in ("onnx",) if settings.runtime == "auto" and not version_of("openvino") else precisions:
        if settings.runtime not in ("auto", runtime):
            continue
        for precision in precisions[runtime] if settings.precision == "auto" else [settings.precision]:
            yield Choice(runtime=runtime, precision=precision, threads=settings.threads or min(cores(), 4))


def remember(path: Path, settings: MattingSettings, frame: "Frame", choice: Choice) -> None:
    """Save a choice for the next start. If the cache is not writable, the next start chooses again."""
    log.info("chosen: %s", choice)
    try:
        with replacing(cache_folder() / FILE) as part:
            choices = {**remembered(), _key(path, settings, frame): asdict(choice)}
            part.write_text(json.dumps(choices, indent=1), encoding="utf-8")
    except GreenlessError as error:
        log.debug("cannot save the choice: %s", error)


def remembered() -> dict[str, dict[str, Any]]:
    """Return all saved choices by their conditions; empty if there are none, or the file is damaged."""
    try:
        found = json.loads((cache_folder() / FILE).read_text(encoding="utf-8"))
        return {key: value for key, value in found.items() if value.keys() == asdict(Choice(runtime="")).keys()}
    except (OSError, ValueError, AttributeError):
        return {}


def forget() -> None:
    """Delete all saved choices, so that each is made again: the machine may have been busy."""
    with suppress(OSError):
        (cache_folder() / FILE).unlink()


def cores() -> int:
    """Return how many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """Return the name of the CPU, as the operating system reports it."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text(encoding="utf-8").splitlines() if info.is_file() else ():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _gpu(settings: MattingSettings, frame: "Frame", open_matter: Open) -> Choice | None:
    """Return a choice of ONNX Runtime on a GPU, if the settings allow it and a GPU works."""
    from realtime.matting.runtimes.providers import available

    if settings.runtime == "openvino" or settings.precision not in ("auto", "float32") or available()[0] == "cpu":
        return None
    wanted = Choice(runtime="onnx", provider="auto", threads=settings.threads)
    with closing(open_matter(wanted)) as matter:
        matter.matte_batch([frame])
        got = getattr(matter, "provider", "cpu")
    return None if got == "cpu" else replace(wanted, provider=got)


def _key(path: Path, settings: MattingSettings, frame: "Frame") -> str:
    """Return all that a choice depends on, in readable form."""
    versions = [f"{name} {version}" for name in _PACKAGES if (version := version_of(name))]
    files = [f"{file.name} {digest(file)[:12]}" for file in (path, int8_twin(path)) if file is not None]
    gpu = ["nvidia"] * (shutil.which("nvidia-smi") is not None)
    asked = [settings.runtime, settings.provider, settings.precision, str(settings.threads)]
    size = f"{settings.reference_size} of {frame.width_px}x{frame.height_px}"
    return "; ".join([processor(), f"{cores()} cores", *gpu, *versions, *files, size, " ".join(asked)])


def version_of(package: str) -> str:
    """Return the installed version of a package; empty if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
