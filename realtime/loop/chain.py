"""``Chain``: the stages that turn a frame into a composite: matter, finish, look, scene.

Each stage may be replaced during the run. A frame stays with the stages that were there when it came.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from realtime.ending import close_all
from realtime.errors import MatterError
from realtime.frame import Composite, Frame, Matte
from realtime.framing.framer import Framer
from realtime.loop import delays
from realtime.loop.stats import Stats
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import Finish
from realtime.scene.compose import Scene

log = logging.getLogger("greenless")


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The stages of a chain at one moment."""

    matter: Matter
    """Makes the coarse matte."""

    finish: Finish
    """Brings the matte to the frame's size."""

    look: Framer
    """Frames the person."""

    scene: Scene
    """Makes the composite."""


class Chain:
    """The stages of a run. Thread-safe; one frame at a time is in it.

    Owns its scenes, and the matters that were replaced. The caller owns the last matter.

    Args:
        stages: the first stages.
        stats: counts the time of each.
    """

    def __init__(self, stages: Stages, stats: Stats) -> None:
        self._stages = stages
        self._stats = stats
        self._in_use: Stages | None = None
        self._before: Frame | None = None
        self._replaced: list[Matter | Scene] = []
        self._changed = threading.Condition()

    @property
    def matter(self) -> Matter:
        """The current matter."""
        return self._stages.matter

    def swap(
        self,
        *,
        matter: Matter | None = None,
        finish: Finish | None = None,
        look: Framer | None = None,
        scene: Scene | None = None,
    ) -> None:
        """Replace these stages for the next frame, and return at once. ``retire`` closes the replaced ones."""
        with self._changed:
            before = self._stages
            self._stages = Stages(
                matter=matter or before.matter,
                finish=finish or before.finish,
                look=look or before.look,
                scene=scene or before.scene,
            )
            self._replaced += [old for old, new in ((before.matter, matter), (before.scene, scene)) if new is not None]

    def retire(self) -> None:
        """Close what was replaced once no frame is in it; if a frame hangs there, the work thread closes it later."""
        with self._changed:
            self._changed.wait_for(lambda: not any(map(self._is_in_use, self._replaced)), delays.RETIRE_S)
        self._close_replaced()

    def composite(self, frame: Frame) -> Composite | None:
        """Give the composite of this frame, or of the previous one if a stage delays; None while the delay fills.

        Raises:
            realtime.errors.GreenlessError: a stage failed.
        """
        with self._using() as stages:
            start_s = time.perf_counter()
            mattes = stages.matter.matte_batch([frame])
            self._stats.add("infer", time.perf_counter() - start_s)
            before, self._before = self._before, frame
            if not mattes:
                return None
            [coarse] = mattes
            if coarse.frame is not frame and coarse.frame is not before:
                raise MatterError(f"{stages.matter.name} gave the matte of {coarse.frame} for {frame}")
            start_s = time.perf_counter()
            matte = stages.finish.finish(coarse)
            self._stats.add("finish", time.perf_counter() - start_s)
            return None if matte is None else self._shown(stages, matte)

    def flush(self) -> Composite | None:
        """Give the composite that a delay holds at the end; None if there is none."""
        with self._using() as stages:
            matte = stages.finish.flush()
            return None if matte is None else self._shown(stages, matte)

    def scene(self, matte: Matte, patience_s: float) -> Composite:
        """Run the scene alone.

        Args:
            matte: what stands in front of the background.
            patience_s: how long to wait for a frame in work.

        Raises:
            realtime.errors.SceneError: the background is gone.
            TimeoutError: the frame did not leave the stages.
        """
        with self._using(patience_s) as stages:
            return stages.scene.compose(matte)

    def close(self) -> None:
        """Close the scene and what was replaced. May be called twice."""
        close_all(*(owned.close for owned in (*self._replaced, self._stages.scene)))

    @contextmanager
    def _using(self, patience_s: float | None = None) -> Iterator[Stages]:
        """Reserve the current stages for this thread; none of them is closed meanwhile."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._in_use is None, patience_s):
                raise TimeoutError(f"a frame has been in the stages for more than {patience_s} s")
            stages = self._in_use = self._stages
        try:
            yield stages
        finally:
            with self._changed:
                self._in_use = None
                self._changed.notify_all()
            self._close_replaced()

    def _is_in_use(self, stage: Matter | Scene) -> bool:
        return self._in_use is not None and stage in (self._in_use.matter, self._in_use.scene)

    def _close_replaced(self) -> None:
        """Close what was replaced, except what a frame is in."""
        with self._changed:
            idle = [stage for stage in self._replaced if not self._is_in_use(stage)]
            self._replaced = [stage for stage in self._replaced if stage not in idle]
        for stage in idle:
            try:
                stage.close()
            except Exception:  # the new stage continues
                log.exception("cannot close %s", stage)

    def _shown(self, stages: Stages, matte: Matte) -> Composite:
        start_s = time.perf_counter()
        shown = stages.look.show(matte)
        composite = shown if isinstance(shown, Composite) else stages.scene.compose(shown)
        self._stats.add("scene", time.perf_counter() - start_s)
        return composite
