"""``Session``: a run, and all that can be done to it while it goes.

The control page, ``greenless ctl``, the watched settings file and the keys of the preview all call this one object,
from any thread. Go in changes of the settings, as tables (``{"scene": {"background": "blur"}}``), and wishes: next
background, shutter, stop. Comes out what is in effect: settings, state, figures, the newest picture.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from realtime.errors import GreenlessError
from realtime.frame import Composite
from realtime.loop.pipeline import Pipeline
from realtime.scene.choices import Cycle, is_room
from realtime.session import instances
from realtime.session.open_parts import Tell
from realtime.session.parts import Parts
from realtime.session.shutter import Shutter
from realtime.session.turns import Turns
from realtime.settings import file as settings_file
from realtime.settings import paths
from realtime.settings.presets import Presets
from realtime.settings.schema import Settings
from realtime.settings.tree import Tables, difference, laid_over, lasting
from realtime.settings.watch import Watcher
from realtime.sinks.base import Action, Sink
from realtime.stats import Summary

log = logging.getLogger("greenless")

_CLOSING_S = 10.0
"""How long ``close`` waits for a change: a network may take seconds to load."""


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
        self._kept = self._presets.settings  # what ``save`` writes: nothing that only the command line says
        self._begun = self._kept
        self._cycle = Cycle(settings.scene.background)
        self._changing = Turns()  # one change at a time, in the order in which they came
        self._parts = Parts(settings, also=also, tell=tell, on_action=self._act)
        self._shutter = Shutter(self._parts.valve, self._pipeline, background=_alone(settings))

    @property
    def settings(self) -> Settings:
        """What is in effect."""
        return self._parts.settings

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
            self._parts.demand()
        with instances.told(self._parts.holds()), Watcher(self.settings_file, self.reload):
            return self._pipeline.run(seconds)

    def quit(self) -> None:
        """End the run."""
        self._pipeline.stop()

    def close(self) -> None:
        """Close everything, even if a change hangs. May be called twice."""
        self.quit()
        free = self._changing.acquire(_CLOSING_S)
        if not free:
            log.warning("a change is still not finished after %g s; closing without it", _CLOSING_S)
        try:
            self._parts.close()
        finally:
            if free:
                self._changing.release()

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
            kept = laid_over(self._kept, changes)
            after = self._apply(laid_over(self.settings, changes), again="sink" in changes)
            self._keep(kept)
            return after

    def preset(self, name: str) -> Settings:
        """Take on the look of a preset in the settings file.

        Raises:
            realtime.errors.GreenlessError: there is none of that name, or as for ``change``.
        """
        with self._changing:
            kept = self._presets.onto(self._kept, name)
            after = self._apply(self._presets.onto(self.settings, name))
            self._keep(kept)
            self._revive()
            return after

    def presets(self) -> list[str]:
        """The names of the presets in the settings file."""
        return self._presets.names

    def save_preset(self, name: str) -> None:
        """Keep the look that is in effect as a preset in the settings file.

        Raises:
            SettingsError: the name is empty, the file is faulty or cannot be written.
        """
        with self._changing:
            self._presets.save(self.settings, name)

    def delete_preset(self, name: str) -> None:
        """Take a preset out of the settings file.

        Raises:
            SettingsError: there is none of that name, the file is faulty or cannot be written.
        """
        with self._changing:
            self._presets.delete(name)

    def save(self) -> None:
        """Write what was changed to the settings file, for the next start too; not what the command line said.

        Raises:
            SettingsError: the file is faulty or cannot be written.
        """
        with self._changing:
            settings_file.write(self.settings_file, lasting(self._kept))
            self._presets.edited()
            self._presets.taken()  # or the watcher would bring it back over what is changed in the next second

    def next_background(self) -> None:
        """The next of the usual backgrounds and the user's own files; one that cannot be opened is passed over.

        Raises:
            realtime.errors.GreenlessError: the next one cannot be opened; the one after it is next then.
        """
        with self._changing:
            shown = self.settings.scene.background
            offered = self._cycle.next(shown)
            try:
                self.change({"scene": {"background": offered}})
            except GreenlessError:
                self._cycle.passed(shown, offered)
                raise

    def shutter(self, closed: bool | None = None) -> None:
        """Close or open the shutter; None: the other way than it is.

        When this returns with a closed shutter no camera picture goes out any more; the camera is closed right after.
        It waits for no change, and none waits for it.
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
        return self._parts.names()

    def stats(self) -> dict[str, Any]:
        """Who takes part, the state, the figures of the whole run, and those of the last seconds as ``recent``.

        ``at_next_start`` names the settings that were edited and cannot change before.
        """
        return {
            **self.names(),
            "running": self.running,
            "shutter_closed": self.shutter_closed,
            "at_next_start": _of_control(self._begun, self._kept),
            **self._pipeline.summary().to_dict(),
            "recent": self._pipeline.stats.recent().to_dict(),
        }

    def latest(self) -> Composite | None:
        """The picture that the sinks got last; None before the first."""
        return self._pipeline.latest

    def reload(self) -> None:
        """Bring into effect what was edited in the settings file. A faulty edit is told, and changes nothing."""
        where = ""
        try:
            with self._changing:
                edited = self._presets.edited()  # what it finds faulty has its line already
                where = f"{self._presets.place(edited)}: "
                self.change(edited)
                self._presets.taken()
                self._revive()
        except GreenlessError as error:
            log.error("the settings stay as they are: %s%s", where, error)

    @property
    def _pipeline(self) -> Pipeline:
        return self._parts.pipeline

    def _apply(self, after: Settings, *, again: bool = False) -> Settings:
        before = self.settings
        after = replace(after, control=before.control)  # a server does not move under those who look on
        self._parts.apply(after, again=again)
        if (after.source, after.camera, after.sink) != (before.source, before.camera, before.sink):
            instances.tell(self._parts.holds())
        self._shutter.show(background=_alone(after))
        return after

    def _keep(self, kept: Settings) -> None:
        """What was changed is kept, and told where it must wait."""
        for name in _of_control(self._kept, kept):
            log.warning("%s takes effect at the next start", name)
        self._kept = kept

    def _revive(self) -> None:
        """Open the sinks that failed again; where one cannot be opened, the look is there all the same."""
        try:
            self._parts.apply(self.settings, again=True)
        except GreenlessError as error:
            log.error("%s", error)

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


def _of_control(before: Settings, after: Settings) -> list[str]:
    """The settings of the server that differ: it is opened at the start only."""
    return [f"control.{name}" for name in difference(before, after).get("control", ())]
