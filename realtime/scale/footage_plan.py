"""``Plan``: what a job on Ray has to do: its inputs, where results go, and what was done before."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from realtime.errors import GreenlessError, SettingsError, SinkError, SourceError
from realtime.media.codecs import ANIMATIONS, CODECS
from realtime.media.image_formats import IMAGE_SUFFIXES
from realtime.media.unfinished import is_unfinished
from realtime.offline.output_names import Kind, plan, spare, unique
from realtime.offline.video_outputs import stands_alone
from realtime.scale import footage_store as store
from realtime.scale.footage_jobs import ClipJob, ImageJob, Item, Job
from realtime.scale.footage_report import Line, ReportFile
from realtime.scale.footage_worker import WORK, Places
from realtime.scale.segments import segments_of


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A job that can start."""

    job: Job
    """The options."""

    places: Places
    """Where the results go."""

    report: ReportFile
    """The report of this and earlier runs."""

    todo: tuple[Item, ...]
    """What is to do."""

    done_before: tuple[Line, ...]
    """What an earlier run did."""

    skipped: tuple[str, ...]
    """A line for each path that is left out."""

    failures: tuple[GreenlessError, ...]
    """Folders without an input, and inputs that are missing."""


def planned(job: Job, inputs: Sequence[str], output: str) -> Plan:
    """Plan a job.

    Args:
        job: the options.
        inputs: files and folders; paths or URLs.
        output: the output folder; for one clip it may be a file.

    Raises:
        SinkError: an output would overwrite an input, or the suffix does not fit.
        SourceError: a URL cannot be read.
    """
    folders = [location for location in inputs if store.is_folder(location)]
    if isinstance(job, ClipJob) and _is_single(job, inputs, folders, output):
        folder, name = store.folder_of(output), store.name_of(output)
        suffix = "" if job.alpha == "png" else Path(name).suffix
        job = replace(job, single=suffix)
        named, skipped, barren = [(inputs[0], name.removesuffix(suffix))], list[str](), list[SourceError]()
        hidden, kept = f".{name}{WORK}", f"{name}.report.jsonl"
    else:
        folder, hidden, kept = output, WORK, "report.jsonl"
        named, skipped, barren = _named(inputs, folders, job.kind, output)
    places = Places(folder=folder, work=store.joined(folder, hidden))
    report = ReportFile(store.joined(folder, kept))
    targets = [store.joined(places.folder, name + ending) for _, name in named for ending in job.endings]
    _spare([location for location, _ in named], targets)
    todo: list[Item] = []
    done: list[Line] = []
    failures: list[GreenlessError] = [*barren]
    for location, name in named:
        try:
            item = Item(location=location, name=name, key=job.digest_of(location))
        except SourceError as error:
            failures.append(error)
            key = hashlib.sha256(location.encode("utf-8", "surrogateescape")).hexdigest()[:24]
            report.add(Line(input=location, key=f"missing-{key}", error=str(error)))
            continue
        if (line := report.done(item.key)) is not None:
            done.append(line)
            continue
        if isinstance(job, ClipJob):
            item = replace(item, segments=segments_of(location, job))
        todo.append(item)
    if isinstance(job, ClipJob) and job.alpha == "png":
        folders_of_png = (store.joined(places.folder, item.name + job.endings[0]) for item in todo)
        if (there := next(filter(store.exists, folders_of_png), None)) is not None:
            raise SinkError(f"{there} exists already", cure="Remove it, or name another folder with -o")
    return Plan(
        job=job,
        places=places,
        report=report,
        todo=tuple({item.key: item for item in todo}.values()),
        done_before=tuple(done),
        skipped=tuple(skipped),
        failures=tuple(failures),
    )


def _is_single(job: ClipJob, inputs: Sequence[str], folders: Sequence[str], output: str) -> bool:
    """Whether ``output`` names the one output, by the rules of the plain command."""
    if store.is_url(output) and Path(store.name_of(output)).suffix.lower() not in CODECS | ANIMATIONS:
        return False
    one = len(inputs) == 1 and not folders
    return stands_alone([Path(inputs[0])] * (1 if one else 2), Path(output), job.alpha)


def _named(
    inputs: Sequence[str], folders: Sequence[str], kind: Kind, output: str
) -> tuple[list[tuple[str, str]], list[str], list[SourceError]]:
    """Return the inputs with the names of their outputs, what is left out, and folders without an input."""
    local = [location for location in inputs if not store.is_url(location)]
    out = None if store.is_url(output) else Path(output)
    found = plan([Path(location) for location in local], kind, out)
    skipped, barren = list(found.skipped), list(found.barren)
    urls: list[tuple[str, str]] = []
    for location in (location for location in inputs if store.is_url(location)):
        if location not in folders:
            urls.append((location, store.name_of(location)))
            continue
        found_there = store.files_in(location)
        files = [file for file in found_there if _suits(file, kind)]
        skipped += [f"{file}: not a supported {kind.noun}" for file in found_there if file not in files]
        if not files:
            barren.append(SourceError(f"{location} holds no {kind.noun}", cure="Name the files themselves"))
        prefix = f"{store.name_of(location.rstrip('/'))}/" if len(folders) > 1 else ""
        urls += [(file, prefix + store.name_of(file)) for file in files]
    named = [(str(each.path), each.name) for each in found.jobs]
    if urls:
        taken = [f"{name}.local" for _, name in named]
        names = unique([*taken, *(name for _, name in urls)])
        locations = [*(location for location, _ in named), *(location for location, _ in urls)]
        named = list(zip(locations, names, strict=True))
    return named, skipped, barren


def _suits(location: str, kind: Kind) -> bool:
    path = Path(store.name_of(location))
    return path.suffix.lower() in kind.suffixes and not path.name.startswith(".") and not is_unfinished(path)


def _spare(inputs: Sequence[str], targets: Sequence[str]) -> None:
    """Check that no output would overwrite an input."""
    if double := set(inputs) & set(targets):
        raise SinkError(
            f"{min(double)} is an input and would be overwritten", cure="Name another folder for the outputs"
        )
    paths = [Path(location) for location in inputs if not store.is_url(location)]
    spare(paths, [Path(target) for target in targets if not store.is_url(target)])


def check_output(job: Job, output: str) -> None:
    """Check that a folder is named, as the plain command does.

    Raises:
        SettingsError: the output names the bucket of an object store, or nothing.
        SinkError: images need a folder, and the output names an image.
    """
    like_image = isinstance(job, ImageJob) and Path(store.name_of(output)).suffix.lower() in IMAGE_SUFFIXES
    if like_image and not store.is_folder(output):
        raise SinkError(f"expected a folder to write to, got {output}", cure=f"Type -o {output.rpartition('.')[0]}")
    if store.is_url(output) and not output.partition("://")[2].strip("/"):
        raise SettingsError(f"expected a bucket and a folder, got {output}", cure="Type -o s3://BUCKET/FOLDER")
