"""The live loop as ``run`` and ``demo`` start it: settings go in, composites go to sinks, an ``Outcome`` comes out.

Says on standard error what was really granted, and where camera or virtual camera are missing, what works without.
"""

import math
import os
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime.commands import recover
from realtime.commands.common import say, say_unkept
from realtime.errors import ControlError, SettingsError
from realtime.media.codecs import CODECS
from realtime.media.image_file import PICTURE_SUFFIXES
from realtime.session.session import Session
from realtime.settings.schema import ControlSettings, Settings
from realtime.sinks.base import Sink
from realtime.stats import Summary

if TYPE_CHECKING:
    from realtime.web.server import Server

OVERLAY = "overlay"
"""The sink that wants the server even where no page is wanted."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A run that is over: who took part, by the names of what was granted, and how it went."""

    source: str
    matter: str
    sinks: tuple[str, ...]
    summary: Summary

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"source": self.source, "matter": self.matter, "sinks": self.sinks, **self.summary.to_dict()}


def play(
    settings: Settings,
    *,
    seconds: float | None = None,
    also: Sequence[Sink] = (),
    settings_file: Path | None = None,
    serve: bool = False,
) -> Outcome:
    """Run the loop to the end of the source, for ``seconds``, or until somebody stops it.

    Args:
        settings: everything; where it names no sink the usual ones are opened.
        seconds: when to stop; None goes on.
        also: further sinks, which are closed at the end.
        settings_file: the file with the user's settings and presets, watched meanwhile; None for the usual one.
        serve: whether the control page and the overlay are served meanwhile, where the settings do not forbid it.

    Raises:
        realtime.errors.GreenlessError: something cannot be opened, or an error ended the run.
    """
    if seconds is not None and not 0 < seconds < math.inf:
        raise SettingsError(f"expected seconds above 0, got {seconds:g}")
    recordings = [os.path.expanduser(spec) for spec in settings.sink if Path(spec).suffix.lower() in CODECS]
    recover.tell(map(Path, recordings))
    say_unkept()
    if recordings and _is_video(settings.source):
        _name_video(settings.source, recordings[0])
    with ExitStack() as opened:
        server = _server(settings) if serve and _wanted(settings) else None
        if server:
            opened.enter_context(server)
        also = [*also, server.broadcast] if server else also
        session = opened.enter_context(Session(settings, path=settings_file, also=also, tell=say))
        if server:
            server.serve(session)
            opened.callback(server.close)  # before the session
            say(f"page: {server.access.page}")
            for elsewhere in server.pages_elsewhere:
                say(f"page for other machines: {elsewhere}")
            if OVERLAY in settings.sink:
                say(f"overlay: {server.access.overlay}")
        summary = session.run(seconds)
        return Outcome(**session.names(), summary=summary)


def _is_video(source: str) -> bool:
    """Whether a source is named as a video file, not as a device, a stream or an image."""
    suffix = Path(source).suffix.lower()
    return bool(suffix) and "://" not in source and suffix not in PICTURE_SUFFIXES


def _name_video(source: str, recording: str) -> None:
    """Say that a live run drops frames, and which command does not."""
    words = shlex.join(["greenless", "video", source, "-o", recording])
    say(f"{source} plays at its own speed, and frames are dropped to keep time. To keep every frame: {words}")


def _wanted(settings: Settings) -> bool:
    return settings.control.page or OVERLAY in settings.sink


def _server(settings: Settings) -> "Server | None":
    """None where it cannot be had, and nobody asked for it."""
    from realtime.web.server import Server  # only here: a demo does without

    try:
        return Server(settings.control)
    except ControlError as error:
        _go_without(settings, error)
        return None


def _go_without(settings: Settings, error: ControlError) -> None:
    """A camera that works is worth more than a page that nobody asked for; what was asked for is an error."""
    if settings.control != ControlSettings() or OVERLAY in settings.sink:
        raise error
    say(f"no page: {error}")
