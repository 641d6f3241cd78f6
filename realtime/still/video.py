"""Clips off line: video files and folders go in, the person before another background or cut out comes out.

Every frame goes the way of the live loop (Frame -> Matte -> Scene), none is dropped, times and sound are kept.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from realtime.errors import GreenlessError, SettingsError, SinkError, SourceError
from realtime.frame import Composite
from realtime.matting.base import Matter
from realtime.scene.compose import Scene
from realtime.settings import SceneSettings
from realtime.sinks.codecs import CODECS, codec_of
from realtime.sinks.failures import cannot_write
from realtime.sinks.pictures import Pictures
from realtime.sinks.straight import straight
from realtime.still.names import Kind, plan
from realtime.still.outputs import make_folder
from realtime.still.report import Progress, Report, silent

if TYPE_CHECKING:
    from realtime.still.clip import Clip

AlphaKind = Literal["webm", "prores", "png"]
"""What keeps the alpha: VP9 in .webm, ProRes 4444 in .mov, a folder of PNGs."""

ENDINGS: dict[AlphaKind | None, str] = {
    None: "_composite.mp4",
    "webm": "_cutout.webm",
    "prores": "_cutout.mov",
    "png": "_cutout",
}
"""What an output in a folder adds to its clip's name."""

CLIPS = Kind(
    noun="clip",
    suffixes=frozenset(
        {
            *(".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
            *(".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
        }
    ),
    endings=tuple(ENDINGS.values()),
)


def matte_video(
    inputs: Sequence[Path],
    output: Path,
    matter: Matter,
    *,
    background: str | None = None,
    alpha: AlphaKind | None = None,
    progress: Progress = silent,
) -> Report:
    """Matte clips, with every frame at its own time and the sound kept.

    One clip becomes the file ``output``, whose suffix chooses the format (``realtime.sinks.codecs``), or with
    ``alpha="png"`` a new folder ``output``. A folder that is there already, or a name without a suffix, is filled by
    name, as for several clips: ``NAME_composite.mp4``, ``NAME_cutout.webm``, ``NAME_cutout.mov``, or a folder
    ``NAME_cutout``.

    Args:
        inputs: clips, and folders for the clips in them.
        output: a file or a folder, see above.
        matter: the network.
        background: what to put behind the person, as in ``SceneSettings``; None is the settings' default.
        alpha: write the person with straight alpha instead of a composite.
        progress: called after each frame.

    Returns:
        What was done. Clips that cannot be read stand in ``failures``; the others are done.

    Raises:
        SettingsError: ``background`` and ``alpha`` contradict each other.
        SinkError: the disk is full, the suffix does not fit, or an output would overwrite an input.
        SceneError: the background cannot be read.
        MatterError: the network failed.
    """
    from realtime.still.clip import Clip

    settings = _scene_settings(background, alpha)
    alone = _is_the_output_itself(inputs, output, alpha)
    todo = plan(inputs, CLIPS, None if alone else output)
    targets = [output if alone else output / (job.name + ENDINGS[alpha]) for job in todo.jobs]
    for job, target in zip(todo.jobs, targets, strict=True):
        _spare(job.path, target, alpha)
    skipped, failures = list(todo.skipped), list[GreenlessError](todo.barren)
    matted: list[Path] = []
    written: list[Path] = []
    for job, target in zip(todo.jobs, targets, strict=True):
        try:
            with Clip(job.path) as clip:
                _matte_clip(clip, target, matter, settings, alpha, progress)
        except SourceError as error:
            failures.append(error)
            continue
        if clip.damaged:
            skipped.append(f"{job.path}: {clip.damaged} damaged pieces, which cannot be decoded")
        matted.append(job.path)
        written.append(target)
    return Report(matted=tuple(matted), written=tuple(written), skipped=tuple(skipped), failures=tuple(failures))


def _scene_settings(background: str | None, alpha: AlphaKind | None) -> SceneSettings:
    if alpha is not None:
        if background not in (None, "transparent"):
            raise SettingsError(
                f"a cutout with alpha has no background, yet it shall be {background}",
                cure="Leave out --background or --alpha",
            )
        return SceneSettings(background="transparent")
    if background == "transparent":
        raise SettingsError("a transparent video needs a format with alpha", cure="Add --alpha webm, prores or png")
    return SceneSettings() if background is None else SceneSettings(background=background)


def _is_the_output_itself(inputs: Sequence[Path], output: Path, alpha: AlphaKind | None) -> bool:
    """True where ``output`` is what one clip becomes, False where it is the folder for that.

    Raises:
        SinkError: its suffix does not fit.
    """
    one = len(inputs) == 1 and not inputs[0].is_dir()
    suffix = output.suffix.lower()
    if output.is_dir() or (alpha != "png" and not suffix):
        return False
    if suffix in CODECS and (alpha == "png" or not one):
        what = "PNGs" if alpha == "png" else "more than one clip"
        raise SinkError(f"{what} need a folder, got {output}", cure=f"Type -o {output.with_suffix('')}")
    if one and alpha != "png":
        wanted = Path(ENDINGS[alpha]).suffix
        if alpha is not None and suffix != wanted:
            raise SinkError(
                f"--alpha {alpha} is written as {wanted}, got {output}", cure=f"Type -o {output.with_suffix(wanted)}"
            )
        codec_of(output)
    return one


def _spare(source: Path, target: Path, alpha: AlphaKind | None) -> None:
    """See that nothing is there that must not be replaced: the input itself, a folder with whatever is in it."""
    if target.exists() and source.exists() and target.samefile(source):
        raise SinkError(f"{target} is the input and would be overwritten", cure="Name another file with -o")
    if alpha == "png" and target.exists():
        raise SinkError(f"{target} is there already", cure="Remove it, or name another folder with -o")


def _matte_clip(
    clip: "Clip", target: Path, matter: Matter, settings: SceneSettings, alpha: AlphaKind | None, progress: Progress
) -> None:
    with closing(Scene(settings)) as scene, _writing(clip, target, alpha) as write:
        done = 0
        for done, frame in enumerate(clip.frames, 1):
            (matte,) = matter.matte_batch([frame])
            write(scene.compose(matte))
            progress(done, max(done, clip.count), clip.path.name)
    progress(done, done, clip.path.name)


@contextmanager
def _writing(clip: "Clip", target: Path, alpha: AlphaKind | None) -> Iterator[Callable[[Composite], None]]:
    """What takes each composite; ``target`` stands when the block ends well, and nothing when it does not."""
    make_folder(target.parent)
    if alpha == "png":
        part = target.with_name(target.name + ".part")
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        try:
            yield Pictures(part).send
            _rename(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return
    from realtime.sinks.video_writer import VideoWriter

    writer = VideoWriter(
        Path(os.path.abspath(target)),
        width_px=clip.width_px,
        height_px=clip.height_px,
        fps=clip.fps,
        alpha=alpha is not None,
        audio_from=Path(os.path.abspath(clip.path)),
    )
    try:
        yield lambda composite: writer.write(
            straight(composite) if alpha else composite.pixels, composite.frame.captured_s
        )
        writer.close()
    finally:
        writer.abort()


def _rename(part: Path, target: Path) -> None:
    try:
        os.replace(part, target)
    except OSError as error:
        raise cannot_write(target, error) from error
