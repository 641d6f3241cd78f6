"""The stages and their threads: source, matter, finish, scene, sinks.

    capture thread ──Frame──▶ Mailbox ──Frame──▶ work thread: matter, finish, scene, every sink
                                                 main thread: windows, Ctrl-C, the clock, a stage that hangs

Goes in: a source (or a function that opens one), a matter, a scene, sinks. Comes out: composites in the sinks, and a
``Summary``. With ``drop`` (live) the capture thread drains the source and the newest frame wins; without (files, tests)
the work thread reads the source itself, and every frame comes, in order. Fails closed: a sink never gets a camera
picture without a matte, see ``failsafe``.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from realtime.capture.base import Source
from realtime.errors import GreenlessError, MatterError
from realtime.failsafe import PAUSED, WAITING, FailSafe
from realtime.feed import Feed
from realtime.frame import Composite, Frame, Matte
from realtime.mailbox import Mailbox, MailboxClosed
from realtime.matting.base import Matter
from realtime.matting.finish import Finish
from realtime.settings import FinishSettings
from realtime.sink_group import SinkGroup
from realtime.sinks.base import Action, Sink
from realtime.stats import Stats, Summary

log = logging.getLogger("greenless")

_PUMP_S = 0.01
_WAIT_S = 0.2
_PATIENCE_S = 0.25
_QUIET_S = 5.0
_JOIN_S = 0.5
_LAST_JOIN_S = 5.0
_HANGS_S = 4.0


class Composer(Protocol):
    """What the pipeline needs of a scene."""

    def compose(self, matte: Matte) -> Composite:
        """The person before the new background."""
        ...

    def close(self) -> None:
        """Let the background go."""
        ...


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
        on_next_background: called from the main thread when somebody at a window asks for it.
    """

    def __init__(
        self,
        source: Source | Callable[[], Source],
        matter: Matter,
        scene: Composer,
        sinks: Sequence[Sink],
        *,
        drop: bool,
        finish: Finish | None = None,
        on_next_background: Callable[[], None] = lambda: None,
    ) -> None:
        self._given = source
        self._matter = matter
        self._finish = finish or Finish(FinishSettings())
        self._scene = scene
        self._replaced: list[Composer] = []
        self._stats = Stats()
        self._sinks = SinkGroup(sinks, self._stats)
        self._drop = drop
        self._on_next_background = on_next_background
        self._mailbox: Mailbox[Frame] = Mailbox()
        self._failsafe = FailSafe()
        self._in_work: tuple[Frame, float] | None = None
        self._sending = threading.Lock()  # sinks and fail-safe are the work thread's, and the main thread's if it hangs
        self._over = threading.Event()
        self._error: Exception | None = None
        self._last_failure_s = -math.inf

    def run(self, seconds: float | None = None) -> Summary:
        """Run to the end of the source, for ``seconds``, until ``stop``, Ctrl-C, or somebody quits at a window.

        Call it once, from the main thread where there are windows.

        Raises:
            realtime.errors.GreenlessError: what ended the run.
        """
        source: Source | None = None
        threads: list[threading.Thread] = []
        try:
            source = Feed(self._given) if callable(self._given) else self._given
            self._stats.start()
            jobs = [self._capture, self._work] if self._drop else [self._work]
            threads = [threading.Thread(target=job, args=[source], name=job.__name__, daemon=True) for job in jobs]
            for thread in threads:
                thread.start()
            self._wait(seconds)
        except KeyboardInterrupt:
            log.info("stopped by Ctrl-C")
        except Exception as error:  # raised below, when everything is closed
            self._error = error
        finally:
            self._shut(source, threads)
        if self._error is not None:
            raise self._error
        return self._stats.summary(self._mailbox.dropped)

    def stop(self) -> None:
        """End the run after the frame that is in work. From any thread."""
        self._over.set()

    def set_scene(self, scene: Composer) -> None:
        """Swap the scene: the next frame is composed by the new one, whole; the old one is closed. From one thread."""
        old, self._scene = self._scene, scene
        self._replaced.append(old)

    def set_finish(self, finish: Finish) -> None:
        """Swap the finish: the next frame is finished by the new one. A frame that a delay held is left out."""
        self._finish = finish

    def _wait(self, seconds: float | None) -> None:
        """The main thread's part: draw windows, and watch the work thread, until the run is over."""
        end_s = math.inf if seconds is None else time.perf_counter() + seconds
        watched_s = -math.inf
        while not self._over.is_set() and (left_s := end_s - (now_s := time.perf_counter())) > 0:
            if self._drop and now_s - watched_s >= _WAIT_S:
                self._watch(watched_s, now_s)
                watched_s = now_s
            windows = self._sinks.has_windows()
            for action in self._sinks.pump(self._stats.line(self._mailbox.dropped)) if windows else ():
                if action is Action.QUIT:
                    return
                self._next_background()
            self._over.wait(min(left_s, _PUMP_S if windows else _WAIT_S))

    def _watch(self, before_s: float, now_s: float) -> None:
        """Send, in the work thread's place, what the sinks get when a matter or scene neither ends nor fails."""
        if (in_work := self._in_work) is None:
            return
        frame, since_s = in_work
        if now_s - since_s > _HANGS_S:
            if before_s - since_s <= _HANGS_S:
                log.warning("no picture for %g s, still waiting for %s and the scene", _HANGS_S, self._matter.name)
            self._hold(PAUSED, frame)

    def _next_background(self) -> None:
        try:
            self._on_next_background()
        except GreenlessError as error:  # the scene that is there stays
            log.error("%s", error)

    def _capture(self, source: Source) -> None:
        """The capture thread: drain the source, so that no old picture waits in it."""
        try:
            for frame in self._frames(source):
                self._mailbox.put(frame)
        except Exception as error:  # handed to the caller of run
            self._error = self._error or error
        finally:
            self._mailbox.close()

    def _work(self, source: Source) -> None:
        """The work thread: matte, finish, compose and send, one frame after the other."""
        try:
            for frame in self._newest(source.fps) if self._drop else self._frames(source):
                self._step(frame)
            if (matte := self._finish.flush()) is not None:
                self._send(self._composed(matte))
        except Exception as error:  # handed to the caller of run
            self._error = self._error or error
        finally:
            self.stop()

    def _frames(self, source: Source) -> Iterator[Frame]:
        """Every frame of the source, timed."""
        while not self._over.is_set():
            start_s = time.perf_counter()
            try:
                frame = next(source)
            except StopIteration:
                return
            except Exception:
                if self._over.is_set():  # closed under a read that blocked
                    return
                raise
            self._stats.add("capture", time.perf_counter() - start_s)
            yield frame

    def _newest(self, fps: float) -> Iterator[Frame | None]:
        """The newest frame each time; None, at the source's rate, while it gives none."""
        period_s = 1 / fps if fps > 0 else 1 / 30
        patience_s = timeout_s = max(_PATIENCE_S, 3 * period_s)
        while not self._over.is_set():
            try:
                frame = self._mailbox.take(timeout_s)
            except TimeoutError:
                timeout_s = period_s
                yield None
            except MailboxClosed:
                return
            else:
                timeout_s = patience_s
                yield frame

    def _step(self, frame: Frame | None) -> None:
        """One frame's way into the sinks, or what goes there in its place."""
        while self._replaced:
            self._replaced.pop().close()
        if frame is None:
            self._hold(WAITING, None)
            return
        self._in_work = frame, time.perf_counter()
        try:
            matte = self._matte(frame)
            composite = None if matte is None else self._composed(matte)
        except Exception as error:
            if not self._drop:
                raise
            self._report(error)
            self._hold(PAUSED, frame)
            return
        finally:
            self._in_work = None
        if composite is not None:
            self._send(composite)

    def _matte(self, frame: Frame) -> Matte | None:
        """The finished matte of this frame, or of the one before where the finish delays; None while that fills."""
        start_s = time.perf_counter()
        [coarse] = self._matter.matte_batch([frame])
        inferred_s = time.perf_counter()
        if coarse.frame is not frame:
            raise MatterError(f"{self._matter.name} gave the matte of {coarse.frame} for {frame}")
        matte = self._finish.finish(coarse)
        self._stats.add("infer", inferred_s - start_s)
        self._stats.add("finish", time.perf_counter() - inferred_s)
        return matte

    def _composed(self, matte: Matte) -> Composite:
        start_s = time.perf_counter()
        composite = self._scene.compose(matte)
        self._stats.add("scene", time.perf_counter() - start_s)
        return composite

    def _send(self, composite: Composite) -> None:
        with self._sending:
            self._failsafe.good(composite)
            self._sinks.send(composite)
        self._stats.sent(composite.frame.captured_s)

    def _hold(self, text: tuple[str, ...], frame: Frame | None) -> None:
        """Send the last composite or a notice."""
        with self._sending:
            composite = self._failsafe.instead(text, frame)
            if composite is not None:
                self._sinks.send(composite)
                self._stats.held += 1

    def _report(self, error: Exception) -> None:
        """Say once that a stage fails, not with every frame, and again when it fails anew after a good while."""
        now_s = time.perf_counter()
        if now_s - self._last_failure_s > _QUIET_S:
            log.error("%s", error, exc_info=None if isinstance(error, GreenlessError) else error)
            if str(error) not in self._stats.errors:
                self._stats.errors.append(str(error))
        self._last_failure_s = now_s

    def _shut(self, source: Source | None, threads: Sequence[threading.Thread]) -> None:
        """Stop the threads and close everything; never raises."""
        self.stop()
        for thread in threads:
            thread.join(_JOIN_S)
        self._close(source)  # wakes a read that blocks
        for thread in threads:
            thread.join(_LAST_JOIN_S)
            if thread.is_alive():
                log.warning("the thread %s does not end", thread.name)
        self._stats.end()
        closable: list[Composer | SinkGroup] = [*self._replaced, self._scene, self._sinks]
        for owned in closable:
            self._close(owned)

    def _close(self, owned: Source | Composer | SinkGroup | None) -> None:
        try:
            if owned is not None:
                owned.close()
        except Exception as error:  # the others are closed all the same
            self._error = self._error or error
