"""``greenless image``: mattes, cut-outs and composites of pictures and folders."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from realtime.commands.common import Common, say
from realtime.commands.scene import OfflineScene, offline_scene
from realtime.errors import SettingsError
from realtime.settings.schema import FinishSettings, MattingSettings, Quality, Settings

EVERYDAY = ("inputs", "output", "background", "combined", "trimap", "scribbles", "zip", "quality", "weights")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Cut people out of pictures: NAME_alpha.png (the matte) and NAME_cutout.png (transparent) for each picture."""

    inputs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="IN...")]
    """Pictures, and folders of pictures."""

    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="FOLDER")] = None
    """Folder to write into; made when it is missing."""

    background: Annotated[str | None, tyro.conf.arg(metavar="STR")] = None
    """Write NAME_composite.png too: the person before blur[:STRENGTH], #RRGGBB or a picture."""

    combined: bool = False
    """Write NAME_combined.png too: original | foreground | matte."""

    trimap: Annotated[str | None, tyro.conf.arg(metavar="FILE|auto")] = None
    """Find the edge by closed-form matting, slowly (extra greenless[pymatting]): between the white (person) and the
    black (room) of this picture, or of a trimap made from the matte (auto)."""

    scribbles: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """The same, where white strokes are person and black ones room; the rest of the picture grey or transparent."""

    zip: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Put everything into this archive as well; without -o only there."""

    quality: Quality = "best"
    """How much work goes into edges: every setting left at auto follows it."""

    matting: MattingSettings = MattingSettings()

    finish: FinishSettings = FinishSettings()

    scene: OfflineScene = OfflineScene()

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """The options as the settings file has them."""
    return Options(
        inputs=tyro.MISSING, matting=settings.matting, finish=settings.finish, scene=offline_scene(settings.scene)
    )


def main(options: Options) -> int:
    """Matte them all; 1 when one failed."""
    from realtime.commands import offline
    from realtime.matting.refine.fine_edges import FineEdges
    from realtime.offline.images import matte_pictures

    if not options.inputs:
        raise SettingsError("no picture was named", cure="greenless image PICTURE -o FOLDER")
    refine, drawing = None, options.scribbles
    if options.trimap or options.scribbles:
        from realtime.offline.trimap import AUTO, Refined

        say("closed-form matting takes seconds a picture, and minutes the first time, when pymatting compiles itself")
        refine = Refined(trimap=options.trimap or AUTO, scribbles=options.scribbles)
        if refine.trimap != AUTO:
            drawing = drawing or Path(refine.trimap)
    return offline.run(
        options.matting,
        "pictures",
        lambda matter, progress: matte_pictures(
            options.inputs,
            options.output,
            FineEdges(matter) if options.quality == "best" else matter,
            finish=options.finish,
            scene=options.scene,
            quality=options.quality,
            refine=refine,
            drawing=drawing,
            background=options.background,
            combined=options.combined,
            zip_path=options.zip,
            progress=progress,
        ),
        folders=[*filter(None, [options.output]), *([options.zip.parent] if options.zip else [])],
    )
