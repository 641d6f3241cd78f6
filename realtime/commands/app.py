"""``greenless app``: the tray icon, and the run that it controls."""

import asyncio
import sys
from dataclasses import dataclass

from realtime.commands.common import Common, say


@dataclass(frozen=True, kw_only=True)
class Options:
    """Show an icon in the tray whose menu controls greenless: start, stop, shutter, backgrounds, presets, control page.

    It starts greenless with your settings, unless greenless runs. The camera is open only while a program shows it. On
    a desktop without a tray, the control page opens instead. A second greenless app opens the page of the first one.
    greenless service --desktop adds greenless to the menu of applications.
    """

    quit: bool = False
    """End the greenless app that runs."""

    quiet: bool = False
    """Start without a greeting: no notification and, on a desktop without a tray, no page. For the start at login."""

    common: Common = Common()


def main(options: Options) -> int:
    """Serve until the user quits.

    Raises:
        realtime.errors.GreenlessError: ``--quit`` found none, or the lock of this user is not writable.
    """
    from realtime.tray import only_one
    from realtime.tray.app import use_libraries_of_the_system

    use_libraries_of_the_system()
    if options.quit:
        only_one.quit_first()
        return 0
    with only_one.only_one() as alone:
        if not alone:
            asyncio.run(only_one.raise_first(say))
            return 0
        _serve(options)
    return 0


def _serve(options: Options) -> None:
    from realtime.tray.app import App
    from realtime.tray.tray import open_on_linux

    common = options.common
    named = {"--settings": common.settings_file, "--log-file": common.log_file}
    flags = [word for flag, value in named.items() if value for word in (flag, str(value))]
    flags += ["--verbose"] if common.verbose else []
    app = App(flags, tell=say, greets=not options.quiet)
    if sys.platform == "linux":
        app.serve(open_on_linux)
    else:
        from realtime.tray.pystray_icon import run

        run(app.serve)
