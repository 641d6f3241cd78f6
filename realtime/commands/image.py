"""``greenless image``: mattes, cut-outs and composites of images and folders."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from realtime.commands.common import say
from realtime.commands.offline_options import OfflineOptions, of_settings
from realtime.commands.on_ray import address_words, check_unused
from realtime.errors import SettingsError
from realtime.settings.schema import Quality, Settings

if TYPE_CHECKING:
    from realtime.matting.matter import Matter
    from realtime.offline.report import Progress, Report
    from realtime.scale.footage_jobs import ImageJob

EVERYDAY = (
    *("inputs", "output", "background", "combined", "files_from", "keep_metadata", "skip_done"),
    *("trimap", "scribbles", "zip", "quality", "weights"),
)
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options(OfflineOptions):
    """Cut people out of images. Writes NAME_alpha.png (the matte) and NAME_cutout.png (transparent) for each image."""

    inputs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="IN...")]
    """Images, and folders of images. - reads one image from standard input."""

    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="FOLDER")] = None
    """Output folder; created if it does not exist. - writes one PNG to standard output: the composite if --background
    is given, otherwise the cut-out."""

    background: Annotated[str | None, tyro.conf.arg(metavar="STR")] = None
    """Also write NAME_composite.png: the person in front of blur[:STRENGTH], #RRGGBB or an image."""

    combined: bool = False
    """Also write NAME_combined.png: original | foreground | matte."""

    files_from: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Also read the names of images and folders from this file, one a line, or separated by NUL; - reads standard
    input."""

    keep_metadata: Literal["credits", "all", "none"] = "credits"
    """What the outputs keep of EXIF and XMP. credits: date, author and copyright. all: also the place and the camera. A
    thumbnail is never kept."""

    skip_done: bool = False
    """Leave images whose outputs exist and are newer."""

    trimap: Annotated[str | None, tyro.conf.arg(metavar="FILE|auto")] = None
    """Refine the edge by closed-form matting (slow; extra greenless[pymatting]). FILE is a trimap: white is the person,
    black the background, grey unknown. auto derives the trimap from the matte."""

    scribbles: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Refine as --trimap does, from a drawing: white strokes mark the person, black ones the background. The rest of
    the drawing is grey or transparent."""

    zip: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Also write all files to this archive; without -o, write only the archive."""

    quality: Quality = "best"
    """Trade-off between speed and quality. It decides enlarge, temporal and edge_colours if they are auto."""

    json: bool = False
    """Print a summary for programs instead of the names of the outputs."""


def defaults(settings: Settings) -> Options:
    """Return the options with the values of the settings file."""
    return Options(inputs=(), **of_settings(settings))


completed = address_words


def main(options: Options) -> int:
    """Process all images; return 1 if one failed."""
    from realtime.commands import standard_streams

    inputs, listed = options.inputs, options.files_from
    if standard_streams.DASH in inputs and (len(inputs) > 1 or listed):
        raise SettingsError("- is one image on standard input", cure="Name it alone, or use files")
    if listed is not None:
        inputs = (*inputs, *standard_streams.listed(listed))
    if not inputs:
        raise SettingsError("expected at least one image", cure="greenless image IMAGE -o FOLDER")
    if options.on_ray.ray is not None:
        return _run_on_ray(options, inputs)
    check_unused(options.on_ray, (*inputs, *filter(None, [options.output])))
    with ExitStack() as stack:
        received = None
        if inputs == (standard_streams.DASH,):
            received = stack.enter_context(standard_streams.received())
            inputs = (received,)
        output = options.output
        if output == standard_streams.DASH:
            _check_single(inputs, options)
            output = stack.enter_context(
                standard_streams.sent("_cutout.png" if options.background is None else "_composite.png")
            )
        return _run(replace(options, inputs=inputs, output=output), received, to_stdout=output != options.output)


def _check_single(inputs: tuple[Path, ...], options: Options) -> None:
    """Refuse more than one image for standard output."""
    if len(inputs) > 1 or inputs[0].is_dir():
        raise SettingsError("-o - writes one image", cure="Name one image, or a folder with -o")
    if options.zip or options.combined or options.skip_done or options.json:
        cure = "Leave out --zip, --combined, --skip-done and --json, or name a folder"
        raise SettingsError("-o - writes one PNG", cure=cure)


def _run_on_ray(options: Options, inputs: tuple[Path, ...]) -> int:
    from realtime.commands import on_ray, standard_streams

    refused = {
        "-": standard_streams.DASH in (*inputs, options.output),
        "--zip": options.zip is not None,
        "--skip-done": options.skip_done,
        "--scribbles": options.scribbles is not None,
        "--trimap FILE": options.trimap not in (None, "auto"),
    }
    for flag in (flag for flag, given in refused.items() if given):
        cure = "Leave it out: a job on Ray does only what is missing" if flag == "--skip-done" else "Leave one out"
        raise SettingsError(f"{flag} does not go with --ray", cure=cure)
    if options.output is None:
        raise SettingsError("no folder was named for the outputs", cure="Name one with -o")
    return on_ray.run(_job(options), options.on_ray, inputs, options.output, noun="images", as_json=options.json)


def _job(options: Options) -> "ImageJob":
    from realtime.offline.trimap import AUTO, Refined
    from realtime.scale.footage_jobs import ImageJob

    drawn = options.trimap or options.scribbles
    return ImageJob(
        matting=options.matting,
        finish=options.finish,
        scene=options.scene,
        quality=options.quality,
        background=options.background,
        combined=options.combined,
        keep=options.keep_metadata,
        refine=Refined(trimap=options.trimap or AUTO, scribbles=options.scribbles) if drawn else None,
    )


def _run(options: Options, received: Path | None, *, to_stdout: bool) -> int:
    from realtime.commands import offline, standard_streams

    if options.scene.overlay and options.background is None:
        say("the overlay is only in NAME_composite.png: add --background")
    job = _job(options)
    if job.refine is not None:
        say("closed-form matting takes seconds per image, and minutes the first time, while pymatting compiles itself")

    def work(matter: "Matter", progress: "Progress") -> "Report":
        report = job.matte(
            options.inputs,
            options.output,
            matter,
            zip_path=options.zip,
            skip_done=options.skip_done,
            progress=progress,
        )
        if to_stdout:  # one of the outputs, and not a file that stays
            report = replace(report, written=report.written[:1])
        return report if received is None else standard_streams.worded(report, received)

    folders = [*filter(None, [options.output]), *([options.zip.parent] if options.zip else [])]
    return offline.run(
        options.matting, "images", work, folders=folders, names_outputs=not to_stdout, as_json=options.json
    )
