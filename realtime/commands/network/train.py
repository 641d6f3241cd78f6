"""``greenless train``: supervised training of a network on the user's images and mattes."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.files import removed_if_empty
from models.training.model_card import write_model_card
from models.training.settings import Progress, TrainSettings
from realtime.commands.common import Common, say
from realtime.commands.progress import progress
from realtime.errors import from_extra

LINE_EVERY_S = 30.0
"""Seconds between progress lines without a loss; long, because a training takes hours."""

EVERYDAY = ("people", "rooms", "output", "validation", "network", "start", "steps", "batch", "precision", "device")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Train a network on images of people with mattes, composited onto images of rooms.

    Writes weights.safetensors, weights.onnx, log.csv and a model card, README.md, to the output folder. To resume an
    interrupted training, run the same command again.
    """

    training: TrainSettings

    common: Common = Common()


def main(options: Options) -> int:
    """Train to the end."""
    with from_extra("torch"):
        from models.training.supervised import train
    with removed_if_empty(options.training.output), _bar() as show:
        path = train(options.training, show)
    from models.training.card_of_training import card_of_training

    card = path.with_name("README.md")
    write_model_card(card_of_training(options.training), card)
    for written in (path.with_suffix(".safetensors"), path, card):
        print(written)
    say(f"use it with: greenless --weights {shlex.quote(str(path))}")
    return 0


@contextmanager
def _bar() -> Iterator[Progress]:
    """Show the progress and the loss of the training."""
    with progress("training", "steps", every_s=LINE_EVERY_S) as show:
        words = ""

        def report(step: int, steps: int, loss: float | None) -> None:
            nonlocal words
            words = words if loss is None else f"loss {loss:.3f}"
            show(step, steps, words)
            if loss is not None and not sys.stderr.isatty():
                say(f"step {step} of {steps}: loss {loss:.3f}")

        yield report
