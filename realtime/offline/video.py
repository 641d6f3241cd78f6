"""Mattes clips offline and writes them with another background, or the person cut out.

Every frame passes the stages of the live loop (Matter, Finish, Scene). None is dropped; times and sound are kept.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.errors import SettingsError, SinkError
from realtime.frame import Matte
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import finished
from realtime.media.image_formats import IMAGE_SUFFIXES
from realtime.offline.output_names import Kind, plan, spare
from realtime.offline.report import Progress, Report, silent
from realtime.offline.video_outputs import ENDINGS, AlphaKind, stands_alone, writing
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, Quality, SceneSettings

if TYPE_CHECKING:
    from realtime.media.deinterlace import Deinterlace
    from realtime.offline.clip import Clip

CLIPS = Kind(
    noun="clip",
    suffixes=frozenset(
        {
            *(".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
            *(".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
        }
    ),
    endings=tuple(ENDINGS.values()),
    others=dict.fromkeys(IMAGE_SUFFIXES - {".gif"}, "an image; greenless image takes it, or name it if it moves"),
)


def matte_video(
    inputs: Sequence[Path],
    output: Path,
    matter: Matter,
    *,
    finish: FinishSettings = FinishSettings(),
    scene: SceneSettings = SceneSettings(),
    quality: Quality = "best",
    background: str | None = None,
    alpha: AlphaKind | None = None,
    deinterlace: "Deinterlace" = "frame",
    progress: Progress = silent,
) -> Report:
    """Matte clips, with every frame at its own time, and with their sound, subtitles, chapters and tags.

    A clip's own alpha multiplies the matte. If greenless cut the person out before, that alpha is the matte.

    One clip becomes the file ``output``, whose suffix chooses the format (``realtime.media.codecs``), or with
    ``alpha="png"`` a new folder ``output``. If ``output`` is an existing folder or has no suffix, it becomes a folder
    that takes one or more clips by name: ``NAME_composite.mp4``, ``NAME_cutout.webm``, ``.mov``, ``.gif`` or ``.webp``,
    or a folder ``NAME_cutout``.

    Args:
        inputs: clips, and folders for the clips in them.
        output: a file or a folder, see above.
        matter: the network.
        finish: how its mattes are enlarged to the frames' size.
        scene: how the person is composited; its background is ignored.
        quality: decides settings that are ``auto``.
        background: the background, as in ``SceneSettings``; None is the default of the settings.
        alpha: write the person with straight alpha instead of a composite.
        deinterlace: what becomes of interlaced frames.
        progress: called after each frame.

    Returns:
        What was done. Clips that failed, for any reason, are in ``failures``; all others are done.

    Raises:
        SettingsError: ``background`` and ``alpha`` contradict each other.
        SinkError: the suffix does not fit, or an output would overwrite an input.
        SceneError: the background cannot be read.
    """
    from realtime.offline.clip import Clip

    settings = scene_settings(scene, background, alpha)
    alone = stands_alone(inputs, output, alpha)
    todo = plan(inputs, CLIPS, None if alone else output)
    targets = [output if alone else output / (job.name + ENDINGS[alpha]) for job in todo.jobs]
    spare((job.path for job in todo.jobs), targets)
    if alpha == "png" and (there := next((target for target in targets if os.path.lexists(target)), None)):
        raise SinkError(f"{there} exists already", cure="Remove it, or name another folder with -o")
    report = Report(skipped=todo.skipped, failures=[*todo.barren])
    Scene(settings, quality).close()  # an unreadable background is an error of the run, not of each clip
    for job, target in zip(todo.jobs, targets, strict=True):
        with report.taking(job.path):
            left_out: list[str] = []
            with Clip(job.path, deinterlace=deinterlace) as clip:
                mattes, adapted = clip_mattes(clip, matter, finish, settings, quality)
                with closing(Scene(adapted, quality)) as composing, writing(clip, target, alpha, left_out) as write:
                    done = 0
                    for done, matte in enumerate(mattes, 1):
                        write(composing.compose(matte))
                        progress(done, max(done, clip.count), clip.path.name)
                progress(done, done, clip.path.name)
            if clip.damaged:
                left_out.append(f"{clip.damaged} damaged packet{'s' * (clip.damaged > 1)}")
            if left_out:
                report.incomplete.append(f"{job.path}: {', '.join(left_out)}")
            report.written.append(target)
    return report


def scene_settings(scene: SceneSettings, background: str | None, alpha: AlphaKind | None) -> SceneSettings:
    """Return the scene of a clip that is composited, or cut out with ``alpha``.

    Raises:
        SettingsError: ``background`` and ``alpha`` contradict each other.
    """
    if alpha is not None:
        if background not in (None, "transparent"):
            raise SettingsError(
                f"a cutout with alpha has no background, but --background is {background}",
                cure="Leave out --background or --alpha",
            )
        return replace(scene, background="transparent", overlay="")
    if background == "transparent":
        raise SettingsError("a transparent video needs a format with alpha", cure="Add --alpha webm, prores or png")
    return replace(scene, background=SceneSettings().background if background is None else background)


def clip_mattes(
    clip: "Clip",
    matter: Matter,
    finish: FinishSettings,
    settings: SceneSettings,
    quality: Quality,
    since_s: float = 0.0,
) -> tuple[Iterator[Matte], SceneSettings]:
    """Return the mattes of a clip, and the scene for them. Frames before ``since_s`` only prepare the filters."""
    if clip.cut_out:  # its colours are clean already
        own = (matte for matte in clip.mattes() if matte.frame.captured_s >= since_s)
        return own, replace(settings, edge_colours="camera")
    _look_ahead(matter, clip)
    return map(clip.within, finished(matter, finish, clip.frames, quality, since_s=since_s)), settings


def _look_ahead(matter: Matter, clip: "Clip") -> None:
    """Let a chroma keyer look for its screen first."""
    from realtime.offline.clip import Clip

    if (look_ahead := getattr(matter, "look_ahead", None)) is not None:
        with Clip(clip.path) as ahead:
            look_ahead(ahead.frames)
