"""``greenless settings``: what is in effect, from where, and writing it down."""

from dataclasses import dataclass

from realtime import paths, settings_file
from realtime.commands.common import Common
from realtime.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Options:
    """Show the settings that a run would have now, as a settings file; with --write keep them.

    The command line goes before the file, the file before the defaults: greenless settings --camera 1 --write
    makes camera 1 the one that greenless takes from now on. Comments in the file stay.
    """

    settings: Settings = Settings()

    write: bool = False
    """Write them to the settings file."""

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """The options as the settings file has them."""
    return Options(settings=settings)


def main(options: Options) -> int:
    """Show or write."""
    path = options.common.settings_file or paths.settings_file()
    if options.write:
        settings_file.write(path, options.settings)
        print(f"Written to {path}")
    else:
        print(f"# {path}{'' if path.exists() else ' (not there yet; --write makes it)'}")
        print(settings_file.render(options.settings))
    return 0
