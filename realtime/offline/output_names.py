"""Plans an offline run: finds the inputs and gives their outputs unique names.

The rules, in this order:

1. A folder means the images (or clips) in it, sorted by name, without sub-folders.
2. Results of an earlier run (``a_alpha.png`` beside ``a.jpg``) are left out, so that a folder can be its own output.
3. Outputs are named after the input without its last suffix: ``a.1.jpg`` gives ``a.1_alpha.png``.
4. With more than one folder, each folder's outputs go to a sub-folder of its name.
5. Equal names keep their suffix (``a.jpg_alpha.png``, ``a.png_alpha.png``). If they are still equal, they are numbered
   (``a.jpg-2_alpha.png``). Names that differ only in case count as equal, because some file systems ignore case.
"""

import os
import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from realtime.errors import SinkError, SourceError
from realtime.media.unfinished import is_unfinished, numbered


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of input."""

    noun: str
    """The word for one in messages: ``"image"``."""

    suffixes: frozenset[str]
    """Suffixes of such files in a folder, in lower case, with their dot. A file that is named directly needs none."""

    endings: tuple[str, ...]
    """Endings that outputs add to the input's name: ``"_alpha.png"``."""

    others: Mapping[str, str] = field(default_factory=dict)
    """Why a file with another suffix is left out, by suffix; others are "not a supported" input."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One input."""

    path: Path
    """The file to read; it need not exist."""

    name: str
    """Name of its outputs without their ending, relative to the output folder, with ``/``: ``"holiday/a.1"``."""


@dataclass(frozen=True, kw_only=True)
class OutputPlan:
    """The jobs of a run, and the paths that are left out."""

    jobs: tuple[Job, ...]
    skipped: tuple[str, ...]
    """A line for each path that is left out: ``PATH: REASON; CURE``."""

    barren: tuple[SourceError, ...]
    """An error for each folder that holds no input."""


def plan(inputs: Sequence[Path], kind: Kind, output: Path | None) -> OutputPlan:
    """Plan the jobs for ``inputs`` (files and folders) by the rules above.

    Args:
        inputs: as the user named them. A missing file is a job, too; reading it fails.
        kind: the kind of file to find in folders.
        output: the folder for the outputs; None if there is no such folder.
    """
    several = len({_key(path) for path in inputs if os.path.isdir(path)}) > 1
    found: dict[str, tuple[Path, str]] = {}
    skipped: list[str] = []
    barren: list[SourceError] = []
    for path in inputs:
        if not os.path.isdir(path):
            found.setdefault(_key(path), (path, path.name))
            continue
        try:
            files, left_out = _listed(path, kind, output)
        except OSError as error:
            barren.append(SourceError(f"cannot read the folder {path} ({error.strerror})"))
            continue
        skipped += left_out
        if not files:
            barren.append(SourceError(f"the folder {path} holds no {kind.noun}", cure="Name the files themselves"))
        prefix = Path(os.path.abspath(path)).name if several else ""
        for file in files:
            found.setdefault(_key(file), (file, str(PurePosixPath(prefix, file.name))))
    results = _results_of_earlier_runs([path for path, _ in found.values()], kind.endings)
    skipped += [f"{path}: the result of an earlier run" for path, _ in found.values() if path in results]
    chosen = [(path, name) for path, name in found.values() if path not in results]
    names = unique([name for _, name in chosen])
    jobs = tuple(Job(path=path, name=name) for (path, _), name in zip(chosen, names, strict=True))
    return OutputPlan(jobs=jobs, skipped=tuple(skipped), barren=tuple(barren))


def spare(inputs: Iterable[Path], targets: Iterable[Path]) -> None:
    """Check that no output would overwrite an input.

    Raises:
        SinkError: one would.
    """
    taken = {_key(path).casefold() for path in inputs}
    for target in targets:
        if _key(target).casefold() in taken:
            raise SinkError(
                f"{target} is an input and would be overwritten", cure="Name another folder for the outputs"
            )


def is_done(job: Job, output: Path, endings: Iterable[str]) -> bool:
    """Whether all outputs of a job exist and none is older than its input."""
    try:
        changed_ns = os.stat(job.path).st_mtime_ns
        return all(os.stat(output / (job.name + ending)).st_mtime_ns >= changed_ns for ending in endings)
    except OSError:
        return False


def unique(names: Sequence[str]) -> list[str]:
    """Return output names for file names (``"holiday/a.1.jpg"``), no two equal even if case is ignored."""
    short = [str(PurePosixPath(name).with_suffix("")) for name in names]
    while True:  # a name that keeps its suffix may equal another's stem: a.jpg, a.png, a.jpg.png
        counts = Counter(name.casefold() for name in short)
        longer = [full if counts[name.casefold()] > 1 else name for full, name in zip(names, short, strict=True)]
        if longer == short:
            break
        short = longer
    taken: set[str] = set()
    free = []
    for name in short:
        free.append(next(candidate for candidate in numbered(name) if candidate.casefold() not in taken))
        taken.add(free[-1].casefold())
    return free


def _key(path: Path) -> str:
    """A key that is equal for two paths of one file. Links are not resolved, because they have their own names."""
    return os.path.normcase(os.path.abspath(path))


def _listed(folder: Path, kind: Kind, output: Path | None) -> tuple[list[Path], list[str]]:
    """List the folder's files of this kind, sorted, and a line for each other path that is not hidden."""
    files: list[Path] = []
    left_out: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if os.path.isdir(path):
            if output is None or _key(path) != _key(output):
                left_out.append(f"{path}: a folder in a folder; name it to include it")
        elif is_unfinished(path):
            left_out.append(f"{path}: an unfinished recording; greenless recover {shlex.quote(str(path))} finishes it")
        elif path.suffix.lower() in kind.suffixes:
            files.append(path)
        else:
            left_out.append(f"{path}: {kind.others.get(path.suffix.lower(), f'not a supported {kind.noun}')}")
    return files, left_out


def _results_of_earlier_runs(paths: Collection[Path], endings: Sequence[str]) -> set[Path]:
    """Return those of ``paths`` that are named like an output of another one in the same folder."""
    sources = {(_key(path.parent), name) for path in paths for name in (path.stem, path.name)}
    output = re.compile(rf"((.+?)(?:-\d+)?)(?:{'|'.join(map(re.escape, endings))})", re.DOTALL)
    found = ((path, output.fullmatch(path.name)) for path in paths)
    return {path for path, name in found if name and {(_key(path.parent), stem) for stem in name.groups()} & sources}
