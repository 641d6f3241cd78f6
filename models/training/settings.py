"""What a training takes, and how it tells how far it is; without PyTorch, so that help does not wait for it."""

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
    """What ``greenless train`` takes."""

    people: tuple[Path, ...]
    """Folders that hold images/ and mattes/ (PNG of the same stem)."""

    rooms: tuple[Path, ...]
    """Folders of backgrounds without people."""

    output: Path = Path("runs/lite")
    """Folder for checkpoint, weights and log; an earlier run there is resumed."""

    validation: Path | None = None
    """Folder that holds images/ and mattes/, never trained on; without it nothing is checked."""

    network: Literal["lite", "modnet"] = "lite"
    """lite (greenless-lite) or modnet."""

    start: Path | None = None
    """Weights to start from, of the same network; without them from nothing."""

    phase: Literal["all", "semantic"] = "all"
    """semantic trains the coarse layers alone, which is faster; all trains the whole network."""

    sides: tuple[int, ...] = ()
    """Sides in px of the square frames that the training goes through, from first to last; empty for the usual ones."""

    long_side_px: int = 768
    """Long side to which the images of people and rooms are reduced, once; twice the largest side is enough."""

    cache: Path | None = None
    """Folder for the reduced images, which trainings can share; None keeps them in the output folder."""

    steps: int = 4400
    """Optimiser steps of the whole training."""

    batch: int = 16
    """Pictures a step."""

    learning_rate: float = 2e-3
    """Peak rate; it rises for 200 steps, then falls by a power of 0.9 to nothing."""

    weight_decay: float = 0.01
    """Of Muon and AdamW."""

    pairs_from: float = 0.75
    """Share of the training after which every picture comes twice, shaken, so that the matte learns to keep still."""

    precision: Literal["f32", "bf16"] = "f32"
    """bf16 is faster on a GPU and on some processors, slower on others."""

    average: float = 0.998
    """Decay of the exponential average of the weights."""

    report_every: int = 100
    """Steps between two rows of the log, and two checkpoints."""

    validate_every: int = 500
    """Steps between two looks at the validation folder."""

    workers: int = 2
    """Processes that make pictures."""

    threads: int = 0
    """CPU threads of the network; 0 for PyTorch's choice. Use 1 beside other programs: threads that wait spin."""

    device: str = "cpu"
    """cpu, cuda or mps."""

    seed: int = 1
    """Of pictures and weights."""

    def __post_init__(self) -> None:
        if not self.people:
            raise GreenlessError("no folder of people was named", cure="Name one with --people FOLDER")
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                flag = f"--{name.replace('_', '-')}"
                raise GreenlessError(f"expected {flag} from {low} to {high}, got {getattr(self, name):g}")
        check_device(self.device)


def check_device(device: str) -> None:
    """Refuse what is no device of PyTorch; whether this machine has it is seen when it is used.

    Raises:
        GreenlessError: it is another word than cpu, cuda, cuda:NUMBER or mps.
    """
    kind, colon, number = device.partition(":")
    if kind not in _DEVICES or (colon and not (kind == "cuda" and number.isdecimal())):
        raise GreenlessError(f"expected --device {', '.join(_DEVICES)}, got {device!r}", cure="Leave it out: it is cpu")


class Progress(Protocol):
    """Told after every step how far the training is."""

    def __call__(self, step: int, steps: int, loss: float | None) -> None:
        """``loss`` is the mean total since the last report, given with every report, None between."""
        ...
