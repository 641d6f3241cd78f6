"""``greenless run``, and ``greenless`` alone: camera to virtual camera until somebody stops it."""

import json
from dataclasses import dataclass
from typing import Annotated

import tyro

from realtime.commands.common import Common
from realtime.settings.schema import Settings

EVERYDAY = ("background", "source", "camera", "width", "height", "fps", "sink", "quality", "weights", "preset")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Your camera with another background, live, as a camera for other programs.

    Choose the virtual camera in the other program. Ctrl-C ends it, or q in the preview window that opens where there is
    a display; b changes the background there, p closes the shutter.
    """

    settings: Annotated[Settings, tyro.conf.arg(name="")] = Settings()

    preset: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Begin in the look of a preset of the settings file; what the command line says goes before it."""

    seconds: Annotated[float | None, tyro.conf.arg(metavar="S")] = None
    """Stop after so many seconds."""

    json: bool = False
    """Print the closing statistics as JSON on standard output."""

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """The options as the settings file has them."""
    return Options(settings=settings)


def main(options: Options) -> int:
    """Run; 1 when something failed on the way."""
    from realtime.commands.live import play

    outcome = play(options.settings, seconds=options.seconds, settings_file=options.common.settings_file, serve=True)
    print(json.dumps(outcome.to_dict(), indent=2) if options.json else outcome.summary.table())
    return 1 if outcome.summary.errors else 0
