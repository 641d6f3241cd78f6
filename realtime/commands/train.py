"""``greenless train``: supervised training of a network on one's own pictures and mattes."""

from dataclasses import dataclass

from realtime.commands.common import Common
from realtime.errors import MissingExtra

try:
    from models.training.supervised import TrainSettings, train
except ModuleNotFoundError as error:
    raise MissingExtra(str(error.name), "torch") from error


@dataclass(frozen=True, kw_only=True)
class Options:
    """Train a network on pictures of people with their mattes, composed onto rooms.

    The same command again goes on where the last one stopped.
    """

    training: TrainSettings

    common: Common = Common()


def main(options: Options) -> int:
    """Train to the end."""
    train(options.training)
    return 0
