"""Mattes images offline and writes mattes, cutouts and composites.

Each image passes the stages of the live loop (Matter, Finish, Scene); only reading and writing differ.
"""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from models.waiting import NOTICE
from realtime.errors import SettingsError, SinkError
from realtime.frame import Matte
from realtime.matting.matter import Matter
from realtime.media.image_file import open_image
from realtime.media.image_formats import IMAGE_SUFFIXES
from realtime.media.image_metadata import Keep
from realtime.media.still_image import StillImage
from realtime.offline.image_outputs import ENDINGS, endings_of
from realtime.offline.image_run import ImageRun
from realtime.offline.output_names import Job, Kind, is_done, plan, spare
from realtime.offline.outputs import Outputs
from realtime.offline.report import Progress, Report, silent
from realtime.scene.choices import CLIP_SUFFIXES
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, Quality, SceneSettings

log = logging.getLogger("greenless")

KIND = Kind(
    noun="image",
    suffixes=IMAGE_SUFFIXES,
    endings=ENDINGS,
    others=dict.fromkeys(CLIP_SUFFIXES - IMAGE_SUFFIXES, "a clip; greenless video takes it"),
)

LEAST_PERSON = 0.001
"""Share of an image that must be person (alpha over a half) to say that one was found: 32x32 px of a megapixel."""


def matte_pictures(
    inputs: Sequence[Path],
    output: Path | None,
    matter: Matter,
    *,
    finish: FinishSettings = FinishSettings(),
    scene: SceneSettings = SceneSettings(),
    quality: Quality = "best",
    refine: Callable[[Matte], Matte] | None = None,
    drawing: Path | None = None,
    background: str | None = None,
    combined: bool = False,
    zip_path: Path | None = None,
    keep: Keep = "credits",
    skip_done: bool = False,
    progress: Progress = silent,
) -> Report:
    """Matte images: for each ``NAME.ext`` write ``NAME_alpha.png`` and ``NAME_cutout.png``, and more on request.

    ``NAME_alpha.png`` is 8-bit grey at the image's size, ``NAME_cutout.png`` is colour with straight alpha, 16-bit if
    the image is. The matte is multiplied by the image's own alpha. ``realtime.offline.output_names`` keeps outputs of
    equal names apart.

    Args:
        inputs: images, and folders for the images in them.
        output: the folder to write to; it may be the inputs' folder. None writes only the archive.
        matter: the network.
        finish: how its mattes are enlarged to the images' size.
        scene: how the person is composited; its background is ignored.
        quality: decides settings that are ``auto``.
        refine: refines each finished matte (``realtime.offline.trimap``); None leaves it.
        drawing: a file that ``refine`` reads, drawn for one image; None if there is none.
        background: the background of ``NAME_composite.png``, as in ``SceneSettings``; None writes no composite.
        combined: whether to write ``NAME_combined.png``: original | person over white | matte.
        zip_path: an archive for every output under its name in the folder; None writes none.
        keep: what the outputs keep of the metadata.
        skip_done: whether to leave images whose outputs exist and are newer.
        progress: called before each image, after each strip of a large one, and at the end.

    Returns:
        What was done. Images that failed, for any reason, are in ``failures``; all others are done.

    Raises:
        SettingsError: there is a drawing and more than one image, or ``skip_done`` and an archive.
        SinkError: the folder or the archive cannot be created, or an output would overwrite an input.
        SceneError: the background cannot be read.
        MissingExtra: ``refine`` needs a package that is not installed.
    """
    _check(output, zip_path, background, skip_done=skip_done)
    todo = plan(inputs, KIND, output)
    _check_drawing(drawing, todo.jobs)
    targets = [output / f"{job.name}{ending}" for job in todo.jobs for ending in ENDINGS] if output else []
    spare((job.path for job in todo.jobs), [*targets, *([zip_path] if zip_path else [])])
    endings = endings_of(composed=background is not None, combined=combined)
    done_before = {job: None for job in todo.jobs if skip_done and output and is_done(job, output, endings)}
    jobs = [job for job in todo.jobs if job not in done_before]
    cut_out = replace(scene, background="transparent", overlay="")
    settings = cut_out if background is None else replace(scene, background=background)
    with closing(Scene(settings, quality)) as shared, Outputs(output, zip_path) as outputs:
        report = Report(
            skipped=todo.skipped,
            failures=[*todo.barren],
            written=outputs.written,
            done_before=[job.path for job in done_before],
        )
        run = ImageRun(
            matter=matter,
            finish=finish,
            scene=settings,
            shared=shared,
            quality=quality,
            refine=refine,
            endings=endings,
            outputs=outputs,
        )
        for done, job in enumerate(jobs):
            progress(done, len(jobs), job.path.name)
            with report.taking(job.path):
                image = open_image(job.path, keep)
                _say_of_frames(image, job.path)
                if run.one(job, image, _within_image(progress, done, len(jobs), job.path.name)) < LEAST_PERSON:
                    report.empty.append(job.path)
            if not outputs.open:
                break
        try:
            outputs.close()
        except SinkError as error:
            report.failures.append(error)
    progress(len(jobs), len(jobs), "")
    return report


def _check(output: Path | None, zip_path: Path | None, background: str | None, *, skip_done: bool) -> None:
    """Refuse options that contradict each other."""
    if output is None and zip_path is None:
        raise SinkError(
            "no folder and no archive was named for the outputs", cure="Name a folder with -o or an archive with --zip"
        )
    if output is not None and output.suffix.lower() in IMAGE_SUFFIXES and not os.path.isdir(output):
        raise SinkError(f"expected a folder to write to, got {output}", cure=f"Type -o {output.with_suffix('')}")
    if background == "transparent":
        raise SettingsError("NAME_cutout.png has a transparent background already", cure="Leave out --background")
    if skip_done and (output is None or zip_path is not None):
        what = "an archive holds all images, so none can be skipped"
        raise SettingsError(what, cure="Leave out --zip or --skip-done")


def _check_drawing(drawing: Path | None, jobs: Sequence[Job]) -> None:
    """Refuse a drawing for several images."""
    if drawing is not None and len(jobs) > 1:
        what = f"{drawing} is drawn for one image, but {len(jobs)} were named"
        raise SettingsError(what, cure="Type greenless image once for each image, with its drawing")


def _within_image(progress: Progress, done: int, count: int, name: str) -> Callable[[float], None]:
    """Return the function that takes the share of one image that is done."""
    return lambda share: progress(done, count, f"{name}, {share:.0%}")


def _say_of_frames(image: StillImage, path: Path) -> None:
    if image.frames > 1:
        words = "%s holds %d images: the first is used; greenless video takes all of an animation"
        log.log(NOTICE, words, path.name, image.frames)
