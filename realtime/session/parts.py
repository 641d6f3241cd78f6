"""``Parts``: the open parts of a run, and how other settings take the place of these.

Go in settings. Comes out a pipeline that is made as they say. A change is opened whole before anything is touched: when
one part fails nothing changes. Only the part that must is made anew; while a new network loads the old one goes on.
A camera that is open on demand stays closed at the start, too: until somebody watches a blank picture of the size that
is asked of it tells the size.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import numpy as np

from realtime.errors import GreenlessError
from realtime.frame import Frame
from realtime.framing.framer import Framer
from realtime.loop.camera_valve import CameraValve
from realtime.loop.governor import Governor
from realtime.loop.pipeline import Pipeline
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import Finish
from realtime.scene.choices import is_room
from realtime.scene.compose import Scene
from realtime.session.on_demand import REASON, OnDemand, can_tell
from realtime.session.open_parts import Tell, open_live_source, open_sinks
from realtime.settings.schema import CameraSettings, LookSettings, Settings
from realtime.sinks.base import Action, Sink

log = logging.getLogger("greenless")


class Parts:
    """What a run is made of. One thread at a time, but for the pipeline and the valve, which take any.

    Args:
        settings: everything; where they name no sink the usual ones are opened.
        also: further sinks, which are owned from now on.
        tell: takes what a user should know about what was opened, line by line.
        on_action: takes what somebody asked for at a window.

    Attributes:
        settings: what is in effect.
        pipeline: the stages and their threads.
        valve: shut, it closes the camera.

    Raises:
        realtime.errors.GreenlessError: something cannot be opened.
    """

    def __init__(
        self, settings: Settings, *, also: Sequence[Sink], tell: Tell, on_action: Callable[[Action], None]
    ) -> None:
        self.settings = settings
        self.valve = CameraValve()
        self._also = tuple(also)
        self._tell = tell
        self._on_demand: OnDemand | None = None
        with ExitStack() as opened:
            for sink in also:
                opened.callback(sink.close)
            waits = settings.camera.on_demand and settings.source == "camera"
            if waits:
                self.valve.shut(REASON)
            self._live_source = open_live_source(settings, self.valve, _blank(settings.camera) if waits else None)
            opened.callback(lambda: self._live_source.close())
            tell(f"source: {self._live_source.name}")
            matter = opened.enter_context(closing(self._matter(settings)))
            tell(f"network: {matter.name}")
            self._scene = opened.enter_context(closing(Scene(settings.scene, settings.quality)))
            self._sinks = open_sinks(settings, self._live_source, {}, tell)
            for sink in self._sinks.values():
                opened.callback(sink.close)
            if waits and not can_tell(self._all_sinks()):
                self._wait_no_longer(settings, opened)
                waits = False
            tell(f"output: {', '.join(sink.name for sink in self._all_sinks())}")
            self._look = _framer(settings)
            self.pipeline = Pipeline(
                self._live_source,
                matter,
                self._scene,
                self._all_sinks(),
                drop=self._live_source.live,
                finish=Finish(settings.finish, settings.quality),
                look=self._look,
                on_action=on_action,
                size=self._live_source.first if waits else None,
            )
            opened.pop_all()

    def names(self) -> dict[str, Any]:
        """Who takes part, by the names of what was granted: source, matter, the sinks that have not failed."""
        sinks = tuple(sink.name for sink in self.pipeline.sinks)
        return {"source": self._live_source.name, "matter": self.pipeline.chain.matter.name, "sinks": sinks}

    def holds(self) -> dict[str, list[str]]:
        """What it has open, as the settings name it, for other processes."""
        camera = self.settings.source == "camera"
        source = f"camera {self.settings.camera.camera}" if camera else self.settings.source
        return {"source": [source], "sinks": list(self._sinks)}

    @property
    def has_lost_sinks(self) -> bool:
        """Whether a sink that the settings ask for has failed."""
        return not set(self._sinks.values()) <= set(self.pipeline.sinks)

    def demand(self) -> None:
        """Begin or end to close the camera while nobody watches, as the settings say."""
        if self._on_demand is not None:
            self._on_demand.close()
            self._on_demand = None
        if self.settings.camera.on_demand and self._live_source.live:
            self._on_demand = OnDemand(self.valve, lambda: self.pipeline.sinks)
        else:
            self.valve.lift(REASON)  # of the start

    def apply(self, after: Settings, *, again: bool = False) -> None:
        """Open what is new, then let it take the place of what was there.

        Args:
            after: the settings.
            again: open the sinks that failed again, too, though the settings name the same ones.

        Raises:
            realtime.errors.GreenlessError: something cannot be opened; all is as it was.
        """
        before = self.settings

        def differs(*names: str) -> bool:
            return any(getattr(after, name) != getattr(before, name) for name in names)

        with ExitStack() as opened:
            finish = Finish(after.finish, after.quality) if differs("finish", "quality") else None
            scene = matter = None
            if differs("scene", "quality"):
                scene = opened.enter_context(closing(Scene(after.scene, after.quality, like=self._scene)))
            if differs("matting"):
                matter = opened.enter_context(closing(self._matter(after)))
            sinks = self._sinks
            if differs("sink") or (again and self.has_lost_sinks):
                there = {spec: sink for spec, sink in self._sinks.items() if sink in self.pipeline.sinks}
                sinks = open_sinks(after, self._live_source, there, self._tell)
                for spec in sinks.keys() - there.keys():
                    opened.callback(sinks[spec].close)
            same = replace(after.camera, on_demand=before.camera.on_demand)  # that leaves the camera as it is
            sourced = differs("source") or same != before.camera or not self.pipeline.has_source
            if sourced:
                self._change_source(before, after)
            opened.pop_all()
        # Only now, for it changes the one before.
        look = _framer(after, like=self._look) if _of_look(after) != _of_look(before) else None
        self.pipeline.chain.swap(matter=matter, finish=finish, look=look, scene=scene)
        if sourced or after.scene.background != before.scene.background:
            self.pipeline.forget()  # neither the new source before the old background, nor the other way round
        if sourced:
            self.pipeline.set_source(self._live_source)
        self.settings, self._scene, self._look = after, scene or self._scene, look or self._look
        if sinks is not self._sinks:
            self._sinks = sinks
            self.pipeline.set_sinks((*sinks.values(), *(sink for sink in self._also if sink in self.pipeline.sinks)))
        if (after.camera.on_demand and self._live_source.live) != (self._on_demand is not None):
            self.demand()

    def close(self) -> None:
        """Close everything. May be called twice."""
        with ExitStack() as closed:  # the others are closed whatever one of them does
            if self._on_demand is not None:
                closed.callback(self._on_demand.close)
            for sink in self._all_sinks():
                closed.callback(sink.close)
            for owned in (self.pipeline.chain, self.pipeline.chain.matter, self._live_source):
                closed.callback(owned.close)

    def _wait_no_longer(self, settings: Settings, opened: ExitStack) -> None:
        """Open the camera at the start after all: it would stay on, and the sinks shall have the size it granted."""
        asked = self._live_source
        self.valve.lift(REASON)
        self._live_source = open_live_source(settings, self.valve)
        self._tell(f"source: {self._live_source.name}")
        if (asked.first.pixels.shape, asked.fps) != (self._live_source.first.pixels.shape, self._live_source.fps):
            for sink in self._sinks.values():
                sink.close()
            self._sinks = open_sinks(settings, self._live_source, {}, self._tell)
            for sink in self._sinks.values():
                opened.callback(sink.close)

    def _change_source(self, before: Settings, after: Settings) -> None:
        """Close the source, for both may be one device, and open the new one, or else go on with the old one again.

        While the valve is shut a camera is opened when it is wanted, and not now: that would light it.
        """
        self.pipeline.set_source(None)
        size = self._live_source.first
        try:
            self._live_source = open_live_source(after, self.valve, size)
        except Exception:  # whatever it was, the source before comes back
            try:
                self._live_source = open_live_source(before, self.valve, size)
            except GreenlessError as gone:  # a notice is shown until another change brings a source
                log.error("the source before cannot be opened again: %s", gone)
            else:
                self.pipeline.set_source(self._live_source)
            raise

    def _matter(self, settings: Settings) -> Matter:
        first = self._live_source.first
        matter = open_matter(settings.matting, width_px=first.width_px, height_px=first.height_px, at_once=True)
        governed = self._live_source.live and not getattr(matter, "whole", False)
        return Governor(matter, settings.matting) if governed else matter

    def _all_sinks(self) -> tuple[Sink, ...]:
        return (*self._sinks.values(), *self._also)


def _of_look(settings: Settings) -> tuple[LookSettings, bool]:
    """What a look is made of."""
    return settings.look, is_room(settings.scene.background)


def _framer(settings: Settings, like: Framer | None = None) -> Framer:
    look, room = _of_look(settings)
    return Framer(look, room=room, like=like)


def _blank(camera: CameraSettings) -> Frame:
    """A picture of the size that is asked of a camera."""
    return Frame(pixels=np.zeros((camera.height, camera.width, 3), np.uint8), index=0, captured_s=0.0)
