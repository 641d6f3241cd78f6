"""``Parts``: what a run has open, as its settings say. ``Change`` replaces parts of it.

With an on-demand camera, nothing is opened at the start until somebody watches. A blank frame of the requested size
stands in for the size of the camera.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from typing import Any

import numpy as np

from realtime.ending import close_all
from realtime.frame import Frame
from realtime.framing.framer import Framer
from realtime.loop.camera_valve import CameraValve
from realtime.loop.pipeline import Pipeline
from realtime.matting.matter import Reporting
from realtime.matting.refine.finish import Finish
from realtime.scene.choices import is_room
from realtime.scene.compose import Scene
from realtime.session.on_demand import REASON, OnDemand, can_tell
from realtime.session.open_parts import Tell, open_live_matter, open_live_source, open_sinks
from realtime.settings.schema import CameraSettings, Settings
from realtime.sinks.base import Action, Remote, Sink


class Parts:
    """The open parts of a run, for one thread at a time; the pipeline and the valve are thread-safe.

    The pipeline owns the source, the scene and all sinks. This class owns the pipeline, its matter and what watches
    the viewers.

    Args:
        settings: everything; without sinks, the usual ones are opened.
        also: further sinks; the pipeline owns and closes them.
        tell: takes each line about what was opened, for the user.
        on_action: takes each request from a window.

    Attributes:
        settings: the settings in effect.
        live_source: the source.
        scene: the scene.
        look: frames the person.
        sinks: the sinks by their names in the settings, including those that failed.
        also: as in ``Args``, including those that failed.
        pipeline: the threads and stages.
        valve: closes the camera while it is shut.
        tell: as in ``Args``.

    Raises:
        realtime.errors.GreenlessError: a part cannot be opened.
    """

    def __init__(
        self, settings: Settings, *, also: Sequence[Sink], tell: Tell, on_action: Callable[[Action], None]
    ) -> None:
        self.settings = settings
        self.valve = CameraValve()
        self.tell = tell
        self.also = tuple(also)
        self._on_demand: OnDemand | None = None
        with ExitStack() as opened:
            for sink in also:
                opened.callback(sink.close)
            waits = settings.camera.on_demand and settings.source == "camera"
            if waits:
                self.valve.shut(REASON)
            self.live_source = open_live_source(settings, self.valve, _blank(settings.camera) if waits else None)
            opened.callback(lambda: self.live_source.close())
            tell(f"source: {self.live_source.name}")
            matter = opened.enter_context(closing(open_live_matter(settings, self.live_source.first)))
            tell(f"network: {matter.name}")
            self.scene = opened.enter_context(closing(Scene(settings.scene, settings.quality)))
            self._open_sinks(opened)
            if waits and not can_tell(self._all_sinks()):
                self._wait_no_longer(opened)
                waits = False
            tell(f"output: {', '.join(sink.name for sink in self._all_sinks())}")
            self.look = Framer(settings.look, room=is_room(settings.scene.background))
            self.pipeline = Pipeline(
                self.live_source,
                matter,
                self.scene,
                self._all_sinks(),
                finish=Finish(settings.finish, settings.quality),
                look=self.look,
                on_action=on_action,
                size=self.live_source.first if waits else None,
            )
            opened.pop_all()

    def names(self) -> dict[str, Any]:
        """Name the source, the matter and the sinks that have not failed, with troubles; report a remote matter."""
        sinks, matter = tuple(map(_named, self.pipeline.sinks)), self.pipeline.chain.matter
        remote = {"remote": asdict(matter.report())} if isinstance(matter, Reporting) else {}
        return {"source": self.live_source.name, "matter": matter.name, "sinks": sinks, **remote}

    def holds(self) -> dict[str, list[str]]:
        """List the open devices and files for other processes, as the settings name them."""
        camera = self.settings.source == "camera"
        source = f"camera {self.settings.camera.camera}" if camera else self.settings.source
        return {"source": [source], "sinks": list(self.sinks)}

    def demand(self) -> None:
        """Start or stop to close the camera while nobody watches, as the settings say."""
        if self.settings.camera.on_demand:
            self._on_demand = self._on_demand or OnDemand(self.valve, lambda: self.pipeline.sinks)
            return
        if self._on_demand is not None:
            self._on_demand.close()
            self._on_demand = None
        self.valve.lift(REASON)  # from the start of the run

    def close(self) -> None:
        """Close everything. May be called twice."""
        on_demand = [] if self._on_demand is None else [self._on_demand.close]
        close_all(self.pipeline.chain.matter.close, self.pipeline.close, *on_demand)

    def _open_sinks(self, opened: ExitStack) -> None:
        self.sinks: Mapping[str, Sink] = open_sinks(self.settings, self.live_source, {}, self.tell)
        for sink in self.sinks.values():
            opened.callback(sink.close)

    def _wait_no_longer(self, opened: ExitStack) -> None:
        """Open the camera at the start after all: it would stay on anyway, and the sinks need the granted size."""
        asked = self.live_source
        self.valve.lift(REASON)
        self.live_source = open_live_source(self.settings, self.valve)
        self.tell(f"source: {self.live_source.name}")
        if (asked.first.pixels.shape, asked.fps) != (self.live_source.first.pixels.shape, self.live_source.fps):
            for sink in self.sinks.values():
                sink.close()
            self._open_sinks(opened)

    def _all_sinks(self) -> tuple[Sink, ...]:
        return (*self.sinks.values(), *self.also)


def _named(sink: Sink) -> str:
    return f"{sink.name} ({sink.trouble})" if isinstance(sink, Remote) and sink.trouble else sink.name


def _blank(camera: CameraSettings) -> Frame:
    """Make a blank frame of the size that is requested of a camera."""
    return Frame(pixels=np.zeros((camera.height, camera.width, 3), np.uint8), index=0, captured_s=0.0)
