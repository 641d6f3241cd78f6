"""``greenless adapt``: adapts the network to the user's camera, without mattes, on the user's machine."""

import functools
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from models import weights
from models.files import removed_if_empty
from models.training.settings import AdaptSettings
from realtime.commands.common import Common, say
from realtime.commands.progress import progress
from realtime.errors import SettingsError, WeightsError, from_extra
from realtime.media.failures import write_errors
from realtime.settings.schema import CameraSettings, Settings

if TYPE_CHECKING:
    from models.pairs import Pair
    from realtime.frame import Pixels

ON_BOARD = "greenless-lite"

PRECISIONS = ("-int8", "-fp16")
"""Suffixes of the file names of the same network in lower precision."""

EVERYDAY = ("source", "output", "record", "keep", "validation", "weights", "pictures", "epochs", "device", "camera")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Adapt the network to your camera and room. It learns within minutes from one minute of video, without mattes.

    Writes FILE.safetensors, FILE.onnx, a model card FILE.md, and a comparison FILE.png: original | before | after. If
    the new weights are worse on frames with known mattes, they are not written. Nothing leaves this machine. The
    recording stays in memory unless --keep names a file.
    """

    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="CLIP|camera")]
    """A clip or a folder of images to learn from; camera records a clip first."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="FILE")]
    """The .safetensors file to write; the other files get its name."""

    record: Annotated[float, tyro.conf.arg(metavar="S")] = 60.0
    """Seconds to record from the camera, or to read from the clip."""

    keep: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Save the recording of the camera to this video file."""

    validation: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """Folder with images/ and mattes/ (PNGs with the same stem). The result must not be more than 2 % worse on them.
    Without it, greenless checks the result on 16 drawn people of the built-in sample."""

    weights: str = ON_BOARD
    """The network to adapt: a known name, or the path of a .ckpt or .safetensors file."""

    adaptation: AdaptSettings = AdaptSettings()

    camera: CameraSettings = CameraSettings()

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """Return the options with the values of the settings file."""
    return Options(source=tyro.MISSING, output=tyro.MISSING, weights=settings.matting.weights, camera=settings.camera)


def main(options: Options) -> int:
    """Adapt, compare and save."""
    base = checkpoint(options.weights)
    with removed_if_empty(options.output.parent):
        _check(options, base)
        return _adapt(options, base)


def _adapt(options: Options, base: Path) -> int:
    with from_extra("torch"):
        from realtime.commands.network.adaptation import Adaptation, refuse_worse
    truth = _read(options.validation) if options.validation else None
    pictures = _gather(options)
    say(f"adapting {options.weights} to {len(pictures)} frames")
    with progress("adapting", "steps") as show:
        adaptation = Adaptation(base, options.adaptation, pictures, show)
    pairs, measured_on = truth or _sample()
    say(f"comparing on {measured_on}")
    with progress("comparing", "frames") as show:
        before, after = adaptation.compare(pairs, show)
    sheet = options.output.with_suffix(".png")
    adaptation.show(sheet)
    old, new = before.figures, after.figures
    say(f"  MAD {old.mad:.4f} before, {new.mad:.4f} after; IoU {old.iou:.4f} before, {new.iou:.4f} after")
    say("disagreement of the branches on frames of your camera that were not used for adapting (less is better):")
    say(f"  {before.disagreement:.3f} before, {after.disagreement:.3f} after")
    refuse_worse(before, after, measured_on, sheet)
    if after.disagreement >= before.disagreement:
        say(f"  no improvement: if {sheet} shows none either, keep {options.weights}")
    for path in [*adaptation.save(options.output, before, after, measured_on), sheet]:
        print(path)
    _say_use(options)
    return 0


def checkpoint(name: str) -> Path:
    """Return the checkpoint of ``name``: the file itself, or the .safetensors file next to an ONNX file.

    Raises:
        WeightsError: there are no such weights, or they have no checkpoint.
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
        cure = f"Only the source code contains it: in a clone of greenless, use --weights pretrained/{twin.name}"
    else:
        cure = "Name a .ckpt or .safetensors file with --weights"
    raise WeightsError(f"cannot adapt an ONNX file, and there is no {twin.name} next to {path}", cure=cure)


def _check(options: Options, base: Path) -> None:
    if options.output.suffix != ".safetensors":
        raise SettingsError(f"expected a .safetensors file as output, got {options.output}")
    with write_errors(options.output):
        options.output.parent.mkdir(parents=True, exist_ok=True)
    if options.output.resolve() == base.resolve():
        raise SettingsError(f"{options.output} is the network to adapt", cure="Name another file with -o")
    if not options.record >= 1:  # this form refuses NaN too
        raise SettingsError(f"expected --record of 1 or more, got {options.record:g}")


def _gather(options: Options) -> "list[Pixels]":
    from realtime.capture import open_source
    from realtime.capture.turn import turn_of
    from realtime.commands.network.footage import gather

    with open_source(options.source, options.camera, paced=False) as source:
        say(f"source: {source.name}")
        if options.keep and not source.live:
            raise SettingsError("--keep is only for a camera", cure="Omit it: the clip exists already")
        if source.live:
            say(f"recording {options.record:g} s. Do what you do in a call: talk, turn, lean in, raise a hand, leave")
            say(f"and come back. The recording stays in memory{f' and in {options.keep}' if options.keep else ''}")
        with progress("recording", "seconds") as show:
            return gather(
                source,
                count=options.adaptation.pictures,
                seconds=options.record,
                turn=turn_of(options.camera),
                keep=options.keep,
                tell=lambda seen_s: show(int(seen_s), int(options.record)),
            )


def _read(validation: Path) -> "tuple[Sequence[Pair], str]":
    from models.pairs import read_pairs

    pairs = list(read_pairs(validation / "images", validation / "mattes"))
    return pairs, f"the {len(pairs)} images of {validation.name}"


def _sample() -> "tuple[Sequence[Pair], str]":
    from realtime.commands.network.sample_pairs import sample_pairs

    pairs = list(sample_pairs())
    return pairs, f"{len(pairs)} drawn persons of the built-in sample, with exact mattes"


def _say_use(options: Options) -> None:
    file = shlex.quote(str(options.output.with_suffix(".onnx")))
    say(f"look at {options.output.with_suffix('.png')}, then")
    say(f"  try the weights:     greenless --weights {file}")
    say(f"  make them default:   greenless settings --weights {file} --write")
    say(f"  restore the default: greenless settings --weights {options.weights} --write")
