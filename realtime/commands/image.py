"""``greenless image``: mattes, cut-outs and composites of images and folders."""

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
    """Cut people out of images. Writes NAME_alpha.png (the matte) and NAME_cutout.png (transparent) for each image."""

    inputs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="IN...")]
    """Images, and folders of images."""

    output: Annotated[Path | None, tyro.conf.arg(aliases=["-o"], metavar="FOLDER")] = None
    """Output folder; created if it does not exist."""

    background: Annotated[str | None, tyro.conf.arg(metavar="STR")] = None
    """Also write NAME_composite.png: the person in front of blur[:STRENGTH], #RRGGBB or an image."""

    combined: bool = False
    """Also write NAME_combined.png: original | foreground | matte."""

    trimap: Annotated[str | None, tyro.conf.arg(metavar="FILE|auto")] = None
    """Refine the edge by closed-form matting (slow; extra greenless[pymatting]). FILE is a trimap: white is the person,
    black the background, grey unknown. auto derives the trimap from the matte."""

    scribbles: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Refine as --trimap does, from a drawing: white strokes mark the person, black ones the background. The rest of
    the drawing is grey or transparent."""

    zip: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Also write all files to this archive; without -o, write only the archive."""

    quality: Quality = "best"
    """Trade-off between speed and quality. It decides enlarge, temporal and edge_colours if they are auto."""

    matting: MattingSettings = MattingSettings()

    finish: FinishSettings = FinishSettings()

    scene: OfflineScene = OfflineScene()

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """Return the options with the values of the settings file."""
    return Options(
        inputs=tyro.MISSING, matting=settings.matting, finish=settings.finish, scene=offline_scene(settings.scene)
    )


def main(options: Options) -> int:
    """Process all images; return 1 if one failed."""
    from realtime.commands import offline
    from realtime.matting.refine.fine_edges import FineEdges
    from realtime.offline.images import matte_pictures

    if not options.inputs:
        raise SettingsError("expected at least one image", cure="greenless image IMAGE -o FOLDER")
    refine, drawing = None, options.scribbles
    if options.trimap or options.scribbles:
        from realtime.offline.trimap import AUTO, Refined

        say("closed-form matting takes seconds per image, and minutes the first time, while pymatting compiles itself")
        refine = Refined(trimap=options.trimap or AUTO, scribbles=options.scribbles)
        if refine.trimap != AUTO:
            drawing = drawing or Path(refine.trimap)
    return offline.run(
        options.matting,
        "images",
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
