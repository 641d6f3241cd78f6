"""``Worker``: the actor of a job. It keeps one network open and does whole units: read, matte, write.

Outputs are written beside their place, and moved there when they are whole.
"""

import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from realtime import __version__
from realtime.errors import GreenlessError, MatterError, MissingExtra, WeightsError
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.offline.report import Report, failure
from realtime.scale import footage_store as store
from realtime.scale.footage_jobs import ClipJob, ImageJob, Item, Job
from realtime.scale.footage_report import Line
from realtime.scale.segments import join_segments, matte_segment

WORK = ".greenless-ray"
"""Folder in the output folder for what is not finished."""

PARTS = "parts"
"""Folder in it for whole segments."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the results of a job go."""

    folder: str
    """The output folder."""

    work: str
    """The folder for what is not finished; on a shared path, it is on the disk of ``folder``."""

    def parts(self, item: Item, ending: str) -> list[str]:
        """Return the locations of the finished segments of a clip whose output has this ending."""
        suffix = ending.rpartition(".")[2]
        names = [f"{item.key}-{round(segment.start_s * 1000)}.{suffix}" for segment in item.segments]
        return [store.joined(self.work, f"{PARTS}/{name}") for name in names]

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield an empty folder on the disk of the outputs, or of this machine if they go to an object store."""
        place = None if store.is_url(self.work) else self.work
        if place is not None:
            os.makedirs(place, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="unit-", dir=place, ignore_cleanup_errors=True) as folder:
            yield Path(folder)


@dataclass(frozen=True, kw_only=True)
class Row:
    """The result of a unit."""

    unit: Item
    """The unit."""

    line: Line
    """What became of it."""

    fatal: bool = False
    """Whether every other unit would fail as well."""


class Worker:
    """An actor of Ray Data.

    Args:
        job: the options.
        places: where the results go.
        threads: CPU threads to use.
        version: of greenless on the machine that started the job.
    """

    def __init__(self, job: Job, places: Places, threads: int, version: str) -> None:
        self._job, self._places, self._threads, self._version = job, places, threads, version
        self._matter: Matter | None = None

    def __call__(self, batch: Mapping[str, Sequence[bytes]]) -> dict[str, list[bytes]]:
        """Do the units of a batch. Units and rows travel as bytes, because Ray's tables have no type for them."""
        return {"row": [pickle.dumps(self._row(pickle.loads(unit))) for unit in batch["unit"]]}

    def _row(self, unit: Item) -> Row:
        """Do one unit. A failure is a row, because the others go on."""
        try:
            matter = self._opened()
        except Exception as error:
            return Row(unit=unit, line=unit.line(error=str(failure(Path("the network"), error))), fatal=True)
        try:
            with self._places.scratch() as folder:
                return Row(unit=unit, line=self._done(unit, matter, folder))
        except MissingExtra as error:
            return Row(unit=unit, line=unit.line(error=str(error)), fatal=True)
        except Exception as error:
            return Row(unit=unit, line=_failed(unit, error))

    def _opened(self) -> Matter:
        if self._version != __version__:
            raise GreenlessError(
                f"this worker has greenless {__version__}, the command has {self._version}",
                cure="Install the same version on every machine of the cluster",
            )
        if self._matter is None:
            import cv2

            cv2.setNumThreads(self._threads)
            self._matter = open_matter(replace(self._job.matting, threads=self._threads))
        return self._matter

    def _done(self, unit: Item, matter: Matter, folder: Path) -> Line:
        job, endings = self._job, self._job.endings
        if isinstance(job, ClipJob) and unit.segments:
            return self._segment(unit, job, matter, folder)
        source = store.fetched(unit.location, folder / "in")
        out = folder / ("images" if isinstance(job, ImageJob) else f"clip{endings[0]}")
        report = job.matte([source], out, matter)
        _check(report, source, unit)
        places = [store.joined(self._places.folder, unit.name + ending) for ending in endings]
        # The matte of an image comes last: where it is, the others are.
        for ending, place in zip(endings[::-1], places[::-1], strict=True):
            store.delivered(next(path for path in report.written if path.name.endswith(ending)), place)
        left_out = tuple(line.removeprefix(f"{source}: ") for line in report.incomplete)
        return unit.line(outputs=tuple(places), empty=bool(report.empty), left_out=left_out)

    def _segment(self, unit: Item, job: ClipJob, matter: Matter, folder: Path) -> Line:
        (ending,) = job.endings
        (place,) = self._places.parts(unit, ending)
        damaged = 0
        if not store.exists(place):  # of an earlier run
            source, out = store.fetched(unit.location, folder / "in"), folder / f"clip{ending}"
            damaged = matte_segment(source, unit.segments[0], job, matter, out)
            store.delivered(out, place)
        return unit.line(outputs=(place,), left_out=("damaged packets",) if damaged else ())


def join(item: Item, job: ClipJob, places: Places) -> Line:
    """Join the finished segments of a clip. A failure is a line."""
    (ending,) = job.endings
    place = store.joined(places.folder, item.name + ending)
    try:
        with places.scratch() as folder:
            files = [store.fetched(part, folder / "parts") for part in places.parts(item, ending)]
            source, out = store.fetched(item.location, folder / "in"), folder / f"clip{ending}"
            left_out = join_segments(source, files, item.segments, job, out)
            store.delivered(out, place)
    except Exception as error:
        return _failed(item, error)
    return item.line(outputs=(place,), left_out=left_out)


def _failed(item: Item, error: Exception) -> Line:
    return item.line(error=str(failure(Path(item.location), error)))


def _check(report: Report, source: Path, item: Item) -> None:
    """Raise the failure of an input, under the name that the user gave."""
    for error in report.failures:
        if isinstance(error, (WeightsError, MatterError)):
            raise error
        raise type(error)(error.what.replace(str(source), item.location), cure=error.cure)
