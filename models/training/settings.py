"""The options of ``greenless train`` and ``greenless adapt``. Does not import PyTorch, so ``--help`` stays fast."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from models.errors import GreenlessError

_RANGES = {
    **{"steps": (1, 10**7), "batch": (1, 4096), "report_every": (1, 10**7), "validate_every": (1, 10**7)},
    **{"workers": (0, 256), "seed": (0, 2**63 - 1), "learning_rate": (1e-9, 1), "weight_decay": (0, 1)},
    **{"pairs_from": (0, 1), "average": (0, 1)},
}

_DEVICES = ("cpu", "cuda", "mps")


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """The images, the network and the course of the training."""

    people: tuple[Path, ...]
    """Folders with images/ and mattes/ (PNGs with the same stem)."""

    rooms: tuple[Path, ...]
    """Folders of images of rooms without people."""

    sequences: tuple[Path, ...] = ()
    """Folders of sequences of people who move: in each a folder per sequence, with 00.jpg, 00.png, 01.jpg and so on."""

    hands: tuple[Path, ...] = ()
    """Folders with images/ and mattes/ of hands with their forearms, upright and cut by the bottom border."""

    output: Path = Path("runs/lite")
    """Folder for checkpoint, weights and log. An interrupted training resumes from its checkpoint."""

    validation: Path | None = None
    """Folder with images/ and mattes/, used only to measure the network; without it, the network is not measured."""

    network: Literal["lite", "modnet"] = "lite"
    """Architecture: lite (that of greenless-lite) or modnet."""

    start: Path | None = None
    """Weights of the same architecture to start from; random weights if omitted."""

    phase: Literal["all", "semantic"] = "all"
    """semantic trains only the coarse layers, which is faster; all trains the whole network."""

    sides: tuple[int, ...] = ()
    """Sides of the square training images, in px, one for each part of the training; automatic if omitted."""

    long_side_px: int = 768
    """Longer side, in px, to which images are reduced before the training. Twice the largest side is enough."""

    cache: Path | None = None
    """Folder for the reduced images, which several trainings can share; in the output folder if omitted."""

    steps: int = 4400
    """Optimiser steps of the whole training."""

    batch: int = 16
    """Images per step."""

    learning_rate: float = 2e-3
    """Peak learning rate. The rate rises for 200 steps, then falls to 0 by a polynomial of power 0.9."""

    weight_decay: float = 0.01
    """Weight decay of Muon and AdamW."""

    pairs_from: float = 0.75
    """Fraction of the training after which images come in pairs, to reduce flicker: two slightly shifted copies of an
    image, or two frames of a sequence."""

    edges: Literal["weighted", "separate"] = "weighted"
    """How edges count in the loss of the matte: weighted gives their pixels five times the weight; separate averages
    them by themselves, so that small people count as much as large ones."""

    precision: Literal["f32", "bf16"] = "f32"
    """bf16 is faster on GPUs and some CPUs, slower on other CPUs."""

    average: float = 0.998
    """Decay of the exponential average of the weights."""

    report_every: int = 100
    """Steps between two log rows; each also saves a checkpoint."""

    validate_every: int = 500
    """Steps between two measurements on the validation folder."""

    workers: int = 2
    """Processes that make training images."""

    threads: int = 0
    """CPU threads of the network; 0 lets PyTorch choose. Use 1 beside other programs: idle threads use CPU time too."""

    device: str = "cpu"
    """cpu, cuda or mps."""

    seed: int = 1
    """Seed of images and initial weights."""

    def __post_init__(self) -> None:
        if not self.people:
            raise GreenlessError("no folder of people given", cure="Add --people FOLDER")
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                flag = f"--{name.replace('_', '-')}"
                what = f"expected {flag} from {low} to {high}, got {getattr(self, name):g}"
                raise GreenlessError(what, cure="Omit it to use the default")
        check_device(self.device)


@dataclass(frozen=True, kw_only=True)
class AdaptSettings:
    """The options of the adaptation in ``greenless adapt``."""

    pictures: int = 40
    """Number of frames to use, evenly spaced. One in five is for the comparison only."""

    epochs: int = 10
    """Number of passes over the frames."""

    learning_rate: float = 1e-5
    """Learning rate of Adam."""

    reference_size: int = 288
    """Shorter side of the network's input, in px. A larger input is finer and slower."""

    device: str = "cpu"
    """cpu, cuda or mps."""

    def __post_init__(self) -> None:
        for name, least in (("pictures", 5), ("epochs", 1), ("reference_size", 32)):
            if getattr(self, name) < least:
                flag = f"--{name.replace('_', '-')}"
                raise GreenlessError(f"expected {flag} of {least} or more, got {getattr(self, name)}")
        if not 0 < self.learning_rate <= 1:
            raise GreenlessError(f"expected --learning-rate above 0 and at most 1, got {self.learning_rate:g}")
        check_device(self.device)


def check_device(device: str) -> None:
    """Check that ``device`` names a PyTorch device. Whether this machine has it is not checked.

    Raises:
        GreenlessError: it is not cpu, cuda, cuda:NUMBER or mps.
    """
    kind, colon, number = device.partition(":")
    if kind not in _DEVICES or (colon and not (kind == "cuda" and number.isdecimal())):
        raise GreenlessError(f"expected --device {', '.join(_DEVICES)}, got {device!r}", cure="Omit it to use cpu")


class Progress(Protocol):
    """Called after every step of a training."""

    def __call__(self, step: int, steps: int, loss: float | None) -> None:
        """Report progress. ``loss`` is the mean total loss since the last report; None between reports."""
        ...
