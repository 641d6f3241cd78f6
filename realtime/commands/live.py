"""Starts the live loop for ``run`` and ``demo``, and returns its statistics.

It reports on standard error what the devices granted and, if a camera or virtual camera is missing, the alternatives.
"""

import math
import os
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.files import named
from realtime.commands import recover
from realtime.commands.common import say, say_unwritable
from realtime.errors import ControlError, SettingsError
from realtime.loop.stats import Summary
from realtime.media.codecs import CODECS
from realtime.media.image_formats import PICTURE_SUFFIXES
from realtime.session.session import Session
from realtime.settings.schema import ControlSettings, Settings
from realtime.sinks.base import Sink

if TYPE_CHECKING:
    from realtime.web.server import Server

OVERLAY = "overlay"
"""The sink that needs the server even without the page."""


def play(
    settings: Settings,
    *,
    seconds: float | None = None,
    also: Sequence[Sink] = (),
    settings_file: Path | None = None,
    serve: bool = False,
) -> tuple[dict[str, Any], Summary]:
    """Run the loop to the end of the source, for ``seconds``, or until the user stops it.

    Args:
        settings: all settings; without a sink in them, the default sinks are opened.
        seconds: the duration; None for no limit.
        also: further sinks, closed at the end.
        settings_file: the file with the user's settings and presets, watched during the run; None for the default.
        serve: whether to serve the control page and the overlay, if the settings allow it.

    Returns:
        The names of source, matter and sinks, and the statistics.

    Raises:
        realtime.errors.GreenlessError: a device or file cannot be opened, or an error ended the run.
    """
    if seconds is not None and not 0 < seconds < math.inf:
        raise SettingsError(f"expected seconds above 0, got {seconds:g}")
    recordings = [
        os.path.expanduser(spec) for spec in settings.sink if "://" not in spec and Path(spec).suffix.lower() in CODECS
    ]
    recover.list_unfinished(map(Path, recordings))
    say_unwritable()
    with ExitStack() as opened:
        wanted = serve and (settings.control.page or OVERLAY in settings.sink)
        server = _server(settings) if wanted else None
        if server:
            opened.enter_context(server)
        also = [*also, server.broadcast] if server else also
        session = opened.enter_context(Session(settings, path=settings_file, also=also, tell=say))
        _say_dropped(settings, recordings)
        if server:
            server.serve(session)
            opened.callback(server.close)  # before the session
            say(f"page: {server.access.page}")
            for elsewhere in server.pages_elsewhere:
                say(f"page for other machines: {elsewhere}")
            if OVERLAY in settings.sink:
                say(f"overlay: {server.access.overlay}")
        summary = session.run(seconds)
        return session.names(), summary


def _say_dropped(settings: Settings, recordings: Sequence[str]) -> None:
    """Say that a clip or a folder of images drops frames in a live run, and which command does not."""
    source, path = settings.source, named(settings.source)
    if "://" in source:
        return
    if os.path.isdir(path):
        background = settings.scene.background
        behind = [] if background == "transparent" else ["--background", background]
        words = ["image", source, *behind, "-o", "composites"]
    elif path.suffix and path.suffix.lower() not in PICTURE_SUFFIXES:
        words = ["video", source, "-o", recordings[0] if recordings else f"{path.stem}_composite.mp4"]
    else:
        return
    command = shlex.join(["greenless", *words])
    say(f"{source} plays at its own speed: frames are dropped to keep time. To keep every frame: {command}")


def _server(settings: Settings) -> "Server | None":
    """Open the server. If it fails and the user did not configure it, report that and go on without a page."""
    from realtime.web.server import Server  # only here, because a demo does not need it

    try:
        return Server(settings.control)
    except ControlError as error:
        if settings.control != ControlSettings() or OVERLAY in settings.sink:
            raise
        say(f"no page: {error}")
        return None
