"""The live loop as ``run`` and ``demo`` start it: settings go in, composites go to sinks, an ``Outcome`` comes out.

Says on standard error what was really granted, and where camera or virtual camera are missing, what works without.
"""

import itertools
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from realtime import paths
from realtime.capture import open_source
from realtime.commands.common import say
from realtime.errors import SettingsError, SinkError, SourceError
from realtime.feed import Feed
from realtime.matting import open_matter
from realtime.matting.finish import Finish
from realtime.pipeline import Pipeline
from realtime.scene.compose import Scene
from realtime.settings import SceneSettings, Settings
from realtime.sinks import open_sink
from realtime.sinks.base import Sink
from realtime.sinks.display import require_display
from realtime.stats import Summary

BACKGROUNDS = ("blur", "#00b140", "#2b3a42", "#e8e4dc")
"""What the key for the next background goes through before the user's own files. Never ``none``: that is the room."""


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


def has_display() -> bool:
    """Whether a window can be opened here."""
    try:
        require_display()
    except SinkError:
        return False
    return True


def play(settings: Settings, *, seconds: float | None = None, also: Sequence[Sink] = ()) -> Outcome:
    """Run the loop to the end of the source, for ``seconds``, or until somebody stops it.

    Args:
        settings: everything; where it names no sink the usual ones are opened.
        seconds: when to stop; None goes on.
        also: further sinks, which are closed at the end.

    Raises:
        realtime.errors.GreenlessError: something cannot be opened, or an error ended the run.
    """
    if seconds is not None and seconds <= 0:
        raise SettingsError(f"expected seconds above 0, got {seconds:g}")
    with ExitStack() as opened:
        feed = opened.enter_context(_open_feed(settings))
        say(f"source: {feed.name}")
        matter = open_matter(settings.matting, width_px=feed.first.width_px, height_px=feed.first.height_px)
        opened.callback(matter.close)
        say(f"network: {matter.name}")
        scene = Scene(settings.scene)
        opened.callback(scene.close)
        sinks = [*_open_sinks(settings, feed, opened), *also]
        say(f"output: {', '.join(sink.name for sink in sinks)}")
        backgrounds = _backgrounds(settings.scene)
        pipeline = Pipeline(
            feed,
            matter,
            scene,
            sinks,
            drop=feed.live,
            finish=Finish(settings.finish),
            on_next_background=lambda: pipeline.set_scene(Scene(next(backgrounds))),
        )
        with _ends_well():
            summary = pipeline.run(seconds)
        return Outcome(source=feed.name, matter=matter.name, sinks=tuple(sink.name for sink in sinks), summary=summary)


def _open_feed(settings: Settings) -> Feed:
    try:
        return Feed(partial(open_source, settings.source, settings.camera))
    except SourceError as error:
        if settings.source != "camera":
            raise
        sink = "preview" if has_display() else "sample.mp4 --seconds 10"
        instead = f"To try greenless without a camera: greenless run --source sample --sink {sink}"
        raise SourceError(error.what, cure=". ".join(filter(None, (error.cure, instead)))) from error


def _open_sinks(settings: Settings, feed: Feed, opened: ExitStack) -> list[Sink]:
    """Those asked for, each of which must open; else the usual ones, of which one will do."""

    def sink(spec: str) -> Sink:
        size = {"width_px": feed.first.width_px, "height_px": feed.first.height_px}
        return opened.enter_context(open_sink(spec, **size, fps=feed.fps, live=feed.live))

    if settings.sink:
        return [sink(spec) for spec in settings.sink]
    preview = [sink("preview")] if has_display() else []
    try:
        return [sink("virtual-camera"), *preview]
    except SinkError as error:
        if preview:
            say(f"no virtual camera, so other programs see nothing, and you see a preview only: {error}")
            return preview
        source = "" if settings.source == "camera" else f"--source {shlex.quote(settings.source)} "
        instead = f"To try greenless without one: greenless run {source}--sink greenless.mp4 --seconds 10"
        raise SinkError(error.what, cure=". ".join(filter(None, (error.cure, instead)))) from error


def _backgrounds(scene: SceneSettings) -> Iterator[SceneSettings]:
    """For ever: the next background, after the one that is there."""
    own = sorted(path for path in paths.backgrounds_folder().glob("*") if path.is_file())
    names = list(dict.fromkeys([scene.background, *BACKGROUNDS, *map(str, own)]))
    rest = names[1:] + names[:1] * (scene.background != "none")
    for name in itertools.cycle(rest):
        yield replace(scene, background=name)


@contextmanager
def _ends_well() -> Iterator[None]:
    """A request to terminate ends the run as Ctrl-C does: files are finished, devices given back."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
