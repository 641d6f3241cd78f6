"""``greenless video``: clips with another background, or with alpha."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from realtime.commands.common import Common
from realtime.commands.scene import OfflineScene, offline_scene
from realtime.errors import SettingsError
from realtime.settings.schema import FinishSettings, MattingSettings, Quality, Settings

EVERYDAY = ("inputs", "output", "background", "alpha", "quality", "weights")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Put people in clips before another background, or cut them out with --alpha; every frame, with its sound."""

    inputs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="IN...")]
    """Clips, and folders of clips."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="OUT")]
    """The file to write; for several clips, or without an ending, a folder for them."""

    background: Annotated[str | None, tyro.conf.arg(metavar="STR")] = None
    """blur[:STRENGTH], #RRGGBB or a picture, video or GIF; blur where nothing is said."""

    alpha: Annotated[Literal["webm", "prores", "png"] | None, tyro.conf.arg(metavar="{webm,prores,png}")] = None
    """Keep the alpha instead of a background: VP9 WebM, ProRes 4444 or a folder of PNGs."""

    quality: Quality = "best"
    """How much work goes into edges: every setting left at auto follows it."""

    matting: MattingSettings = MattingSettings()

    finish: FinishSettings = FinishSettings()

    scene: OfflineScene = OfflineScene()

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """The options as the settings file has them."""
    return Options(
        inputs=tyro.MISSING,
        output=tyro.MISSING,
        matting=settings.matting,
        finish=settings.finish,
        scene=offline_scene(settings.scene),
    )


def main(options: Options) -> int:
    """Matte them all; 1 when one failed."""
    from realtime.commands import offline, recover
    from realtime.offline.video import matte_video

    if not options.inputs:
        raise SettingsError("no clip was named", cure="greenless video CLIP -o OUT")
    recover.tell([options.output, options.output / "clip"])
    return offline.run(
        options.matting,
        "frames",
        lambda matter, progress: matte_video(
            options.inputs,
            options.output,
            matter,
            finish=options.finish,
            scene=options.scene,
            quality=options.quality,
            background=options.background,
            alpha=options.alpha,
            progress=progress,
        ),
        folders=[options.output],
    )
