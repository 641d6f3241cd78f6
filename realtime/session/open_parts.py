"""What a run is made of, opened as its settings say: go in settings, come out source and sinks.

An error says what works in place of what is missing; what a user should know is told on the way.
"""

import shlex
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from realtime.capture import open_source
from realtime.errors import SinkError, SourceError
from realtime.frame import Frame
from realtime.loop.camera_valve import CameraValve
from realtime.loop.live_source import LiveSource, Unopened
from realtime.session import instances
from realtime.settings.schema import Settings
from realtime.sinks import open_sink
from realtime.sinks.base import Sink
from realtime.sinks.display import require_display

Tell = Callable[[str], None]
"""Takes a line for the user."""


def has_display() -> bool:
    """Whether a window can be opened here."""
    try:
        require_display()
    except SinkError:
        return False
    return True


def open_live_source(settings: Settings, valve: CameraValve, like: Frame | None = None) -> LiveSource:
    """The source, which is opened again when it is lost, and closed while the valve is shut.

    Args:
        settings: which.
        valve: keeps a camera closed.
        like: a picture of the size to reckon with; then a camera is not even opened, and lit, while the valve is shut.

    Raises:
        SourceError: it cannot be opened.
    """
    opens = partial(open_source, settings.source, settings.camera)
    if settings.source == "camera" and like is not None and not valve.is_open:
        name = f"camera {settings.camera.camera} (not open yet)"
        return LiveSource(opens, valve, unopened=Unopened(name, settings.camera.fps, like))
    try:
        return LiveSource(opens, valve)
    except SourceError as error:
        if settings.source != "camera":
            raise
        sink = "preview" if has_display() else "sample.mp4 --seconds 10"
        instead = f"To try greenless without a camera: greenless run --source sample --sink {sink}"
        cures = (_holders("source", "camera"), error.cure, instead)
        raise SourceError(error.what, cure=". ".join(filter(None, cures))) from error


def open_sinks(settings: Settings, live_source: LiveSource, there: Mapping[str, Sink], tell: Tell) -> dict[str, Sink]:
    """The sinks by their names in the settings: each of those asked for, else the usual ones, of which one will do.

    Args:
        settings: which.
        live_source: what will be sent to them: its size, rate, and whether it is live.
        there: those that are open already; they are taken over as they are.
        tell: what is told where a usual one is missing.

    Raises:
        SinkError: one that was asked for cannot be opened, or none of the usual ones; those opened here are closed.
    """
    with ExitStack() as opened:

        def sink(spec: str) -> dict[str, Sink]:
            if spec in there:
                return {spec: there[spec]}
            size = {"width_px": live_source.first.width_px, "height_px": live_source.first.height_px}
            return {spec: opened.enter_context(open_sink(spec, **size, fps=live_source.fps, live=live_source.live))}

        sinks: dict[str, Sink] = {}
        if settings.sink:
            for spec in settings.sink:
                try:
                    sinks |= sink(spec)
                except SinkError as error:
                    cures = (_holders("sinks", spec.partition(":")[0]), error.cure)
                    raise SinkError(error.what, cure=". ".join(filter(None, cures))) from error
        else:
            sinks = _usual(sink, settings, tell)
        opened.pop_all()
        return sinks


def _usual(sink: Callable[[str], dict[str, Sink]], settings: Settings, tell: Tell) -> dict[str, Sink]:
    on_demand = settings.camera.on_demand  # a preview would watch all the time
    preview = sink("preview") if has_display() and not on_demand else {}
    try:
        return sink("virtual-camera") | preview
    except SinkError as error:
        if preview:
            tell(f"no virtual camera, so other programs see nothing, and you see a preview only: {error}")
            return preview
        source = "" if settings.source == "camera" else f"--source {shlex.quote(settings.source)} "
        instead = f"To try greenless without one: greenless run {source}--sink greenless.mp4 --seconds 10"
        cures = (_holders("sinks", "virtual-camera"), error.cure, instead)
        raise SinkError(error.what, cure=". ".join(filter(None, cures))) from error


def _holders(key: str, kind: str) -> str:
    """Names the other greenless that holds a device of this kind; empty where there is none."""
    if kind not in ("camera", "virtual-camera"):
        return ""
    held = [other for other in instances.others() if any(name.startswith(kind) for name in other.holds.get(key, ()))]
    return f"Another greenless runs, and may hold it: {', '.join(map(str, held))}" if held else ""
