"""``Worker``: the actor of a job. It keeps one network open and does whole units: read, matte, write.

It calls the functions of the plain commands, so that it gives their pixels. Outputs are written beside their place, and
moved there when they are whole.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from realtime import __version__
from realtime.errors import GreenlessError, MatterError, MissingExtra, WeightsError
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.refine.fine_edges import FineEdges
from realtime.offline.images import matte_pictures
from realtime.offline.report import Report, failure
from realtime.offline.video import matte_video
from realtime.scale import footage_store as store
from realtime.scale.footage_jobs import ClipJob, ImageJob, Item, Job, Unit, part_name
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

    def part(self, item: Item, number: int, suffix: str) -> str:
        """Return the location of a finished segment."""
        return store.joined(self.work, f"{PARTS}/{part_name(item, item.segments[number], suffix)}")

    def forget_parts(self, item: Item, suffix: str) -> None:
        """Remove the finished segments of a clip that is joined."""
        for number in range(len(item.segments)):
            store.removed(self.part(item, number, suffix))

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
    """The result of a unit, or of joining a clip."""

    number: int
    """The number of the unit."""

    outputs: tuple[str, ...] = ()
    """What was written."""

    error: str = ""
    """What failed; empty if nothing did."""

    fatal: bool = False
    """Whether every other unit would fail as well."""

    empty: bool = False
    """Whether no person was found."""

    left_out: tuple[str, ...] = ()
    """What of the input is not in the output."""

    def to_text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def of_text(text: str) -> "Row":
        """Return the row that ``to_text`` wrote."""
        found: dict[str, Any] = json.loads(text)
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
        return Row(**values)


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

    def __call__(self, batch: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Do the units of a batch."""
        return {"row": [self._row(Unit.of_text(str(text))).to_text() for text in batch["unit"]]}

    def _row(self, unit: Unit) -> Row:
        """Do one unit. A failure is a row, because the others go on."""
        try:
            matter = self._opened()
        except Exception as error:
            return Row(number=unit.number, error=str(failure(Path("the network"), error)), fatal=True)
        try:
            with self._places.scratch() as folder:
                if isinstance(self._job, ImageJob):
                    return self._image(unit, self._job, matter, folder)
                return self._clip(unit, self._job, matter, folder)
        except MissingExtra as error:
            return Row(number=unit.number, error=str(error), fatal=True)
        except Exception as error:
            return Row(number=unit.number, error=str(failure(Path(unit.item.location), error)))

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

    def _image(self, unit: Unit, job: ImageJob, matter: Matter, folder: Path) -> Row:
        source, out = store.fetched(unit.item.location, folder / "in"), folder / "out"
        refine = None
        if job.refined:
            from realtime.offline.trimap import AUTO, Refined

            refine = Refined(trimap=AUTO, scribbles=None)
        report = matte_pictures(
            [source],
            out,
            FineEdges(matter) if job.quality == "best" else matter,
            finish=job.finish,
            scene=job.scene,
            quality=job.quality,
            refine=refine,
            background=job.background,
            combined=job.combined,
            keep=job.keep,
        )
        _check(report, source, unit.item)
        # The matte comes last: where it is, the others are.
        endings = job.endings[::-1]
        places = [store.joined(self._places.folder, unit.item.name + ending) for ending in endings]
        for ending, place in zip(endings, places, strict=True):
            store.delivered(next(out.glob(f"*{ending}")), place)
        return Row(number=unit.number, outputs=tuple(places[::-1]), empty=bool(report.empty))

    def _clip(self, unit: Unit, job: ClipJob, matter: Matter, folder: Path) -> Row:
        (ending,) = job.endings
        out = folder / f"clip{ending}"
        if unit.part >= 0:
            place = self._places.part(unit.item, 0, ending)
            if store.exists(place):  # of an earlier run
                return Row(number=unit.number, outputs=(place,))
            source = store.fetched(unit.item.location, folder / "in")
            _, damaged = matte_segment(source, unit.item.segments[0], job, matter, out)
            store.delivered(out, place)
            return Row(number=unit.number, outputs=(place,), left_out=("damaged packets",) if damaged else ())
        source = store.fetched(unit.item.location, folder / "in")
        report = matte_video(
            [source],
            out,
            matter,
            finish=job.finish,
            scene=job.scene,
            quality=job.quality,
            background=job.background,
            alpha=job.alpha,
            deinterlace=job.deinterlace,
        )
        _check(report, source, unit.item)
        place = store.joined(self._places.folder, unit.item.name + ending)
        store.delivered(out, place)
        left_out = tuple(line.removeprefix(f"{source}: ") for line in report.incomplete)
        return Row(number=unit.number, outputs=(place,), left_out=left_out)


def join(item: Item, number: int, job: ClipJob, places: Places) -> Row:
    """Join the finished segments of a clip. A failure is a row."""
    (ending,) = job.endings
    parts = [places.part(item, index, ending) for index in range(len(item.segments))]
    place = store.joined(places.folder, item.name + ending)
    try:
        with places.scratch() as folder:
            files = [store.fetched(part, folder / "parts") for part in parts]
            source = store.fetched(item.location, folder / "in")
            out = folder / f"clip{ending}"
            left_out = join_segments(source, files, item.segments, job, out)
            store.delivered(out, place)
    except Exception as error:
        return Row(number=number, error=str(failure(Path(item.location), error)))
    return Row(number=number, outputs=(place,), left_out=left_out)


def _check(report: Report, source: Path, item: Item) -> None:
    """Raise the failure of an input, under the name that the user gave."""
    for error in report.failures:
        if isinstance(error, (WeightsError, MatterError)):
            raise error
        raise type(error)(error.what.replace(str(source), item.location), cure=error.cure)
