"""``greenless settings``: shows the settings in effect, or writes them to the settings file."""

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
    """Show the settings that a run would use, as a settings file. --write saves them.

    Flags override the file; the file overrides the defaults. For example, greenless settings --camera 1 --write makes
    camera 1 the default. Comments in the file stay. File names are saved as absolute paths.
    """

    settings: Annotated[Settings, tyro.conf.arg(name="")] = Settings()

    write: bool = False
    """Write the settings to the settings file."""

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """Return the options with the values of the settings file."""
    return Options(settings=settings)


def main(options: Options) -> int:
    """Show or write.

    Raises:
        realtime.errors.GreenlessError: the background cannot be opened, or the file is not writable.
    """
    path = options.common.settings_file or paths.settings_file()
    if options.write:
        before = settings_file.load(path).settings if os.path.exists(path) else Settings()
        if options.settings.scene != before.scene:  # check that a new background can be opened
            from realtime.scene.background import open_background

            open_background(options.settings.scene.background, options.settings.scene.fit).close()
        settings_file.write(path, lasting(options.settings))
        print(f"Written to {path}")
    else:
        print(f"# {path}{'' if os.path.exists(path) else ' (does not exist yet; --write creates it)'}")
        print(masked(settings_file.render(options.settings)))
    return 0
