"""``greenless train``: supervised training of a network on one's own pictures and mattes."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.card import write_card
from models.files import removed_if_empty
from models.training.settings import Progress, TrainSettings
from realtime.commands.common import Common, say
from realtime.errors import MissingExtra

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
    with removed_if_empty(options.training.output), _bar() as progress:
        path = train(options.training, progress)
    from realtime.commands.train_card import train_card

    card = path.with_name("README.md")
    write_card(train_card(options.training), card)
    for written in (path.with_suffix(".safetensors"), path, card):
        print(written)
    say(f"use it with: greenless --weights {shlex.quote(str(path))}")
    return 0


@contextmanager
def _bar() -> Iterator[Progress]:
    """Shows how far the training is: a bar where somebody can see it, else a line a report."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (*Bar.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("training", total=None)

        def show(step: int, steps: int, loss: float | None) -> None:
            bar.update(task, completed=step, total=steps)
            if loss is not None:
                bar.update(task, description=f"loss {loss:.3f}")
                if not console.is_terminal:
                    say(f"step {step} of {steps}: loss {loss:.3f}")

        yield show
