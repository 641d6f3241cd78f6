"""``greenless run``, also the default command: camera to virtual camera until the user stops it."""

import json
from dataclasses import asdict, dataclass
from typing import Annotated

import tyro

from realtime.commands.common import Common
from realtime.matting.remote_report import RemoteReport
from realtime.settings.schema import Settings

EVERYDAY = ("background", "source", "camera", "width", "height", "fps", "sink", "quality", "weights", "preset")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Replace the background of your camera, live, and offer the result to other programs as a virtual camera.

    Choose the virtual camera in the other program. Ctrl-C ends greenless. If there is a display, a preview window
    opens: q ends greenless, b changes the background, p closes the shutter.
    """

    settings: Annotated[Settings, tyro.conf.arg(name="")] = Settings()

    preset: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Start with a preset from the settings file. Other flags override it."""

    seconds: Annotated[float | None, tyro.conf.arg(metavar="S")] = None
    """Stop after this many seconds."""

    json: bool = False
    """Print the final statistics as JSON on standard output."""

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """Return the options with the values of the settings file."""
    return Options(settings=settings)


def main(options: Options) -> int:
    """Run; return 1 if something failed during the run."""
    from realtime.commands.live import play

    names, summary = play(
        options.settings, seconds=options.seconds, settings_file=options.common.settings_file, serve=True
    )
    if options.json:
        print(json.dumps({**names, **asdict(summary)}, indent=2))
    else:
        print(summary.table())
        if "remote" in names:
            print(RemoteReport(**names["remote"]))
    return 1 if summary.errors else 0
