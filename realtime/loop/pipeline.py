"""The stages and their threads: source, matter, finish, look, scene, sinks.

    capture thread ──Frame──▶ Mailbox ──Frame──▶ work thread: the chain, every sink
                                                 main thread: windows, Ctrl-C, the clock, a stage that hangs

Goes in: a source (or a function that opens one), a matter, a scene, sinks. Comes out: composites in the sinks, and a
``Summary``. With ``drop`` (live) the capture thread drains the source and the newest frame wins; without (files, tests)
the work thread reads the source itself, and every frame comes, in order. Every stage may be replaced while the run goes
on. Fails closed: a sink never gets a camera picture without a matte, see ``failsafe``.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from realtime.capture.base import Source
from realtime.ending import undisturbed
from realtime.frame import Composite, Frame, Matte
from realtime.framing.framer import Framer
from realtime.loop.failsafe import PAUSED, WAITING
from realtime.loop.governor import Governor
from realtime.loop.live_source import LiveSource
from realtime.loop.output import Output
from realtime.loop.sink_group import SinkGroup
from realtime.loop.stages import Chain, Composer, Finisher, Shower, Stages
from realtime.loop.switchable_source import SwitchableSource
from realtime.mailbox import Mailbox, MailboxClosed
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import Finish
from realtime.settings.schema import FinishSettings, LookSettings
from realtime.sinks.base import Action, Sink
from realtime.stats import Stats, Summary

log = logging.getLogger("greenless")

_PUMP_S = 0.01
_WAIT_S = 0.2
_PATIENCE_S = 0.25
_JOIN_S = 0.5
_LAST_JOIN_S = 5.0
_LONG_S = 0.5
_HANGS_S = 4.0
_COVER_S = 0.1


class Pipeline:
    """One run from a source to sinks.

    Owns its source, scenes and sinks, and closes them in all cases; the matter is the caller's: it may serve others.

    Args:
        source: an open source, or a function that opens one: then a live one is opened again when it is lost.
        matter: makes the coarse mattes.
        scene: makes the composites.
        sinks: at least one; one that fails is taken out, and the run goes on while another is left.
        drop: True for live: frames that come while one is in work give way to the newest, and when a stage fails or
            hangs the sinks get the last composite, then a notice, while the run goes on. False: every frame, and an
            error ends the run.
        finish: brings the mattes to their frames' size; None for the finish of the default settings.
        look: frames the person; None for the look of the default settings.
        on_action: called from the main thread with what somebody asked for at a window, but to quit.
        size: a picture of the size of the notices before the first frame; None: nothing is sent until then.

    Attributes:
        chain: the stages from matter to scene.
        stats: what is measured.
    """

    def __init__(
        self,
        source: Source | Callable[[], Source],
        matter: Matter,
        scene: Composer,
        sinks: Sequence[Sink],
        *,
        drop: bool,
        finish: Finisher | None = None,
        look: Shower | None = None,
        on_action: Callable[[Action], None] = lambda action: None,
        size: Frame | None = None,
    ) -> None:
        finish, look = finish or Finish(FinishSettings()), look or Framer(LookSettings())
        self.stats = Stats()
        self.chain = Chain(Stages(matter=matter, finish=finish, look=look, scene=scene), self.stats)
        self._open_source = source if callable(source) else None
        self._switchable = None if callable(source) else SwitchableSource(source, self.stats)
        self._sinks = SinkGroup(sinks, self.stats)
        self._output = Output(self._sinks, self.stats, live=drop, background=self._background, size=size)
        self._drop = drop
        self._on_action = on_action
        self._mailbox: Mailbox[Frame] = Mailbox()
        self._in_work: tuple[Frame, float] | None = None
        self._over = threading.Event()
        self._error: Exception | None = None

    def run(self, seconds: float | None = None) -> Summary:
        """Run to the end of the source, for ``seconds``, until ``stop``, Ctrl-C, or somebody quits at a window.

        Call it once, from the main thread where there are windows.

        Raises:
            realtime.errors.GreenlessError: what ended the run.
        """
        threads: list[threading.Thread] = []
        try:
            if self._open_source is not None:
                self._switchable = SwitchableSource(LiveSource(self._open_source), self.stats)
            switchable = self._switchable
            self.stats.start()
            jobs = [self._capture, self._work] if self._drop else [self._work]
            threads = [threading.Thread(target=job, args=[switchable], name=job.__name__, daemon=True) for job in jobs]
            for thread in threads:
                thread.start()
            self._wait(seconds)
        except KeyboardInterrupt:
            log.info("stopped by Ctrl-C, or asked to end")
        except Exception as error:  # raised below, when everything is closed
            self._error = error
        finally:
            with undisturbed():
                self._shut(threads)
        if self._error is not None:
            raise self._error
        return self.summary()

    def stop(self) -> None:
        """End the run after the frame that is in work. From any thread."""
        self._over.set()

    def summary(self) -> Summary:
        """What was measured so far. From any thread."""
        return self.stats.summary(self._mailbox.dropped)

    @property
    def latest(self) -> Composite | None:
        """What the sinks got last; None before the first."""
        return self._output.latest

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """Those that have not failed."""
        return self._sinks.sinks

    @property
    def has_source(self) -> bool:
        """Whether pictures may come: False after ``set_source(None)``."""
        return self._switchable is None or self._switchable.has_source

    def set_source(self, source: Source | None) -> None:
        """Swap the source while the run goes on; the old one is closed. With None pictures wait for the next one."""
        if self._switchable is None:
            raise RuntimeError("expected a source that is open, or a run that has begun")
        self._switchable.set(source)

    def forget(self) -> None:
        """Send no picture that was captured until now, nor the last one again. For a live run; from any thread."""
        self._output.forget()

    def set_sinks(self, sinks: Sequence[Sink]) -> None:
        """Swap the sinks; those that are left out are closed, windows by the main thread. From any thread."""
        self._output.set(sinks)

    def cover(self, text: tuple[str, ...] | None, *, background: bool = False) -> None:
        """Send a notice in the place of every picture from now on, until ``cover(None)``. From any thread.

        With ``background`` it is the scene's background alone; its frame is the notice, so it must not be the room.

        Once this returns the sinks have the notice, though no frame comes or a stage hangs, and none gets another
        picture of the camera. Those that were captured before the cover was lifted are left out, too.
        """
        try:
            self._output.cover(text, background=background)
        except Exception as error:  # of the last sink: it ends the run, not who covers
            self._error = self._error or error
            self.stop()

    def _wait(self, seconds: float | None) -> None:
        """The main thread's part: draw windows, and watch the work thread, until the run is over."""
        end_s = math.inf if seconds is None else time.perf_counter() + seconds
        watched_s = -math.inf
        while not self._over.is_set() and (left_s := end_s - (now_s := time.perf_counter())) > 0:
            if self._drop and now_s - watched_s >= _WAIT_S:
                self._watch(watched_s, now_s)
                watched_s = now_s
            windows = self._sinks.has_windows()
            for action in self._sinks.pump(self.stats.line(self._mailbox.dropped)) if windows else ():
                if action is Action.QUIT:
                    return
                self._on_action(action)
            self._over.wait(min(left_s, _PUMP_S if windows else _WAIT_S))

    def _watch(self, before_s: float, now_s: float) -> None:
        """Send, in the work thread's place, what the sinks get while a matter or scene neither ends nor fails."""
        if (in_work := self._in_work) is None:
            return
        frame, since_s = in_work
        if now_s - since_s > _HANGS_S:
            if before_s - since_s <= _HANGS_S:
                name = self.chain.matter.name
                log.warning("no picture for %g s, still waiting for %s and the scene", _HANGS_S, name)
            self._output.hold(PAUSED, frame)
        elif now_s - since_s > _LONG_S:
            self._output.keep()

    def _capture(self, switchable: SwitchableSource) -> None:
        """The capture thread: drain the source, so that no old picture waits in it."""
        try:
            for frame in switchable.frames():
                if self._over.is_set():
                    break
                self._mailbox.put(frame)
        except Exception as error:  # handed to the caller of run
            self._error = self._error or error
        finally:
            self._mailbox.close()

    def _work(self, switchable: SwitchableSource) -> None:
        """The work thread: one frame after the other through the chain and into the sinks."""
        try:
            for frame in self._newest(switchable) if self._drop else switchable.frames():
                if self._over.is_set():
                    break
                start_s = time.perf_counter()
                self._step(frame)
                if frame is not None and isinstance(governor := self.chain.matter, Governor):
                    governor.observe(
                        time.perf_counter() - start_s, 1 / switchable.fps if switchable.fps > 0 else 1 / 30
                    )
            if (composite := self.chain.flush()) is not None:
                self._output.send(composite)
        except Exception as error:  # handed to the caller of run
            self._error = self._error or error
        finally:
            self.stop()

    def _newest(self, switchable: SwitchableSource) -> Iterator[Frame | None]:
        """The newest frame each time; None, at the source's rate, while it gives none."""
        waiting = False
        while not self._over.is_set():
            period_s = 1 / switchable.fps if switchable.fps > 0 else 1 / 30
            try:
                frame = self._mailbox.take(period_s if waiting else max(_PATIENCE_S, 3 * period_s))
            except TimeoutError:
                waiting = True
                yield None
            except MailboxClosed:
                return
            else:
                waiting = False
                yield frame

    def _step(self, frame: Frame | None) -> None:
        """One frame's way into the sinks, or what goes there in its place."""
        if frame is not None:
            self._in_work = frame, time.perf_counter()
        try:  # what a delay holds is shown before a wait: after it, it would be old
            composite = self.chain.flush() if frame is None else self.chain.composite(frame)
        except Exception as error:
            if not self._drop:
                raise
            self.stats.failed(error)
            self._output.hold(PAUSED, frame)
            return
        finally:
            self._in_work = None
        if composite is not None:
            self._output.send(composite)
        elif frame is None:
            self._output.hold(WAITING, None)

    def _background(self, matte: Matte) -> Composite | None:
        """The background alone, for a cover; None where the scene fails, or a frame does not come out of it."""
        try:
            return self.chain.scene(matte, _COVER_S)
        except TimeoutError:
            return None
        except Exception as error:
            self.stats.failed(error)
            return None

    def _shut(self, threads: Sequence[threading.Thread]) -> None:
        """Stop the threads and close everything; never raises."""
        self.stop()
        self.stats.end()  # what the end takes is no part of the run
        for thread in threads:
            thread.join(_JOIN_S)
        self._close(self._switchable)  # wakes a read that blocks
        for thread in threads:
            thread.join(_LAST_JOIN_S)
            if thread.is_alive():
                log.warning("the thread %s does not end", thread.name)
        for owned in (self.chain, self._output):
            self._close(owned)

    def _close(self, owned: SwitchableSource | Chain | Output | None) -> None:
        try:
            if owned is not None:
                owned.close()
        except Exception as error:  # the others are closed all the same
            self._error = self._error or error
