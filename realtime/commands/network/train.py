"""``greenless train``: supervised training of a network on one's own pictures and mattes."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.files import removed_if_empty
from models.model_card import write_model_card
from models.training.settings import Progress, TrainSettings
from realtime.commands.common import Common, say
from realtime.commands.progress import progress
from realtime.errors import MissingExtra

LINE_EVERY_S = 30.0
"""A training lasts hours: so seldom a line without a loss says that it goes on."""

EVERYDAY = ("people", "rooms", "output", "validation", "network", "start", "steps", "batch", "precision", "device")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Train a network on pictures of people with their mattes, composed onto rooms.

    Writes weights.safetensors, weights.onnx, log.csv and a model card, README.md, into the output folder. The same
    command again goes on where the last one stopped.
    """

    training: TrainSettings

    common: Common = Common()


def main(options: Options) -> int:
    """Train to the end."""
    try:
        from models.training.supervised import train
    except ModuleNotFoundError as error:
        raise MissingExtra(str(error.name), "torch") from error
    with removed_if_empty(options.training.output), _bar() as show:
        path = train(options.training, show)
    from realtime.commands.network.train_model_card import train_model_card

    card = path.with_name("README.md")
    write_model_card(train_model_card(options.training), card)
    for written in (path.with_suffix(".safetensors"), path, card):
        print(written)
    say(f"use it with: greenless --weights {shlex.quote(str(path))}")
    return 0


@contextmanager
def _bar() -> Iterator[Progress]:
    """Shows how far the training is, and its loss at every report."""
    with progress("training", "steps", every_s=LINE_EVERY_S) as show:
        words = ""

        def told(step: int, steps: int, loss: float | None) -> None:
            nonlocal words
            words = words if loss is None else f"loss {loss:.3f}"
            show(step, steps, words)
            if loss is not None and not sys.stderr.isatty():
                say(f"step {step} of {steps}: loss {loss:.3f}")

        yield told
