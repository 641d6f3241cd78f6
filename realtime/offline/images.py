"""Mattes images offline and writes mattes, cutouts and composites.

Each image passes the stages of the live loop (Matter, Finish, Scene); only reading and writing differ.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from realtime.errors import GreenlessError, MissingExtra, SettingsError, SinkError
from realtime.frame import Alpha, Composite, Frame, Matte, Pixels
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import finished
from realtime.media.image_file import PICTURE_SUFFIXES, read_picture
from realtime.offline.output_names import Kind, plan, spare
from realtime.offline.outputs import Outputs
from realtime.offline.report import Progress, Report, failure, silent
from realtime.scene.blend import blend
from realtime.scene.compose import Scene
from realtime.scene.rim import Rim
from realtime.settings.schema import FinishSettings, Quality, SceneSettings

_ENDINGS = ("_alpha.png", "_cutout.png", "_composite.png", "_combined.png")


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
    progress: Progress = silent,
) -> Report:
    """Matte images: for each ``NAME.ext`` write ``NAME_alpha.png`` and ``NAME_cutout.png``, and more on request.

    ``NAME_alpha.png`` is 8-bit grey at the image's size, ``NAME_cutout.png`` is colour with straight alpha. The matte
    is multiplied by the image's own alpha. ``realtime.offline.output_names`` keeps outputs of equal names apart.

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
        progress: called before each image and at the end.

    Returns:
        What was done. Images that failed, for any reason, are in ``failures``; all others are done.

    Raises:
        SettingsError: there is a drawing and more than one image.
        SinkError: the folder or the archive cannot be created, or an output would overwrite an input.
        SceneError: the background cannot be read.
        MissingExtra: ``refine`` needs a package that is not installed.
    """
    if output is None and zip_path is None:
        raise SinkError(
            "no folder and no archive was named for the outputs", cure="Name a folder with -o or an archive with --zip"
        )
    if output is not None and output.suffix.lower() in PICTURE_SUFFIXES and not os.path.isdir(output):
        raise SinkError(f"expected a folder to write to, got {output}", cure=f"Type -o {output.with_suffix('')}")
    if background == "transparent":
        raise SettingsError("NAME_cutout.png has a transparent background already", cure="Leave out --background")
    todo = plan(inputs, Kind(noun="image", suffixes=PICTURE_SUFFIXES, endings=_ENDINGS), output)
    if drawing is not None and len(todo.jobs) > 1:
        what = f"{drawing} is drawn for one image, but {len(todo.jobs)} were named"
        raise SettingsError(what, cure="Type greenless image once for each image, with its drawing")
    targets = [output / f"{job.name}{ending}" for job in todo.jobs for ending in _ENDINGS] if output else []
    spare(todo.jobs, [*targets, *([zip_path] if zip_path else [])])
    failures: list[GreenlessError] = list(todo.barren)
    matted: list[Path] = []
    settings = replace(scene, background="transparent" if background is None else background)
    with closing(Scene(settings, quality)) as shared, Outputs(output, zip_path) as outputs:
        for done, job in enumerate(todo.jobs):
            progress(done, len(todo.jobs), job.path.name)
            try:
                frame, own_alpha = _read(job.path)
                (matte,) = finished(matter, finish, [frame], quality)
                matte = matte if refine is None else refine(matte)
                # One scene for each image, because a scene adapts to the light of a stream.
                with closing(Scene(settings, quality, like=shared)) as one:
                    composite = one.compose(matte if own_alpha is None else _within(matte, own_alpha))
                for ending, pixels in _wanted(composite, own_alpha, composed=background is not None, combined=combined):
                    outputs.put(job.name + ending, pixels)
            except MissingExtra:  # it is missing for all others, too
                raise
            except Exception as error:
                failures.append(failure(job.path, error))
                if not outputs.open:
                    break
                continue
            matted.append(job.path)
        try:
            outputs.close()
        except SinkError as error:
            failures.append(error)
    progress(len(todo.jobs), len(todo.jobs), "")
    return Report(matted=tuple(matted), written=outputs.written, skipped=todo.skipped, failures=tuple(failures))


def _read(path: Path) -> tuple[Frame, Alpha | None]:
    pixels, own_alpha = read_picture(path)
    return Frame(pixels=pixels, index=0, captured_s=0.0), own_alpha


def _within(matte: Matte, own_alpha: Alpha) -> Matte:
    """Return the matte multiplied by the alpha of the image itself."""
    return Matte(alpha=matte.alpha * own_alpha, frame=matte.frame)


def _wanted(
    composite: Composite, own_alpha: Alpha | None, *, composed: bool, combined: bool
) -> Iterator[tuple[str, Pixels]]:
    """Yield each output of one image with its ending."""
    yield "_alpha.png", _alpha8(composite)
    yield "_cutout.png", _cutout(composite)
    if composed:
        yield "_composite.png", composite.pixels
    if combined:
        yield "_combined.png", _combined(composite, own_alpha)


def _alpha8(composite: Composite) -> Pixels:
    """``(H, W) uint8``, rounded."""
    return np.asarray(cv2.convertScaleAbs(composite.matte.alpha, alpha=255), np.uint8)


def _cutout(composite: Composite) -> Pixels:
    """``(H, W, 4) uint8 BGRA``, straight."""
    return np.dstack((composite.foreground, _alpha8(composite)))


def _combined(composite: Composite, own_alpha: Alpha | None) -> Pixels:
    """``(H, 3 W, 3) uint8 BGR``: original | person over white | matte."""
    original = composite.frame.pixels
    white = np.full_like(original, 255)
    shown = original if own_alpha is None else blend(original, white, Rim.of(own_alpha))
    person = blend(composite.foreground, white, Rim.of(composite.matte.alpha))
    return np.hstack((shown, person, np.dstack([_alpha8(composite)] * 3)))
