"""``greenless evaluate``: measures the error and the steadiness of a network's mattes."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import tyro

from models import weights
from realtime.commands.common import Common
from realtime.commands.progress import progress
from realtime.errors import SettingsError
from realtime.settings.schema import MattingSettings

if TYPE_CHECKING:
    from models.evaluation import Predict
    from models.pairs import ClipFrame, Pair

T = TypeVar("T")

EVERYDAY = (
    *("images", "mattes", "kinds", "clips", "sample", "shaken"),
    *("weights", "finish", "as_image", "sheet", "json"),
)
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Measure a network on images with known mattes, on clips, or on the built-in sample.

    The network gets each image at about 147,000 pixels, with its aspect ratio. The matte is enlarged bilinearly and not
    refined unless --finish or --as-image is set.
    """

    images: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Folder of images. The folder of --mattes holds a PNG of the same stem for each."""

    clips: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Folder of clips: videos and folders of images. Without --mattes, only the warp error is measured."""

    sample: bool = False
    """Measure on 16 drawn people of the built-in sample, whose mattes are exact."""

    mattes: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Folder of the known mattes. For a clip, it holds a folder or a lossless video with the same name."""

    kinds: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """CSV file with the columns stem and kind: also print the figures of each kind. If omitted, kinds.csv next to
    the folder of --images is used if it exists."""

    shaken: bool = False
    """Measure the steadiness of the mattes on shifted, noisy and brightened copies of each image."""

    frames: int = 0
    """Largest number of frames per clip; 0 for all. --shaken makes 6 frames of each image."""

    finish: Literal["none", "fast", "balanced", "best"] = "none"
    """Measure the mattes after refinement at this --quality, as a viewer sees them."""

    as_image: bool = False
    """Measure the NAME_alpha.png that greenless image writes with the same --weights, --runtime, --precision and
    --reference-size."""

    sheet: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Write a PNG of the ten worst images: original | known matte | matte | on a plain colour."""

    json: bool = False
    """Print the figures of every image or clip and their means as JSON."""

    matting: MattingSettings = MattingSettings()

    common: Common = Common()


def main(options: Options) -> int:
    """Measure and print."""
    _check(options)
    return _measure_clips(options) if options.clips or options.shaken else _measure_stills(options)


def _measure_clips(options: Options) -> int:
    from models.metrics import mean_of_rows
    from models.steadiness import steadiness, steadiness_of
    from realtime.commands.network.figure_tables import steadiness_table
    from realtime.commands.network.predictors import finished_clip, open_network

    network = open_network(weights.onnx_for(weights.find(options.matting.weights)))
    rows = {}
    for name, moments in _watched(_clips(options), "clips"):
        if options.finish == "none":
            rows[name] = steadiness(network.clip(), moments)
        else:
            rows[name] = steadiness_of(finished_clip(network.clip(), options.finish, moments))
    _print(options, steadiness_table(rows), {"clips": rows, "mean": mean_of_rows(rows.values())})
    return 0


def _measure_stills(options: Options) -> int:
    from models.evaluation import measure
    from realtime.commands.network import figure_tables as tables
    from realtime.commands.network.kinds import by_kind, kinds_of

    kinds = kinds_of(options.images, options.kinds)  # first: a fault in the file shows before the measuring
    with _opened(options) as predict:
        measured = measure(predict, _watched(_pairs(options), "images"))
        if options.sheet:
            from realtime.commands.network.sheets import write_worst

            chosen = tables.worst(measured, kinds)
            write_worst(options.sheet, predict, (pair for pair in _pairs(options) if pair.name in chosen), chosen)
    text, figures = tables.figures_table(measured, kinds), {"pictures": measured.pictures, "mean": measured.mean}
    if kinds:
        groups = by_kind(measured, kinds)
        text = f"{tables.kinds_table(groups)}\n{text}"
        figures["kinds"] = {kind: {"pictures": len(one.pictures), "mean": one.mean} for kind, one in groups.items()}
    _print(options, text, figures)
    return 0


@contextmanager
def _opened(options: Options) -> "Iterator[Predict]":
    """The way from an image to its matte that the options name."""
    if options.as_image:
        from realtime.commands.network.predictors import as_image
        from realtime.matting import open_matter

        with closing(open_matter(options.matting)) as matter:
            yield as_image(matter)
        return
    from realtime.commands.network.predictors import finished_stills, open_network

    network = open_network(weights.onnx_for(weights.find(options.matting.weights)))
    yield network.still if options.finish == "none" else finished_stills(network.still, options.finish)


def _check(options: Options) -> None:
    """Refuse options that conflict."""
    subjects = [name for name in ("images", "clips", "sample") if getattr(options, name)]
    if len(subjects) != 1:
        asked = " and ".join(f"--{name}" for name in subjects) or "nothing"
        raise SettingsError(
            f"expected one of --images, --clips and --sample, got {asked}", cure="greenless evaluate --sample"
        )
    if options.frames < 0:
        raise SettingsError(f"expected --frames of 0 or more, got {options.frames}", cure="0 uses all frames")
    if options.images and not options.mattes:
        raise SettingsError("--images needs --mattes", cure="Name the folder of the known mattes: --mattes FOLDER")
    if options.sheet and (options.clips or options.shaken):
        raise SettingsError("--sheet shows images, not clips", cure="Omit --sheet, or omit --clips and --shaken")
    if options.kinds and (not options.images or options.shaken):
        raise SettingsError("--kinds needs --images without --shaken", cure="Omit --kinds")
    if options.as_image and (options.clips or options.shaken or options.finish != "none"):
        raise SettingsError(
            "--as-image measures the files of greenless image, which refines every image at --quality best",
            cure="Omit --as-image, or omit --clips, --shaken and --finish",
        )
    if not options.as_image and replace(options.matting, weights=MattingSettings().weights) != MattingSettings():
        raise SettingsError(
            "--runtime, --precision, --reference-size and the other settings of the network need --as-image",
            cure="Add --as-image, or omit them: the network runs in ONNX Runtime in float32",
        )


def _pairs(options: Options) -> "Iterator[Pair]":
    if options.sample:
        from realtime.commands.network.sample_pairs import sample_pairs

        return sample_pairs()
    from models.pairs import read_pairs

    assert options.images
    assert options.mattes
    return read_pairs(options.images, options.mattes)


def _clips(options: Options) -> "Iterator[tuple[str, Iterator[ClipFrame]]]":
    if options.clips:
        from realtime.commands.network.measured_clips import read_clips

        yield from read_clips(options.clips, options.mattes, frames=options.frames)
        return
    from models.shake import shake

    for number, pair in enumerate(_pairs(options)):
        yield pair.name, islice(shake(pair.pixels, pair.alpha, seed=number), options.frames or None)


def _watched(things: Iterable[T], noun: str) -> Iterator[T]:
    """Yield ``things``, and show their count as progress."""
    with progress("measuring", noun) as show:
        for count, thing in enumerate(things, start=1):
            yield thing
            show(count, 0)


def _print(options: Options, text: str, figures: Mapping[str, Any]) -> None:
    if options.json:
        head = {"weights": options.matting.weights, "finish": options.finish, "as_image": options.as_image}
        found = json.loads(json.dumps({**head, **figures}, default=asdict), parse_constant=lambda nan: None)
        print(json.dumps(found, indent=1))  # a value that was not measured is null
    else:
        print(text)
