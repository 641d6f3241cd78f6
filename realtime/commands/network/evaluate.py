"""``greenless evaluate``: measures the error and the steadiness of a network's mattes."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import tyro

from models import weights
from realtime.commands.common import Common
from realtime.commands.progress import progress
from realtime.commands.table import table
from realtime.errors import SettingsError

if TYPE_CHECKING:
    from models.evaluation import Evaluation
    from models.pairs import ClipFrame, Pair
    from models.steadiness import Steadiness

WORST = 10

T = TypeVar("T")

EVERYDAY = ("images", "clips", "sample", "mattes", "shaken", "frames", "weights", "finish", "sheet", "json")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Measure a network on images with known mattes, on clips, or on the built-in sample.

    The network gets each image at about 147,000 pixels, with its aspect ratio. The matte is enlarged bilinearly and not
    refined unless --finish is set.
    """

    images: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Folder of images. --mattes holds a PNG with the same stem for each."""

    clips: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Folder of clips: videos and folders of images. Without --mattes it measures only the warp error."""

    sample: bool = False
    """Measure on 16 drawn persons of the built-in sample, with exact mattes."""

    mattes: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Folder of the known mattes. For a clip, it holds a folder or a lossless video with the same name."""

    shaken: bool = False
    """Measure the steadiness of the mattes on shifted, noisy and brightened copies of each image."""

    frames: int = 0
    """Largest number of frames per clip; 0 for all. With --shaken, each image gives 6."""

    weights: str = "greenless-lite"
    """A known name, or the path of a .onnx, .ckpt or .safetensors file."""

    finish: Literal["none", "fast", "balanced", "best"] = "none"
    """Measure the refined mattes of this --quality, as a viewer sees them."""

    sheet: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Write a PNG of the ten worst images: original | known matte | matte | on a plain colour."""

    json: bool = False
    """Print the figures of every image or clip and their means as JSON."""

    common: Common = Common()


def main(options: Options) -> int:
    """Measure and print."""
    from models.evaluation import measure
    from realtime.commands.network import finishing
    from realtime.commands.network.open_network import open_network

    _check(options)
    network = open_network(weights.onnx_for(weights.find(options.weights)))
    if options.clips or options.shaken:
        from models.steadiness import mean_steadiness, steadiness, steadiness_of

        rows = {}
        for name, moments in _watched(_clips(options), "clips"):
            if options.finish == "none":
                rows[name] = steadiness(network.clip(), moments)
            else:
                rows[name] = steadiness_of(finishing.of_clip(network.clip(), options.finish, moments))
        _print(options, steadiness_table(rows), {"clips": rows, "mean": mean_steadiness(rows.values())})
        return 0
    predict = network.still
    if options.finish != "none":
        predict = finishing.for_stills(predict, options.finish)
    measured = measure(predict, _watched(_pairs(options), "images"))
    if options.sheet:
        from realtime.commands.network.worst_sheet import write_sheet

        chosen = dict(worst(measured)[:WORST])
        write_sheet(options.sheet, predict, (pair for pair in _pairs(options) if pair.name in chosen), chosen)
    _print(options, figures_table(measured), {"pictures": measured.pictures, "mean": measured.mean})
    return 0


def worst(measured: "Evaluation") -> list[tuple[str, str]]:
    """Return the name and figures of every image, the largest MAD first."""
    rows = sorted(measured.pictures.items(), key=lambda item: -item[1].mad)
    return [
        (name, f"MAD {1000 * row.mad:.1f}, in the band {1000 * row.band_mad:.0f}, IoU {row.iou:.3f}")
        for name, row in rows
    ]


def figures_table(measured: "Evaluation") -> str:
    """Return the means over the image and over the unknown band, and the worst images; units as in the papers."""
    means = asdict(measured.mean)
    rows = [
        [label, unit, *(f"{means[prefix + label.lower()] * scale:.4f}" for prefix in ("", "band_"))]
        for label, unit, scale in (
            *(("IoU", "at 0.5", 1), ("MAD", "x 1000", 1000), ("MSE", "x 1000", 1000)),
            *(("SAD", "in thousands", 1), ("Grad", "in thousands", 1), ("Conn", "in thousands", 1)),
        )
    ]
    means_table = table(rows, head=("mean", "unit", "image", "band"), numbers=[2, 3])
    listed = (f"  {name}: {figures}" for name, figures in worst(measured)[:WORST])
    return "\n".join([f"{len(measured.pictures)} images", means_table, "the worst by MAD x 1000", *listed])


def steadiness_table(rows: "Mapping[str, Steadiness]") -> str:
    """Return the figures of the ten worst clips, and the mean of all; units as in the papers."""
    from models.steadiness import mean_steadiness

    shown = sorted(rows.items(), key=lambda item: -item[1].warp)[:WORST]
    cells = []
    for name, row in [*shown, (f"mean of {len(rows)}", mean_steadiness(rows.values()))]:
        scaled = (row.mad * 1000, row.dtssd * 100, row.messddt * 1000, row.warp * 1000)
        cells.append([name, *("-" if math.isnan(value) else f"{value:.3f}" for value in scaled)])
    head = ("clip", "MAD x 1000", "dtSSD x 100", "MESSDdt x 1000", "warp x 1000")
    return table(cells, head=head, numbers=range(1, 5))


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
        print(
            json.dumps(
                {
                    "weights": options.weights,
                    "finish": options.finish,
                    **{key: _plain(value) for key, value in figures.items()},
                },
                indent=1,
            )
        )
    else:
        print(text)


def _plain(value: Any) -> Any:
    """Convert dataclasses for JSON; a value that was not measured is null."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return _plain(asdict(value))
