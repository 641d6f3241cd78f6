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
from realtime.media.codecs import ANIMATIONS, CODECS, FRAMES_ALONE, codec_of
from realtime.media.failures import write_errors
from realtime.offline.outputs import make_folder
from realtime.sinks.image_folder import ImageFolder
from realtime.sinks.straight import straight

if TYPE_CHECKING:
    from realtime.offline.clip import Clip

AlphaKind = Literal["webm", "prores", "png", "gif", "webp"]
"""Formats that keep the alpha: VP9 in .webm, ProRes 4444 in .mov, a folder of PNGs, animated images."""

ENDINGS: dict[AlphaKind | None, str] = {
    None: "_composite.mp4",
    "webm": "_cutout.webm",
    "prores": "_cutout.mov",
    "png": "_cutout",
    "gif": "_cutout.gif",
    "webp": "_cutout.webp",
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
    if suffix in CODECS | ANIMATIONS and (alpha == "png" or not one):
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
def writing(
    clip: "Clip", target: Path, alpha: AlphaKind | None, left_out: list[str]
) -> Iterator[Callable[[Composite], None]]:
    """Yield a function that writes a composite. ``target`` appears if the block succeeds; otherwise nothing stays.

    Args:
        clip: the clip that the composites are made of; its sound and the like go into the file.
        target: the file or, with ``alpha="png"``, the folder to write.
        alpha: the format that keeps the alpha, or None.
        left_out: what of the clip ``target`` does not hold is added here, in words.
    """
    from realtime.media.companions import Companions
    from realtime.media.video_writer import VideoWriter

    make_folder(target.parent)
    if alpha == "png":
        # Derived from the name, so that the next run finds what a killed one left; short, because names may be long.
        part = target.with_name(f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}.part")
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        try:
            images = ImageFolder(part)  # a name, because it removes an empty folder when it is collected
            yield images.send
            with write_errors(target):
                os.replace(part, target)
            left_out += Companions(clip.path, None, FRAMES_ALONE).left_out
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return
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
        left_out += writer.left_out
    finally:
        writer.abort()
        over()
