"""Mattes images offline and writes mattes, cutouts and composites.

Each image passes the stages of the live loop (Matter, Finish, Scene); only reading and writing differ.
"""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from models.waiting import NOTICE
from realtime.errors import GreenlessError, MissingExtra, SettingsError, SinkError
from realtime.frame import Alpha, Frame, Matte
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import finished
from realtime.media import large_image, png
from realtime.media.image_file import open_image
from realtime.media.image_formats import IMAGE_SUFFIXES
from realtime.media.image_metadata import Keep
from realtime.media.still_image import StillImage
from realtime.offline import by_strips, image_outputs
from realtime.offline.image_outputs import ENDINGS, Wanted
from realtime.offline.output_names import Job, Kind, is_done, plan, spare
from realtime.offline.outputs import Outputs
from realtime.offline.report import Progress, Report, failure, silent
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
    todo = plan(inputs, KIND, output)
    if drawing is not None and len(todo.jobs) > 1:
        what = f"{drawing} is drawn for one image, but {len(todo.jobs)} were named"
        raise SettingsError(what, cure="Type greenless image once for each image, with its drawing")
    targets = [output / f"{job.name}{ending}" for job in todo.jobs for ending in ENDINGS] if output else []
    spare(todo.jobs, [*targets, *([zip_path] if zip_path else [])])
    wanted = Wanted(composed=background is not None, combined=combined)
    done_before = [job for job in todo.jobs if skip_done and output and is_done(job, output, wanted.endings)]
    jobs = [job for job in todo.jobs if job not in done_before]
    failures: list[GreenlessError] = list(todo.barren)
    matted: list[Path] = []
    empty: list[Path] = []
    cut_out = replace(scene, background="transparent", overlay="")
    settings = cut_out if background is None else replace(scene, background=background)
    with closing(Scene(settings, quality)) as shared, Outputs(output, zip_path) as outputs:
        run = _Run(
            matter=matter,
            finish=finish,
            scene=settings,
            shared=shared,
            quality=quality,
            refine=refine,
            wanted=wanted,
            outputs=outputs,
        )
        for done, job in enumerate(jobs):
            progress(done, len(jobs), job.path.name)
            try:
                image = open_image(job.path, keep)
                _say_of_frames(image, job.path)
                within = _within_image(progress, done, len(jobs), job.path.name)
                share = run.one(job, image, within)
            except MissingExtra:  # it is missing for all others, too
                raise
            except Exception as error:
                failures.append(failure(job.path, error))
                if not outputs.open:
                    break
                continue
            matted.append(job.path)
            if share < LEAST_PERSON:
                empty.append(job.path)
        try:
            outputs.close()
        except SinkError as error:
            failures.append(error)
    progress(len(jobs), len(jobs), "")
    return Report(
        matted=tuple(matted),
        written=outputs.written,
        skipped=todo.skipped,
        failures=tuple(failures),
        empty=tuple(empty),
        done_before=tuple(job.path for job in done_before),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Run:
    """What all images of a run share."""

    matter: Matter
    finish: FinishSettings
    scene: SceneSettings
    shared: Scene
    quality: Quality
    refine: Callable[[Matte], Matte] | None
    wanted: Wanted
    outputs: Outputs

    def one(self, job: Job, image: StillImage, within: Callable[[float], None]) -> float:
        """Write the outputs of one image; return the share of it that is person."""
        if large_image.is_large(image):
            return self._by_strips(job, image, within)
        part = image.whole()
        matte = self._matte(Frame(pixels=part.pixels, index=0, captured_s=0.0))
        matte = matte if self.refine is None else self.refine(matte)
        # One scene for each image, because a scene adapts to the light of a stream.
        with closing(Scene(self.scene, self.quality, like=self.shared)) as scene:
            composite = scene.compose(matte if part.alpha is None else _times(matte, part.alpha))
        for ending, pixels in image_outputs.of_composite(composite, part.alpha, part.deep, self.wanted):
            self.outputs.put(job.name + ending, pixels, image.metadata)
        return _person(composite.matte)

    def _matte(self, frame: Frame) -> Matte:
        (matte,) = finished(self.matter, self.finish, [frame], self.quality)
        return matte

    def _by_strips(self, job: Job, image: StillImage, within: Callable[[float], None]) -> float:
        """Do the same for a large image. Of the progress, a third is reading."""
        if self.refine is not None:
            megapixels = f"{image.width_px * image.height_px / 1e6:.0f} megapixels"
            raise SettingsError(
                f"closed-form matting does not fit {megapixels}", cure="Leave it out, or reduce the image"
            )
        factor = large_image.factor_of(image)
        pixels, own_alpha = large_image.reduced(image, factor, lambda row: within(row / image.height_px / 3))
        matte = self._matte(Frame(pixels=pixels, index=0, captured_s=0.0))
        bare = replace(self.scene, overlay="")  # the logo comes last, at full size
        with closing(Scene(bare, self.quality, like=self.shared)) as scene:
            composite = scene.compose(matte if own_alpha is None else _times(matte, own_alpha))
            plate = scene.plate(composite.matte)
        led = self.finish.enlarge == "guided" or (self.finish.enlarge == "auto" and self.quality != "fast")
        with ExitStack() as stack:
            writers = {ending: self._rows(stack, job, image, ending) for ending in self.wanted.endings}
            for strip in by_strips.strips(image, factor, matte.alpha, composite, plate, led=led):
                if self.shared.logo is not None:
                    strip = by_strips.with_logo(strip, self.shared.logo, image.height_px)
                for ending, rows in image_outputs.of_strip(strip, self.wanted):
                    writers[ending](rows)
                within(1 / 3 + strip.bottom / image.height_px * 2 / 3)
        return _person(composite.matte)

    def _rows(self, stack: ExitStack, job: Job, image: StillImage, ending: str) -> Callable[[png.Picture], None]:
        channels, bits, widths = image_outputs.layout(ending, is_deep=image.is_deep)
        rows = png.Rows(
            width_px=widths * image.width_px,
            height_px=image.height_px,
            channels=channels,
            bits=bits,
            metadata=image.metadata,
        )
        return stack.enter_context(self.outputs.by_rows(job.name + ending, rows))


def _within_image(progress: Progress, done: int, count: int, name: str) -> Callable[[float], None]:
    """Return the function that takes the share of one image that is done."""
    return lambda share: progress(done, count, f"{name}, {share:.0%}")


def _say_of_frames(image: StillImage, path: Path) -> None:
    if image.frames > 1:
        words = "%s holds %d images: the first is used; greenless video takes all of an animation"
        log.log(NOTICE, words, path.name, image.frames)


def _times(matte: Matte, own_alpha: Alpha) -> Matte:
    """Return the matte multiplied by the alpha of the image itself."""
    return Matte(alpha=matte.alpha * own_alpha, frame=matte.frame)


def _person(matte: Matte) -> float:
    """Return the share of an image that is person."""
    return float((matte.alpha8 > 127).mean())
