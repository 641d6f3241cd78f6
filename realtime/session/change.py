"""``Change``: other settings for an open run, in three steps.

    prepare    open everything new; if one part fails, close the others, and the run continues as it was
    commit     put the new parts in the place of the old ones; cannot fail
    retire     close what was replaced

Only the parts whose settings differ are opened again. While a new network loads, the old one continues.
"""

import logging
from contextlib import ExitStack, closing

from realtime.capture.turn import turn_of
from realtime.ending import close_all
from realtime.errors import GreenlessError
from realtime.framing.framer import Framer
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import Finish
from realtime.scene.choices import is_room
from realtime.scene.compose import Scene
from realtime.session.open_parts import open_live_matter, open_live_source, open_sinks
from realtime.session.parts import Parts
from realtime.settings.schema import Settings
from realtime.settings.tree import difference
from realtime.sinks.base import Sink

log = logging.getLogger("greenless")


class Change:
    """One change of the settings. Call ``prepare``, ``commit``, ``retire``, from one thread.

    Args:
        parts: the open parts of the run.
        after: the new settings.
        retry_sinks: reopen the sinks that failed, even if the settings name the same ones.
    """

    def __init__(self, parts: Parts, after: Settings, *, retry_sinks: bool = False) -> None:
        self._parts = parts
        self._after = after
        self._differs = difference(parts.settings, after)
        camera = self._differs.get("camera", {}).keys() - {"on_demand", "rotate", "flip"}  # these reopen nothing
        self._new_source = bool("source" in self._differs or camera or not parts.pipeline.source.has_source)
        self._there = {spec: sink for spec, sink in parts.sinks.items() if sink in parts.pipeline.sinks}
        self._new_sinks = "sink" in self._differs or (retry_sinks and len(self._there) < len(parts.sinks))
        self._finish: Finish | None = None
        self._scene: Scene | None = None
        self._matter: Matter | None = None
        self._sinks = parts.sinks
        self._gone: list[Sink] = []

    def prepare(self) -> None:
        """Open what is new, the source last: it may be the same device, so the old one must close first.

        Raises:
            realtime.errors.GreenlessError: a part cannot be opened; the run continues as it was.
        """
        parts, after = self._parts, self._after
        with ExitStack() as opened:
            if self._differs.keys() & {"finish", "quality"}:
                self._finish = Finish(after.finish, after.quality)
            if self._differs.keys() & {"scene", "quality"}:
                self._scene = opened.enter_context(closing(Scene(after.scene, after.quality, like=parts.scene)))
            if "matting" in self._differs:
                self._matter = opened.enter_context(closing(open_live_matter(after, parts.live_source.first)))
            if self._new_sinks:
                self._sinks = open_sinks(after, parts.live_source, self._there, parts.tell)
                for spec in self._sinks.keys() - self._there.keys():
                    opened.callback(self._sinks[spec].close)
            if self._new_source:
                self._open_source()
            opened.pop_all()

    def commit(self) -> None:
        """Replace the parts. No frame shows a new source with the old background, or the other way round."""
        parts, after, pipeline = self._parts, self._after, self._parts.pipeline
        look, room = None, is_room(after.scene.background)
        if "look" in self._differs or room != is_room(parts.settings.scene.background):
            look = Framer(after.look, room=room, like=parts.look)  # takes over the state of the old one, so not earlier
        parts.live_source.turn = turn_of(after.camera)
        pipeline.chain.swap(matter=self._matter, finish=self._finish, look=look, scene=self._scene)
        if self._new_source or after.scene.background != parts.settings.scene.background:
            pipeline.output.forget()
        if self._new_source:
            pipeline.source.set(parts.live_source)
        if self._new_sinks:
            also = (sink for sink in parts.also if sink in pipeline.sinks)
            self._gone = pipeline.output.set((*self._sinks.values(), *also))
        parts.settings, parts.scene, parts.look = after, self._scene or parts.scene, look or parts.look
        parts.sinks = self._sinks

    def retire(self) -> None:
        """Close what was replaced; ``prepare`` has closed the old source."""
        self._parts.pipeline.chain.retire()
        self._parts.demand()
        close_all(*(sink.close for sink in self._gone))

    def _open_source(self) -> None:
        """Close the source and open the new one, or reopen the old one.

        While the valve is shut, a camera stays closed until somebody needs it, because its light would go on.
        """
        parts = self._parts
        parts.pipeline.source.set(None)
        size = parts.live_source.unturned
        try:
            parts.live_source = open_live_source(self._after, parts.valve, size)
        except Exception:  # any error brings the old source back
            try:
                parts.live_source = open_live_source(parts.settings, parts.valve, size)
            except GreenlessError as gone:  # the sinks get a notice until another change brings a source
                log.error("cannot reopen the previous source: %s", gone)
            else:
                parts.pipeline.source.set(parts.live_source)
            raise
