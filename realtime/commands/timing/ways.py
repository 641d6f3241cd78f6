"""The ways of greenless that are timed: each takes a frame through its stages, from the network to the sink."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from realtime.commands.timing.reel import Reel
from realtime.commands.timing.stopwatch import Stopwatch
from realtime.errors import GreenlessError
from realtime.frame import Alpha, Frame
from realtime.loop.governor import Governor
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import Finish
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, MattingSettings, SceneSettings
from realtime.sinks.null import Null


class Contestant(Protocol):
    """One way from a decoded frame to the sink."""

    name: str
    network_px: tuple[int, int]
    slow: bool

    def step(self, frame: Frame, watch: Stopwatch) -> Alpha | None:
        """One frame; laps of infer, finish, scene and send. The matte at the frame's size, where there is one."""
        ...

    def close(self) -> None:
        """Let the network go."""
        ...


class Ours:
    """The stages of greenless, as a live run opens them.

    Args:
        name: what people call this way.
        settings: the network.
        size_px: of the frames.
        background: picture file that is put behind the person.
    """

    def __init__(self, name: str, settings: MattingSettings, size_px: tuple[int, int], background: Path) -> None:
        opened = open_matter(settings, width_px=size_px[0], height_px=size_px[1])
        # Without a governor only the economies that the settings ask for are at work: nothing changes on the way.
        self.matter: Matter = Governor(opened, settings)
        self.name = name
        self.network_px = (0, 0)
        self.slow = "modnet" in settings.weights
        self.scene = Scene(SceneSettings(background=str(background)))
        self.finish = Finish(FinishSettings())
        self._sink = Null()

    def step(self, frame: Frame, watch: Stopwatch) -> Alpha | None:
        """One frame's way through the stages."""
        [coarse] = self.matter.matte_batch([frame])
        watch.lap("infer")
        matte = self.finish.finish(coarse)
        watch.lap("finish")
        assert matte is not None  # the finish of the default settings has no delay
        composite = self.scene.compose(matte)
        watch.lap("scene")
        self._sink.send(composite)
        watch.lap("send")
        self.network_px = (coarse.alpha.shape[1], coarse.alpha.shape[0])
        return matte.alpha

    def close(self) -> None:
        """Let network and background go."""
        self.matter.close()
        self.scene.close()


FIXED: dict[str, Any] = {"provider": "cpu", "governor": False, "economy": "off"}

LITE = "greenless-lite"

WAYS: dict[str, dict[str, Any]] = {
    "lite, ONNX Runtime f32": {"runtime": "onnx", "precision": "float32", "reference_size": 288},
    "lite, ONNX Runtime int8": {"runtime": "onnx", "precision": "int8", "reference_size": 288},
    "lite, OpenVINO int8": {"runtime": "openvino", "precision": "int8", "reference_size": 288},
    "lite, fastest here": {"reference_size": 224},
    "lite, fastest here, smaller": {"reference_size": 192},
    "lite, fastest here, economies": {"reference_size": 224, "economy": "on"},
}
"""The ways of greenless, and the settings that make them."""

LIVE, ECONOMIES = tuple(WAYS)[3], tuple(WAYS)[5]
"""The way that holds the frame rate, and the same with the economies."""


def open_ways(shown: Reel, background: Path, missing: list[str]) -> Iterator[Ours]:
    """Open one after the other; the caller closes them.

    Args:
        shown: the frames.
        background: image file that is put behind the person.
        missing: takes a line for each way that cannot be opened here, once.
    """
    for name, settings in WAYS.items():
        try:
            yield Ours(name, MattingSettings(weights=LITE, **{**FIXED, **settings}), shown.size_px, background)
        except GreenlessError as error:
            note(missing, f"{name}: {error}")


def note(missing: list[str], line: str) -> None:
    """Add a line, unless it is there."""
    if line not in missing:
        missing.append(line)
