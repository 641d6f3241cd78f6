"""``greenless adapt``: the network made to fit one's own camera, without a true matte, on one's own machine."""

import functools
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from models import weights
from models.files import cannot_write, removed_if_empty
from models.training.settings import check_device
from realtime.commands.common import Common, say
from realtime.commands.progress import progress
from realtime.errors import MissingExtra, SettingsError, WeightsError
from realtime.settings.schema import CameraSettings, Settings

if TYPE_CHECKING:
    from models.pairs import Pair
    from realtime.frame import Pixels

ON_BOARD = "greenless-lite"

PRECISIONS = ("-int8", "-fp16")
"""Ends of the names of the files that hold the same network in fewer bits."""

EVERYDAY = ("source", "output", "record", "keep", "validation", "weights", "pictures", "epochs", "device", "camera")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Adapt the network to your camera and room: it learns from a minute of pictures, without mattes, in minutes.

    Writes FILE.safetensors, FILE.onnx, a model card FILE.md, and FILE.png to look at: original | before | after.
    Weights that got worse on pictures with known mattes are not written. Nothing leaves this machine. What a camera
    shows is held in memory only, unless --keep names a file for it.
    """

    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="CLIP|camera")]
    """A clip, a folder of pictures, or camera: that is recorded first."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="FILE")]
    """The weights to write, a .safetensors file."""

    record: Annotated[float, tyro.conf.arg(metavar="S")] = 60.0
    """Seconds to record from the camera, or to read of the clip."""

    keep: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Keep what the camera showed, as this video file."""

    validation: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Folder with images/ and mattes/ (PNG of the same stem) that must not get worse by more than 2 %; without it
    sixteen persons are taken that greenless draws itself."""

    weights: str = ON_BOARD
    """What to adapt: name of known weights, or path of a .ckpt or .safetensors file."""

    pictures: int = 40
    """How many pictures are taken, evenly spread; a fifth of them is kept aside to compare on."""

    epochs: int = 10
    """How often each is met."""

    learning_rate: float = 1e-5
    """Of Adam."""

    reference_size: int = 288
    """Length of the pictures' shorter side at the network, in px: more is finer and slower."""

    device: str = "cpu"
    """cpu, cuda or mps."""

    camera: CameraSettings = CameraSettings()

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """The options as the settings file has them."""
    return Options(source=tyro.MISSING, output=tyro.MISSING, weights=settings.matting.weights, camera=settings.camera)


def main(options: Options) -> int:
    """Adapt, compare, and hand over."""
    base = checkpoint(options.weights)
    with removed_if_empty(options.output.parent):
        _check(options, base)
        return _adapt(options, base)


def _adapt(options: Options, base: Path) -> int:
    try:
        from realtime.commands.network.adaptation import Adaptation, AdaptationPlan, refuse_worse
    except ModuleNotFoundError as error:
        raise MissingExtra(str(error.name), "torch") from error
    truth = _read(options.validation) if options.validation else None
    pictures = _gather(options)
    plan = AdaptationPlan(
        base=base,
        epochs=options.epochs,
        learning_rate=options.learning_rate,
        reference_px=options.reference_size,
        device=options.device,
    )
    say(f"adapting {options.weights} to {len(pictures)} pictures")
    with progress("adapting", "steps") as show:
        adaptation = Adaptation(plan, pictures, show)
    pairs, measured_on = truth or _sample()
    say(f"comparing on {measured_on}")
    with progress("comparing", "pictures") as show:
        before, after = adaptation.compare(pairs, show)
    sheet = options.output.with_suffix(".png")
    adaptation.show(sheet)
    old, new = before.figures, after.figures
    say(f"  MAD {old.mad:.4f} before, {new.mad:.4f} after; IoU {old.iou:.4f} before, {new.iou:.4f} after")
    say("on your pictures that it was not adapted to, the branches disagree (less is better)")
    say(f"  by {before.disagreement:.3f} before, {after.disagreement:.3f} after")
    refuse_worse(before, after, measured_on, sheet)
    if after.disagreement >= before.disagreement:
        say(f"  that is no gain: if {sheet} shows none either, keep {options.weights}")
    for path in [*adaptation.save(options.output, before, after, measured_on), sheet]:
        print(path)
    _tell_use(options)
    return 0


