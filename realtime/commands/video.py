"""``greenless video``: replaces the background of clips, or writes them with alpha."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from realtime.commands.common import say
from realtime.commands.offline_options import OfflineOptions, of_settings
from realtime.commands.on_ray import address_words, check_unused
from realtime.errors import SettingsError
from realtime.settings.schema import Quality, Settings

EVERYDAY = ("inputs", "output", "background", "alpha", "quality", "weights", "ray")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options(OfflineOptions):
    """Replace the background of clips, or cut people out with --alpha. Processes every frame and keeps the sound."""

    inputs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="IN...")]
    """Clips, and folders of clips."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="OUT")]
    """Output file. For several clips, or without a suffix, an output folder."""

    background: Annotated[str | None, tyro.conf.arg(metavar="STR")] = None
    """blur[:STRENGTH], #RRGGBB, or an image, video or GIF file; blur if omitted."""

    alpha: Annotated[
        Literal["webm", "prores", "png", "gif", "webp"] | None, tyro.conf.arg(metavar="{webm,prores,png,gif,webp}")
    ] = None
    """Write alpha instead of a background: VP9 WebM, ProRes 4444, a folder of PNGs, an animated GIF or WebP."""

    deinterlace: Literal["frame", "field", "off"] = "frame"
    """Make one frame of each interlaced frame, one of each of its two fields, or leave it as it is."""

    keep_hdr: bool = False
    """Refused: clips are always written in SDR (BT.709), because frames are composited in 8 bits."""

    quality: Quality = "best"
    """Trade-off between speed and quality. It decides enlarge, temporal and edge_colours if they are auto."""

    json: bool = False
    """Print a summary for programs instead of the names of the outputs."""


def defaults(settings: Settings) -> Options:
    """Return the options with the values of the settings file."""
    return Options(inputs=tyro.MISSING, output=tyro.MISSING, **of_settings(settings))


completed = address_words


def main(options: Options) -> int:
    """Process all clips; return 1 if one failed."""
    from realtime.commands import offline, on_ray, recover
    from realtime.scale.footage_jobs import ClipJob

    if not options.inputs:
        raise SettingsError("expected at least one clip", cure="greenless video CLIP -o OUT")
    if options.keep_hdr:
        raise SettingsError(
            "HDR cannot be kept, because frames are composited in 8 bits",
            cure="Leave out --keep-hdr: HDR clips are tone-mapped to SDR (BT.709)",
        )
    if options.scene.overlay and options.alpha:
        say("a cut-out has no overlay")
    job = ClipJob(
        matting=options.matting,
        finish=options.finish,
        scene=options.scene,
        quality=options.quality,
        background=options.background,
        alpha=options.alpha,
        deinterlace=options.deinterlace,
    )
    if options.on_ray.ray is not None:
        return on_ray.run(job, options.on_ray, options.inputs, options.output, noun="parts", as_json=options.json)
    read_by_ffmpeg = ("http:", "https:")
    stored = [path for path in options.inputs if not path.parts or path.parts[0] not in read_by_ffmpeg]
    check_unused(options.on_ray, (*stored, options.output))
    recover.list_unfinished([options.output, options.output / "clip"])
    return offline.run(
        options.matting,
        "frames",
        lambda matter, progress: job.matte(options.inputs, options.output, matter, progress=progress),
        folders=[options.output],
        as_json=options.json,
    )
