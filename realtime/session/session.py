"""``Session``: a run, and everything that can change it.

The control page, ``greenless ctl``, the watched settings file and the keys of the preview call this object, from any
thread. They change settings by tables (``{"scene": {"background": "blur"}}``), switch the background, close the shutter
or stop. They read the settings in effect, the state, the statistics and the latest composite.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from realtime.ending import Closing, held
from realtime.errors import GreenlessError
from realtime.frame import Composite
from realtime.loop import delays
from realtime.loop.pipeline import Pipeline
from realtime.loop.stats import Summary
from realtime.scene.choices import Cycle, is_room
from realtime.session import instances
from realtime.session.change import Change
from realtime.session.open_parts import Tell
from realtime.session.parts import Parts
from realtime.session.shutter import CLOSED, STOPPED_BY_USER, Shutter
from realtime.settings import file as settings_file
from realtime.settings import paths
from realtime.settings.presets import Presets
from realtime.settings.schema import Settings
from realtime.settings.tree import Tables, difference, laid_over, lasting
from realtime.settings.watch import Watcher
from realtime.sinks.base import Action, Sink

log = logging.getLogger("greenless")


class Session(Closing):
    """An open run: source, matter, scene and sinks as the settings say. Thread-safe. Call ``run`` once, then ``close``.

    Args:
        settings: everything; without sinks, the usual ones are opened.
        path: the user's file of settings and presets, watched during the run; it need not exist.
        also: further sinks; the session owns and closes them.
        tell: takes each line about what was opened, for the user.

    Attributes:
        settings_file: the file of settings and presets.

    Raises:
        realtime.errors.GreenlessError: a part cannot be opened.
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
        self._kept = self._presets.file.settings  # what ``save`` writes, without the flags
        self._begun = self._kept
        self._cycle = Cycle(settings.scene.background)
        self._changing = threading.RLock()  # one change at a time; the web server queues its requests in their order
        self._parts = Parts(settings, also=also, tell=tell, on_action=self._act)
        self._shutter = Shutter(self._parts.valve, self._pipeline, background=_alone(settings))

    @property
    def settings(self) -> Settings:
        """The settings in effect."""
        return self._parts.settings

    @property
    def running(self) -> bool:
        """False after ``stop``: the sinks get a notice."""
        return not self._shutter.has(STOPPED_BY_USER)

    @property
    def shutter_closed(self) -> bool:
        """Whether the shutter is closed: the sinks get no camera pixels."""
        return self._shutter.has(CLOSED)

    def run(self, seconds: float | None = None) -> Summary:
        """Run until the source ends, ``seconds`` pass, or somebody ends it. Call it on the main thread.

        Raises:
            realtime.errors.GreenlessError: an error ended the run.
        """
        with self._changing:
            self._parts.demand()
        with instances.listed(self._parts.holds()), Watcher(self.settings_file, self.reload):
            return self._pipeline.run(seconds)

    def quit(self) -> None:
        """End the run."""
        self._pipeline.stop()

    def close(self) -> None:
        """Close everything, even if a change hangs. May be called twice."""
        self.quit()
        with held(self._changing, delays.CHANGE_AT_END_S) as free:
            if not free:
                log.warning("a change is not finished after %g s; closing without it", delays.CHANGE_AT_END_S)
            self._parts.close()

    def change(self, changes: Tables) -> Settings:
        """Apply ``changes`` to the settings, and return the settings in effect.

        Raises:
            realtime.errors.GreenlessError: a key is unknown or a value out of range (``SettingsError``), or a part
                cannot be opened. Nothing has changed then.
        """
        with self._changing:
            return self._apply(lambda settings: laid_over(settings, changes), retry_sinks="sink" in changes)

    def preset(self, name: str) -> Settings:
        """Apply a preset of the settings file.

        Raises:
            realtime.errors.GreenlessError: no preset has this name, or as for ``change``.
        """
        with self._changing:
            after = self._apply(lambda settings: self._presets.onto(settings, name))
            self._revive()
            return after

    def presets(self) -> list[str]:
        """List the names of the presets in the settings file."""
        return self._presets.names

    def current_preset(self) -> str:
        """Return the name of the preset whose look is in effect; empty if it is none of them."""
        return self._presets.in_effect(self.settings)

    def save_preset(self, name: str) -> None:
        """Save the look in effect as a preset in the settings file.

        Raises:
            SettingsError: the name is empty, or the file is invalid or cannot be written.
        """
        with self._changing:
            self._presets.save(self.settings, name)

    def delete_preset(self, name: str) -> None:
        """Delete a preset from the settings file.

        Raises:
            SettingsError: no preset has this name, or the file is invalid or cannot be written.
        """
        with self._changing:
            self._presets.delete(name)

    def save(self) -> None:
        """Write the changes to the settings file for the next start, without the flags of the command line.

        Raises:
            SettingsError: the file is invalid or cannot be written.
        """
        with self._changing:
            settings_file.write(self.settings_file, lasting(self._kept))
            self._presets.edited()
            self._presets.taken()  # else the watcher would undo a change in the next second

    def next_background(self) -> None:
        """Switch to the next of the usual backgrounds and the user's files.

        Raises:
            realtime.errors.GreenlessError: it cannot be opened. The next call skips it.
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
        """Close or open the shutter; None toggles it.

        When this returns with a closed shutter, the sinks get no more camera pixels; the camera closes right after. It
        waits for no change of settings, and no change waits for it.
        """
        self._shutter.set(CLOSED, closed)

    def start(self) -> None:
        """Resume after ``stop``."""
        self._shutter.set(STOPPED_BY_USER, False)

    def stop(self) -> None:
        """Close the camera and show a notice until ``start``; the sinks stay open."""
        self._shutter.set(STOPPED_BY_USER, True)

    def names(self) -> dict[str, Any]:
        """Name the source, the matter and the sinks that have not failed, as granted."""
        return self._parts.names()

    def stats(self) -> dict[str, Any]:
        """Return names, state, the statistics of the whole run, and those of the last seconds as ``recent``.

        ``at_next_start`` names the edited settings that take effect at the next start.
        """
        return {
            **self.names(),
            "running": self.running,
            "shutter_closed": self.shutter_closed,
            "at_next_start": _of_control(self._begun, self._kept),
            **asdict(self._pipeline.summary()),
            "recent": asdict(self._pipeline.stats.recent()),
        }

    def latest(self) -> Composite | None:
        """Return the composite that the sinks got last; None before the first."""
        return self._pipeline.output.latest

    def reload(self) -> None:
        """Apply an edit of the settings file. An invalid edit is reported and changes nothing."""
        where = ""
        try:
            with self._changing:
                edited = self._presets.edited()  # its errors name the line already
                where = f"{settings_file.place(self.settings_file, edited)}: "
                self.change(edited)
                self._presets.taken()
                self._revive()
        except GreenlessError as error:
            log.error("the settings are unchanged: %s%s", where, error)

    @property
    def _pipeline(self) -> Pipeline:
        return self._parts.pipeline

    def _apply(self, change: Callable[[Settings], Settings], *, retry_sinks: bool = False) -> Settings:
        """Put a change of the settings into effect, and remember it for ``save``."""
        before, kept = self.settings, change(self._kept)
        after = replace(change(before), control=before.control)  # the address of the server is fixed during a run
        self._commit(after, retry_sinks=retry_sinks)
        if (after.source, after.camera, after.sink) != (before.source, before.camera, before.sink):
            instances.update(self._parts.holds())
        self._shutter.show(background=_alone(after))
        for name in _of_control(self._kept, kept):
            log.warning("%s takes effect at the next start", name)
        self._kept = kept
        return after

    def _commit(self, after: Settings, *, retry_sinks: bool) -> None:
        change = Change(self._parts, after, retry_sinks=retry_sinks)
        change.prepare()
        change.commit()
        change.retire()

    def _revive(self) -> None:
        """Reopen the sinks that failed; the change before it stays even if a sink cannot be opened."""
        self._do(lambda: self._commit(self.settings, retry_sinks=True))

    def _act(self, action: Action) -> None:
        """Do what a window requests, in a separate thread, so that the window does not wait."""
        do = {Action.NEXT_BACKGROUND: self.next_background, Action.SHUTTER: self.shutter}[action]
        threading.Thread(target=self._do, args=[do], name="action", daemon=True).start()

    def _do(self, do: Callable[[], None]) -> None:
        try:
            do()
        except GreenlessError as error:
            log.error("%s", error)


def _alone(settings: Settings) -> bool:
    """Whether a closed shutter shows the background alone."""
    return settings.look.shutter == "background" and not is_room(settings.scene.background)


def _of_control(before: Settings, after: Settings) -> list[str]:
    """List the server settings that differ; the server opens only at the start."""
    return [f"control.{name}" for name in difference(before, after).get("control", ())]
