"""``Pipeline``: the threads of a live run, from the source through the stages into the sinks.

    capture thread ──Frame──▶ Mailbox ──Frame──▶ work thread: the stages, every sink
                                                 main thread: windows, Ctrl-C, the clock, a stage that hangs

The capture thread drains the source, and the newest frame wins. Every stage may be replaced during the run. A sink
never gets camera pixels without a matte, see ``failsafe``.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from realtime.capture.source import Source
from realtime.ending import close_all, undisturbed
from realtime.frame import Composite, Frame, Matte
from realtime.framing.framer import Framer
from realtime.loop import delays
from realtime.loop.chain import Chain, Stages
from realtime.loop.failsafe import PAUSED, WAITING
from realtime.loop.output import Output
from realtime.loop.stats import Stats, Summary
from realtime.loop.switchable_source import SwitchableSource
from realtime.matting.matter import Matter, Observing
from realtime.matting.refine.finish import Finish
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, LookSettings
from realtime.sinks.base import Action, Sink
from realtime.sinks.mailbox import Mailbox, MailboxClosed

log = logging.getLogger("greenless")

_PUMP_S = 0.01
_WATCH_S = 0.2


class Pipeline:
    """One run from a source to sinks.

    Owns and closes its source, scenes and sinks. The caller owns the matter, because it may serve other runs.

    Args:
        source: an open source.
        matter: makes the coarse mattes.
        scene: makes the composites.
        sinks: at least one. A sink that fails leaves; the run continues while another one is left.
        finish: brings the mattes to the size of their frames; None for the default settings.
        look: frames the person; None for the default settings.
        on_action: called on the main thread with each request from a window, except to quit.
        size: a frame with the size of notices before the first frame; None: nothing is sent until then.

    Attributes:
        source: the slot of the source.
        chain: the stages from matter to scene.
        output: sends to the sinks; it has the latest composite.
        stats: the measurements of the run.
    """

    def __init__(
        self,
        source: Source,
        matter: Matter,
        scene: Scene,
        sinks: Sequence[Sink],
        *,
        finish: Finish | None = None,
        look: Framer | None = None,
        on_action: Callable[[Action], None] = lambda action: None,
        size: Frame | None = None,
    ) -> None:
        finish, look = finish or Finish(FinishSettings()), look or Framer(LookSettings())
        self.stats = Stats()
        self.chain = Chain(Stages(matter=matter, finish=finish, look=look, scene=scene), self.stats)
        self.source = SwitchableSource(source, self.stats)
        self.output = Output(sinks, self.stats, background=self._background, size=size)
        self._on_action = on_action
        self._mailbox: Mailbox[Frame] = Mailbox()
        self._in_work: tuple[Frame, float] | None = None
        self._over = threading.Event()
        self._error: Exception | None = None

    def run(self, seconds: float | None = None) -> Summary:
        """Run until the source ends, ``seconds`` pass, ``stop``, Ctrl-C, or somebody quits at a window.

        Call it once; from the main thread if a sink is a window.

        Raises:
            realtime.errors.GreenlessError: an error ended the run.
        """
        threads = [threading.Thread(target=job, name=job.__name__, daemon=True) for job in (self._capture, self._work)]
        try:
            self.stats.start()
            for thread in threads:
                thread.start()
            self._wait(seconds)
        except KeyboardInterrupt:
            log.info("stopped by Ctrl-C or a signal")
        except Exception as error:  # raised below, after everything is closed
            self._error = error
        finally:
            with undisturbed():
                self._shut(threads)
        if self._error is not None:
            raise self._error
        return self.summary()

    def stop(self) -> None:
        """End the run after the frame in work. Thread-safe."""
        self._over.set()

    def close(self) -> None:
        """Close source, scene and sinks, as the end of ``run`` does. May be called twice.

        Raises:
            Exception: the error of one that could not be closed; the others are closed.
        """
        close_all(self.output.close, self.chain.close, self.source.close)

    def summary(self) -> Summary:
        """Summarise the run until now. Thread-safe."""
        return self.stats.summary(self._mailbox.dropped)

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """The sinks that have not failed."""
        return self.output.sinks

    def cover(self, text: tuple[str, ...] | None, *, background: bool = False) -> None:
        """Send a notice instead of every composite until ``cover(None)``. Thread-safe.

        With ``background``, send the background of the scene without a person. The frame of that composite is the
        notice, so the background must not be made from the camera.

        When this returns, the sinks have the notice, even if no frame comes or a stage hangs. They get no camera
        pixels after it. Frames that were captured before the cover was lifted are never sent.
        """
        try:
            self.output.cover(text, background=background)
        except Exception as error:  # of the last sink: it ends the run, not the caller
            self._error = self._error or error
            self.stop()

    def _wait(self, seconds: float | None) -> None:
        """Draw windows and watch the work thread until the run is over. For the main thread."""
        end_s = math.inf if seconds is None else time.perf_counter() + seconds
        watched_s = -math.inf
        while not self._over.is_set() and (left_s := end_s - (now_s := time.perf_counter())) > 0:
            if now_s - watched_s >= _WATCH_S:
                self._watch(watched_s, now_s)
                watched_s = now_s
            windows = self.output.has_windows()
            for action in self.output.pump(self.stats.line(self._mailbox.dropped)) if windows else ():
                if action is Action.QUIT:
                    return
                self._on_action(action)
            self._over.wait(min(left_s, _PUMP_S if windows else _WATCH_S))

    def _watch(self, before_s: float, now_s: float) -> None:
        """Send to the sinks instead of the work thread while a stage neither returns nor fails."""
        if (in_work := self._in_work) is None:
            return
        frame, since_s = in_work
        if now_s - since_s > delays.HANGS_AFTER_S:
            if before_s - since_s <= delays.HANGS_AFTER_S:
                name = self.chain.matter.name
                log.warning("no frame for %g s, still waiting for %s and the scene", delays.HANGS_AFTER_S, name)
            self.output.hold(PAUSED, frame)
        elif now_s - since_s > delays.REPEAT_AFTER_S:
            self.output.keep()

    def _capture(self) -> None:
        """Drain the source, so that no old frame waits in it. The capture thread."""
        try:
            for frame in self.source.frames():
                if self._over.is_set():
                    break
                self._mailbox.put(frame)
        except Exception as error:  # raised by run
            self._error = self._error or error
        finally:
            self._mailbox.close()

    def _work(self) -> None:
        """Bring one frame after the other through the stages and into the sinks. The work thread."""
        try:
            for frame in self._newest():
                if self._over.is_set():
                    break
                start_s = time.perf_counter()
                self._step(frame)
                if frame is not None and isinstance(matter := self.chain.matter, Observing):
                    matter.observe(time.perf_counter() - start_s, self.source.period_s)
            if (composite := self.chain.flush()) is not None:
                self.output.send(composite)
        except Exception as error:  # raised by run
            self._error = self._error or error
        finally:
            self.stop()

    def _newest(self) -> Iterator[Frame | None]:
        """Give the newest frame each time; None, at the frame rate, while the source is silent."""
        silent = False
        while not self._over.is_set():
            period_s = self.source.period_s
            try:
                frame = self._mailbox.take(period_s if silent else max(delays.SILENT_AFTER_S, 3 * period_s))
            except TimeoutError:
                silent = True
                yield None
            except MailboxClosed:
                return
            else:
                silent = False
                yield frame

    def _step(self, frame: Frame | None) -> None:
        """Send the composite of one frame, or what replaces it."""
        if frame is not None:
            self._in_work = frame, time.perf_counter()
        try:  # a delayed matte is shown before a wait, because it would be old after it
            composite = self.chain.flush() if frame is None else self.chain.composite(frame)
        except Exception as error:
            self.stats.failed(error)
            self.output.hold(PAUSED, frame)
            return
        finally:
            self._in_work = None
        if composite is not None:
            self.output.send(composite)
        elif frame is None:
            self.output.hold(WAITING, None)

    def _background(self, matte: Matte) -> Composite | None:
        """Make the background for a cover; None if the scene fails or a frame blocks it."""
        try:
            return self.chain.scene(matte, delays.COVER_S)
        except TimeoutError:
            return None
        except Exception as error:
            self.stats.failed(error)
            return None

    def _shut(self, threads: Sequence[threading.Thread]) -> None:
        """Stop the threads and close everything. Never raises."""
        self.stop()
        self.stats.end()  # the measurements exclude the end
        for thread in threads:
            thread.join(delays.JOIN_S)
        self._close(self.source.close)  # wakes a read that blocks
        for thread in threads:
            thread.join(delays.LAST_JOIN_S)
            if thread.is_alive():
                log.warning("the thread %s does not end", thread.name)
        self._close(self.close)

    def _close(self, close: Callable[[], None]) -> None:
        try:
            close()
        except Exception as error:  # raised by run
            self._error = self._error or error
