"""A frame's way to its composite: matter, finish, look, scene.

Goes in: frames. Comes out: composites. Each stage may be replaced while the run goes on: a frame goes its whole way
through the stages that stood there when it came.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Composite, Frame, Matte
from realtime.matting.matter import Matter
from realtime.stats import Stats

log = logging.getLogger("greenless")

_PATIENCE_S = 0.5
"""How long the end of a frame is waited for, before what it is in is left for later."""


class Finisher(Protocol):
    """What the chain needs of a finish."""

    def finish(self, coarse: CoarseMatte) -> Matte | None:
        """The matte at its frame's size, of this frame or of the one before; None while that delay fills."""
        ...

    def flush(self) -> Matte | None:
        """The matte that a delay still holds at the end."""
        ...


class Shower(Protocol):
    """What the chain needs of a look."""

    def show(self, matte: Matte) -> Matte | Composite:
        """The matte as it is to be shown; a composite where a notice takes the place of the scene."""
        ...


class Composer(Protocol):
    """What the chain needs of a scene."""

    def compose(self, matte: Matte) -> Composite:
        """The person before the new background."""
        ...

    def close(self) -> None:
        """Let the background go."""
        ...


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The stages of a chain at one moment."""

    matter: Matter
    finish: Finisher
    look: Shower
    scene: Composer


class Chain:
    """The stages of a run. Owns its scenes, and every matter but the last, which is the caller's.

    One frame at a time is in it; every method may come from any thread.

    Args:
        stages: those to begin with.
        stats: where their times go.
    """

    def __init__(self, stages: Stages, stats: Stats) -> None:
        self._stages = stages
        self._stats = stats
        self._in_use: Stages | None = None
        self._replaced: list[Matter | Composer] = []
        self._changed = threading.Condition()

    @property
    def matter(self) -> Matter:
        """The one that is at work."""
        return self._stages.matter

    def swap(
        self,
        *,
        matter: Matter | None = None,
        finish: Finisher | None = None,
        look: Shower | None = None,
        scene: Composer | None = None,
    ) -> None:
        """Replace the stages that are named: the next frame goes through the new ones.

        A matter and a scene that were replaced are closed here, as soon as no frame is in them; where one hangs there,
        when it has come out.
        """
        with self._changed:
            before = self._stages
            self._stages = Stages(
                matter=matter or before.matter,
                finish=finish or before.finish,
                look=look or before.look,
                scene=scene or before.scene,
            )
            self._replaced += [old for old, new in ((before.matter, matter), (before.scene, scene)) if new is not None]
            self._changed.wait_for(lambda: not any(map(self._is_in_use, self._replaced)), _PATIENCE_S)
        self._close_replaced()

    def composite(self, frame: Frame) -> Composite | None:
        """The composite of this frame, or of the one before where the finish delays; None while that fills.

        Raises:
            realtime.errors.GreenlessError: a stage failed.
        """
        with self._using() as stages:
            start_s = time.perf_counter()
            [coarse] = stages.matter.matte_batch([frame])
            self._stats.add("infer", time.perf_counter() - start_s)
            if coarse.frame is not frame:
                raise MatterError(f"{stages.matter.name} gave the matte of {coarse.frame} for {frame}")
            start_s = time.perf_counter()
            matte = stages.finish.finish(coarse)
            self._stats.add("finish", time.perf_counter() - start_s)
            return None if matte is None else self._shown(stages, matte)

    def flush(self) -> Composite | None:
        """The composite that a delay still holds at the end; None where there is none."""
        with self._using() as stages:
            matte = stages.finish.flush()
            return None if matte is None else self._shown(stages, matte)

    def scene(self, matte: Matte, patience_s: float) -> Composite:
        """The scene alone.

        Args:
            matte: what stands before the background.
            patience_s: how long a frame that is in work is waited for.

        Raises:
            realtime.errors.SceneError: the background is gone.
            TimeoutError: the frame did not come out.
        """
        with self._using(patience_s) as stages:
            return stages.scene.compose(matte)

    def close(self) -> None:
        """Close the scene, and what was replaced. May be called twice."""
        with ExitStack() as closed:  # the others are closed whatever one of them does
            for owned in (*self._replaced, self._stages.scene):
                closed.callback(owned.close)

    @contextmanager
    def _using(self, patience_s: float | None = None) -> Iterator[Stages]:
        """The stages of this moment, for one thread alone; none of them is closed meanwhile."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._in_use is None, patience_s):
                raise TimeoutError("a frame is in work, and does not come out")
            stages = self._in_use = self._stages
        try:
            yield stages
        finally:
            with self._changed:
                self._in_use = None
                self._changed.notify_all()
            self._close_replaced()

    def _is_in_use(self, stage: Matter | Composer) -> bool:
        return self._in_use is not None and stage in (self._in_use.matter, self._in_use.scene)

    def _close_replaced(self) -> None:
        """Close what was replaced, but for what a frame is still in."""
        with self._changed:
            idle = [stage for stage in self._replaced if not self._is_in_use(stage)]
            self._replaced = [stage for stage in self._replaced if stage not in idle]
        for stage in idle:
            try:
                stage.close()
            except Exception:  # what took its place goes on
                log.exception("%s was not closed", stage)

    def _shown(self, stages: Stages, matte: Matte) -> Composite:
        start_s = time.perf_counter()
        shown = stages.look.show(matte)
        composite = shown if isinstance(shown, Composite) else stages.scene.compose(shown)
        self._stats.add("scene", time.perf_counter() - start_s)
        return composite