def checkpoint(name: str) -> Path:
    """The file of the weights ``name`` that PyTorch can read: itself, or the twin beside an ONNX file.

    Raises:
        WeightsError: there are no such weights, or none that can be trained on.
    """
    path = weights.find(name)
    if path.suffix in weights.CHECKPOINTS:
        return path
    stem = functools.reduce(str.removesuffix, PRECISIONS, path.stem)
    twin = path.with_name(f"{stem}.safetensors")
    if twin.is_file():
        return twin
    row = next((row for row in weights.KNOWN if row.file == f"{stem}.ckpt"), None)
    if row:
        cure = f"greenless weights fetch {row.name}, then --weights {row.name}"
    elif any(row.on_board and weights.place(row) == path for row in weights.KNOWN):
        cure = f"It comes with the source code alone: in a clone of greenless name it, --weights pretrained/{twin.name}"
    else:
        cure = "Name a .ckpt or .safetensors file by --weights"
    raise WeightsError(f"ONNX files cannot be adapted, and beside {path} there is no {twin.name}", cure=cure)


def _check(options: Options, base: Path) -> None:
    if options.output.suffix != ".safetensors":
        raise SettingsError(f"expected a .safetensors file to write, got {options.output}")
    try:
        options.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(options.output, error) from error
    if options.output.resolve() == base.resolve():
        raise SettingsError(f"{options.output} is what is to be adapted", cure="Name another file by -o")
    for name, least in (("record", 1), ("pictures", 5), ("epochs", 1), ("reference_size", 32)):
        if not getattr(options, name) >= least:  # so that NaN is refused as well
            raise SettingsError(
                f"expected --{name.replace('_', '-')} of at least {least}, got {getattr(options, name):g}"
            )
    if not 0 < options.learning_rate <= 1:
        raise SettingsError(f"expected a --learning-rate above 0, at most 1, got {options.learning_rate:g}")
    check_device(options.device)


def _gather(options: Options) -> "list[Pixels]":
    from realtime.capture import open_source
    from realtime.commands.network.footage import gather

    with open_source(options.source, options.camera, paced=False) as source:
        say(f"source: {source.name}")
        if options.keep and not source.live:
            raise SettingsError("--keep is for what a camera shows", cure="Leave it out: the clip stays where it is")
        if source.live:
            say(f"recording {options.record:g} s. Do what you do in a call: talk, turn, lean in, raise a hand, leave")
            say("the picture and come back. It stays in memory" + (f", and in {options.keep}" * bool(options.keep)))
        with progress("watching", "seconds") as show:
            return gather(
                source,
                count=options.pictures,
                seconds=options.record,
                keep=options.keep,
                tell=lambda seen_s: show(int(seen_s), int(options.record)),
            )


def _read(validation: Path) -> "tuple[Sequence[Pair], str]":
    from models.pairs import read_pairs

    pairs = list(read_pairs(validation / "images", validation / "mattes"))
    return pairs, f"the {len(pairs)} pictures of {validation.name}"


def _sample() -> "tuple[Sequence[Pair], str]":
    from realtime.commands.network.sample_pairs import sample_pairs

    pairs = list(sample_pairs())
    return pairs, f"{len(pairs)} persons that greenless drew, with exact mattes"


def _tell_use(options: Options) -> None:
    file = shlex.quote(str(options.output.with_suffix(".onnx")))
    say(f"look at {options.output.with_suffix('.png')}, then")
    say(f"  try them:        greenless --weights {file}")
    say(f"  use them always: greenless settings --weights {file} --write")
    say(f"  drop them:       delete these files, and greenless settings --weights {options.weights} --write")
