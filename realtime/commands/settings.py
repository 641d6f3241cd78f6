"""``greenless settings``: what is in effect, from where, and writing it down."""

import os
from dataclasses import dataclass
from typing import Annotated

import tyro

from models.shown import masked
from realtime.commands import run
from realtime.commands.common import Common
from realtime.settings import file as settings_file
from realtime.settings import paths
from realtime.settings.schema import Settings
from realtime.settings.tree import lasting

EVERYDAY = ("write", *run.EVERYDAY)
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Show the settings that a run would have now, as a settings file; with --write keep them.

    The command line goes before the file, the file before the defaults: greenless settings --camera 1 --write
    makes camera 1 the one that greenless takes from now on. Comments in the file stay. Files that are named are
    written with their whole path, so that they are found from every folder.
    """

    settings: Annotated[Settings, tyro.conf.arg(name="")] = Settings()

    write: bool = False
    """Write them to the settings file."""

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """The options as the settings file has them."""
    return Options(settings=settings)


def main(options: Options) -> int:
    """Show or write.

    Raises:
        realtime.errors.GreenlessError: the background to be written is none, or the file cannot be written.
    """
    path = options.common.settings_file or paths.settings_file()
    if options.write:
        _check(options.settings, settings_file.read(path) if os.path.exists(path) else Settings())
        settings_file.write(path, lasting(options.settings))
        print(f"Written to {path}")
    else:
        print(f"# {path}{'' if os.path.exists(path) else ' (not there yet; --write makes it)'}")
        print(masked(settings_file.render(options.settings)))
    return 0


def _check(settings: Settings, before: Settings) -> None:
    """A background, where it is new, must be one that can be opened."""
    if settings.scene != before.scene:
        from realtime.scene.background import open_background

        open_background(settings.scene.background, settings.scene.fit).close()
