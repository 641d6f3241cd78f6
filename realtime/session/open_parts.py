"""Opens the parts of a run as the settings say: source, matter, look, sinks.

An error names what works instead of the missing part.
"""

import itertools
import shlex
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from realtime.capture import open_source
from realtime.capture.turn import turn_of
from realtime.errors import SinkError, SourceError
from realtime.frame import Frame
from realtime.loop.camera_valve import CameraValve
from realtime.loop.governor import Governor
from realtime.loop.live_source import LiveSource, Unopened
from realtime.matting import open_matter
from realtime.matting.matter import Matter, needs_whole_frames
from realtime.session import instances
from realtime.settings.schema import Settings
from realtime.sinks import open_sink
from realtime.sinks.base import Sink
from realtime.sinks.display import require_display

Tell = Callable[[str], None]
"""Takes a line for the user."""


def has_display() -> bool:
    """Check whether a window can open here."""
    try:
        require_display()
    except SinkError:
        return False
    return True


def open_live_source(settings: Settings, valve: CameraValve, like: Frame | None = None) -> LiveSource:
    """Open the source, which reopens when it is lost, and closes while the valve is shut.

    Args:
        settings: name the source.
        valve: keeps the source closed.
        like: a frame of the expected size, not turned; then a camera stays closed, and its light off, while the valve
            is shut.

    Raises:
        SourceError: it cannot be opened.
    """
    opens, turn = partial(open_source, settings.source, settings.camera), turn_of(settings.camera)
    if settings.source == "camera" and like is not None and not valve.is_open:
        name = f"camera {settings.camera.camera} (not open yet)"
        return LiveSource(opens, valve, unopened=Unopened(name, settings.camera.fps, like), turn=turn)
    try:
        return LiveSource(opens, valve, turn=turn)
    except SourceError as error:
        if settings.source != "camera":
            raise
        sink = "preview" if has_display() else "sample.mp4 --seconds 10"
        instead = f"To try greenless without a camera: greenless run --source sample --sink {sink}"
        raise SourceError(error.what, cure=_cures("source", "camera", error.cure, instead)) from error


def open_live_matter(settings: Settings, size: Frame) -> Matter:
    """Open the network for frames of this size, with a governor if it may skip and crop.

    Raises:
        realtime.errors.GreenlessError: it cannot be opened.
    """
    of = {"width_px": size.width_px, "height_px": size.height_px}
    if settings.matting.runtime == "remote":
        from realtime.matting.runtimes.remote_matter import open_remote

        here = replace(settings, matting=replace(settings.matting, runtime="auto"))
        return open_remote(settings.matting, **of, local=partial(open_live_matter, here, size), live=True)
    matter = open_matter(settings.matting, **of, at_once=True)
    return matter if needs_whole_frames(matter) else Governor(matter, settings.matting)


def open_sinks(settings: Settings, live_source: LiveSource, there: Mapping[str, Sink], tell: Tell) -> dict[str, Sink]:
    """Open the sinks of the settings; without any, the usual ones, of which one is enough.

    Args:
        settings: name the sinks.
        live_source: gives the size and the frame rate.
        there: sinks that are open; they are kept.
        tell: reports a usual sink that is missing.

    Returns:
        The sinks by their names in the settings.

    Raises:
        SinkError: a requested sink cannot be opened, or none of the usual ones; new ones are closed again.
    """
    with ExitStack() as opened:

        def sink(spec: str) -> dict[str, Sink]:
            if spec in there:
                return {spec: there[spec]}
            size = {"width_px": live_source.first.width_px, "height_px": live_source.first.height_px}
            return {spec: opened.enter_context(open_sink(spec, **size, fps=live_source.fps, live=True))}

        sinks: dict[str, Sink] = {}
        if settings.sink:
            for spec in settings.sink:
                try:
                    sinks |= sink(spec)
                except SinkError as error:
                    cure = _cures("sinks", spec.partition(":")[0], error.cure)
                    raise SinkError(error.what, cure=cure) from error
        else:
            sinks = _usual(sink, settings, tell)
        opened.pop_all()
        return sinks


def _usual(sink: Callable[[str], dict[str, Sink]], settings: Settings, tell: Tell) -> dict[str, Sink]:
    on_demand = settings.camera.on_demand  # a preview counts as a viewer all the time
    preview = sink("preview") if has_display() and not on_demand else {}
    try:
        return sink("virtual-camera") | preview
    except SinkError as error:
        if preview:
            tell(f"no virtual camera, so only this preview shows the result: {error}")
            return preview
        source = "" if settings.source == "camera" else f"--source {shlex.quote(settings.source)} "
        instead = f"To try greenless without one: greenless run {source}--sink greenless.mp4 --seconds 10"
        raise SinkError(error.what, cure=_cures("sinks", "virtual-camera", error.cure, instead)) from error


def _cures(key: str, kind: str, *cures: str) -> str:
    """Name the other greenless processes that hold a device of this kind, then the cures."""
    held = []
    if kind in ("camera", "virtual-camera"):
        for process, holds in instances.others().items():
            if any(name.startswith(kind) for name in holds.get(key, ())):
                held.append(f"process {process} ({', '.join(itertools.chain(*holds.values()))})")
    holders = f"Another greenless may hold it: {', '.join(held)}" if held else ""
    return ". ".join(filter(None, (holders, *cures)))
