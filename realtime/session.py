"""``Session``: a run, and all that can be done to it while it goes.

The control page, ``greenless ctl``, the watched settings file and the keys of the preview all call this one object,
from any thread. Go in changes of the settings, as tables (``{"scene": {"background": "blur"}}``), and wishes: next
background, shutter, stop. Comes out what is in effect: settings, state, figures, the newest picture.

A change is checked whole, and what it needs is opened, before anything is touched: when one part fails nothing changes.
Only the stage that must is made anew; while a new network loads the old one goes on.
"""

import logging
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from realtime import instances, paths, settings_file
from realtime.backgrounds import Cycle, is_room
from realtime.errors import GreenlessError
from realtime.frame import Composite
from realtime.gate import Gate
from realtime.governor import Governor
from realtime.look.look import Look
from realtime.matting import open_matter
from realtime.matting.base import Matter
from realtime.matting.finish import Finish
from realtime.on_demand import OnDemand
from realtime.opening import Tell, open_feed, open_sinks
from realtime.pipeline import Pipeline
from realtime.presets import Presets
from realtime.scene.compose import Scene
from realtime.settings import LookSettings, Settings
from realtime.settings_tree import Tables, laid_over
from realtime.shutter import Shutter
from realtime.sinks.base import Action, Sink
from realtime.stats import Summary
from realtime.watch import Watcher

log = logging.getLogger("greenless")


