"""Writes the composites of an offline clip to a video file or a folder of PNGs, whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from realtime.ending import at_end
from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.media.codecs import CODECS, codec_of
from realtime.media.failures import cannot_write
from realtime.offline.outputs import make_folder
from realtime.sinks.image_folder import ImageFolder
from realtime.sinks.straight import straight

if TYPE_CHECKING:
    from realtime.offline.clip import Clip

AlphaKind = Literal["webm", "prores", "png"]
"""Formats that keep the alpha: VP9 in .webm, ProRes 4444 in .mov, a folder of PNGs."""

ENDINGS: dict[AlphaKind | None, str] = {
    None: "_composite.mp4",
    "webm": "_cutout.webm",
    "prores": "_cutout.mov",
    "png": "_cutout",
}
"""Endings that outputs in a folder add to the name of their clip."""


def stands_alone(inputs: Sequence[Path], output: Path, alpha: AlphaKind | None) -> bool:
    """Whether ``output`` is the output of one clip, not the folder for it.

    Raises:
        SinkError: its suffix does not match ``alpha``.
    """
    one = len(inputs) == 1 and not os.path.isdir(inputs[0])
    suffix = output.suffix.lower()
    if os.path.isdir(output) or (alpha != "png" and not suffix):
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


@contextmanager
def writing(clip: "Clip", target: Path, alpha: AlphaKind | None) -> Iterator[Callable[[Composite], None]]:
    """Yield a function that writes a composite. ``target`` appears if the block succeeds; otherwise nothing stays."""
    make_folder(target.parent)
    if alpha == "png":
        # Derived from the name, so that the next run finds what a killed one left; short, because names may be long.
        part = target.with_name(f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}.part")
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        try:
            images = ImageFolder(part)  # a name, because it removes an empty folder when it is collected
            yield images.send
            _rename(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return
    from realtime.media.video_writer import VideoWriter

    writer = VideoWriter(
        Path(os.path.abspath(target)),
        width_px=clip.width_px,
        height_px=clip.height_px,
        fps=clip.fps,
        alpha=alpha is not None,
        companions_of=Path(os.path.abspath(clip.path)),
    )
    over = at_end(writer.abort)
    try:
        yield lambda composite: writer.write(
            straight(composite) if alpha else composite.pixels, composite.frame.captured_s
        )
        writer.close()
    finally:
        writer.abort()
        over()


def _rename(part: Path, target: Path) -> None:
    try:
        os.replace(part, target)
    except OSError as error:
        raise cannot_write(target, error) from error