class Session:
    """An open run: source, matter, scene and sinks as the settings say. Call ``run`` once, ``close`` at the end.

    Args:
        settings: everything; where they name no sink the usual ones are opened.
        path: the file with the user's settings and presets, watched while the run goes on; it need not exist.
        also: further sinks, which the session owns from now on.
        tell: takes what a user should know about what was opened, line by line.

    Attributes:
        settings_file: the file with settings and presets.

    Raises:
        realtime.errors.GreenlessError: something cannot be opened.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        path: Path | None = None,
        also: Sequence[Sink] = (),
        tell: Tell = lambda text: None,
    ) -> None:
        self.settings_file = path or paths.settings_file()
        self._presets = Presets(self.settings_file)
        self._settings = settings
        self._tell = tell
        self._also = tuple(also)
        self._changing = threading.RLock()  # one change at a time
        self._gate = Gate()
        self._on_demand: OnDemand | None = None
        self._cycle = Cycle(settings.scene.background)
        with ExitStack() as opened:
            for sink in also:
                opened.callback(sink.close)
            self._feed = opened.enter_context(open_feed(settings, self._gate))
            tell(f"source: {self._feed.name}")
            matter = opened.enter_context(closing(self._matter(settings)))
            tell(f"network: {matter.name}")
            self._scene = opened.enter_context(closing(Scene(settings.scene, settings.quality)))
            self._sinks = open_sinks(settings, self._feed, {}, tell)
            for sink in self._sinks.values():
                opened.callback(sink.close)
            tell(f"output: {', '.join(sink.name for sink in self._all_sinks())}")
            self._pipeline = Pipeline(
                self._feed,
                matter,
                self._scene,
                self._all_sinks(),
                drop=self._feed.live,
                finish=Finish(settings.finish, settings.quality),
                look=_look(settings),
                on_action=self._act,
            )
            self._shutter = Shutter(self._gate, self._pipeline, background=_alone(settings))
            opened.pop_all()

    @property
    def settings(self) -> Settings:
        """What is in effect."""
        return self._settings

    @property
    def running(self) -> bool:
        """False after ``stop``: a notice flows."""
        return not self._shutter.stopped

    @property
    def shutter_closed(self) -> bool:
        """Whether the shutter is closed: no camera picture flows."""
        return self._shutter.closed

    def run(self, seconds: float | None = None) -> Summary:
        """Run to the end of the source, for ``seconds``, or until somebody ends it; from the main thread.

        Raises:
            realtime.errors.GreenlessError: what ended the run.
        """
        with self._changing:
            self._demand()
        with instances.told(self._holds()), Watcher(self.settings_file, self.reload):
            return self._pipeline.run(seconds)

    def quit(self) -> None:
        """End the run."""
        self._pipeline.stop()

    def close(self) -> None:
        """Close everything. May be called twice."""
        self.quit()
        with self._changing, ExitStack() as closed:
            if self._on_demand is not None:
                closed.callback(self._on_demand.close)
            for sink in self._all_sinks():
                closed.callback(sink.close)
            for owned in (self._pipeline.chain, self._pipeline.chain.matter, self._feed):
                closed.callback(owned.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def change(self, changes: Tables) -> Settings:
        """Lay ``changes`` over the settings and bring them into effect; the settings as they are now.

        Raises:
            realtime.errors.GreenlessError: a key is unknown, a value out of range (``SettingsError``), or something
                cannot be opened; nothing has changed then.
        """
        with self._changing:
            return self._apply(laid_over(self._settings, changes))

    def preset(self, name: str) -> Settings:
        """Take on the look of a preset in the settings file.

        Raises:
            realtime.errors.GreenlessError: there is none of that name, or as for ``change``.
        """
        with self._changing:
            return self._apply(self._presets.onto(self._settings, name))

    def presets(self) -> list[str]:
        """The names of the presets in the settings file."""
        return self._presets.names

    def save_preset(self, name: str) -> None:
        """Keep the look that is in effect as a preset in the settings file.

        Raises:
            SettingsError: the name is empty, the file is faulty or cannot be written.
        """
        with self._changing:
            self._presets.save(self._settings, name)

    def delete_preset(self, name: str) -> None:
        """Take a preset out of the settings file.

        Raises:
            SettingsError: there is none of that name, the file is faulty or cannot be written.
        """
        with self._changing:
            self._presets.delete(name)

    def save(self) -> None:
        """Write the settings in effect to the settings file, for the next start too.

        Raises:
            SettingsError: the file is faulty or cannot be written.
        """
        with self._changing:
            settings_file.write(self.settings_file, self._settings)

    def next_background(self) -> None:
        """The next of the usual backgrounds and the user's own files; one that cannot be opened is passed over.

        Raises:
            realtime.errors.GreenlessError: the next one cannot be opened; the one after it is next then.
        """
        with self._changing:
            self.change({"scene": {"background": self._cycle.next()}})

    def shutter(self, closed: bool | None = None) -> None:
        """Close or open the shutter; None: the other way than it is.

        When this returns with a closed shutter no camera picture goes out any more; the camera is closed right after.
        """
        self._shutter.close(closed)

    def start(self) -> None:
        """Go on after ``stop``."""
        self._shutter.stop(False)

    def stop(self) -> None:
        """Close the camera and show a notice until ``start``; the outputs stay open."""
        self._shutter.stop(True)

    def names(self) -> dict[str, Any]:
        """Who takes part, by the names of what was granted: source, matter, sinks."""
        sinks = tuple(sink.name for sink in self._all_sinks())
        return {"source": self._feed.name, "matter": self._pipeline.chain.matter.name, "sinks": sinks}

    def stats(self) -> dict[str, Any]:
        """Who takes part, the state, the figures of the whole run, and those of the last seconds as ``recent``."""
        return {
            **self.names(),
            "running": self.running,
            "shutter_closed": self.shutter_closed,
            **self._pipeline.summary().to_dict(),
            "recent": self._pipeline.stats.recent().to_dict(),
        }

    def latest(self) -> Composite | None:
        """The picture that the sinks got last; None before the first."""
        return self._pipeline.latest

    def reload(self) -> None:
        """Bring into effect what was edited in the settings file. A faulty edit is told, and changes nothing."""
        try:
            with self._changing:
                self.change(self._presets.edited())
                self._presets.taken()
        except GreenlessError as error:
            log.error("the settings stay as they are: %s", error)

    def _apply(self, after: Settings) -> Settings:
        """Open what is new, then let it take the place of what was there."""
        before = self._settings

        def differs(*names: str) -> bool:
            return any(getattr(after, name) != getattr(before, name) for name in names)

        with ExitStack() as opened:
            look = _look(after) if _of_look(after) != _of_look(before) else None
            finish = Finish(after.finish, after.quality) if differs("finish", "quality") else None
            scene = matter = None
            if differs("scene", "quality"):
                scene = opened.enter_context(closing(Scene(after.scene, after.quality, like=self._scene)))
            if differs("matting"):
                matter = opened.enter_context(closing(self._matter(after)))
            sinks = self._sinks
            if differs("sink"):
                there = {spec: sink for spec, sink in self._sinks.items() if sink in self._pipeline.sinks}
                sinks = open_sinks(after, self._feed, there, self._tell)
                for spec in sinks.keys() - there.keys():
                    opened.callback(sinks[spec].close)
            same = replace(after.camera, on_demand=before.camera.on_demand)  # that leaves the camera as it is
            if differs("source") or same != before.camera or not self._pipeline.has_source:
                self._change_source(before, after)
            opened.pop_all()
        self._pipeline.chain.swap(matter=matter, finish=finish, look=look, scene=scene)
        self._settings, self._scene = after, scene or self._scene
        if sinks is not self._sinks:
            self._sinks = sinks
            self._pipeline.set_sinks(self._all_sinks())
        if after.camera.on_demand != before.camera.on_demand:
            self._demand()
        if differs("source", "camera", "sink"):
            instances.tell(self._holds())
        self._shutter.show(background=_alone(after))
        return after

    def _holds(self) -> dict[str, list[str]]:
        """What another greenless is told that this one holds."""
        settings = self._settings
        source = f"camera {settings.camera.camera}" if settings.source == "camera" else settings.source
        return {"source": [source], "sinks": list(self._sinks)}

    def _demand(self) -> None:
        """Begin or end to close the camera while nobody watches, as the settings say."""
        if self._on_demand is not None:
            self._on_demand.close()
            self._on_demand = None
        if self._settings.camera.on_demand and self._feed.live:
            self._on_demand = OnDemand(self._gate, lambda: self._pipeline.sinks)

    def _change_source(self, before: Settings, after: Settings) -> None:
        """Close the source, for both may be one device, and open the new one, or else the old one again."""
        self._pipeline.set_source(None)
        try:
            self._feed = open_feed(after, self._gate)
        except GreenlessError:
            try:
                self._feed = open_feed(before, self._gate)
            except GreenlessError as gone:  # a notice is shown until another change brings a source
                log.error("the source before cannot be opened again: %s", gone)
            else:
                self._pipeline.set_source(self._feed)
            raise
        self._pipeline.set_source(self._feed)

    def _matter(self, settings: Settings) -> Matter:
        first = self._feed.first
        matter = open_matter(settings.matting, width_px=first.width_px, height_px=first.height_px)
        return Governor(matter, settings.matting) if self._feed.live else matter

    def _all_sinks(self) -> tuple[Sink, ...]:
        return (*self._sinks.values(), *self._also)

    def _act(self, action: Action) -> None:
        """What somebody asked for at a window, in a thread of its own: the window goes on."""
        threading.Thread(target=self._do, args=[action], name="action", daemon=True).start()

    def _do(self, action: Action) -> None:
        try:
            if action is Action.NEXT_BACKGROUND:
                self.next_background()
            elif action is Action.SHUTTER:
                self.shutter()
        except GreenlessError as error:
            log.error("%s", error)


def _alone(settings: Settings) -> bool:
    """Whether a closed shutter shows the background alone."""
    return settings.look.shutter == "background" and not is_room(settings.scene.background)


def _of_look(settings: Settings) -> tuple[LookSettings, bool]:
    """What a look is made of."""
    return settings.look, is_room(settings.scene.background)


def _look(settings: Settings) -> Look:
    look, room = _of_look(settings)
    return Look(look, room=room)
