"""The candidates to time: each processes a frame through all stages, from the network to the sink."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from benchmarks.comparison.coded_frames import CodedFrames
from benchmarks.comparison.stopwatch import Stopwatch
from realtime.commands.stage_times import CONFIGURATIONS, FIXED
from realtime.errors import GreenlessError
from realtime.frame import Alpha, Frame
from realtime.loop.governor import Governor
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import Finish
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, MattingSettings, SceneSettings
from realtime.sinks.null import Null


class Candidate(Protocol):
    """A configuration of greenless, or another implementation: takes a decoded frame to the sink."""

    name: str
    network_px: tuple[int, int]
    slow: bool

    def step(self, frame: Frame, watch: Stopwatch) -> Alpha | None:
        """Process one frame with laps infer, finish, scene and send; return the matte at the frame size, if any."""
        ...

    def close(self) -> None:
        """Close the network."""
        ...


class Greenless:
    """The stages of greenless, as a live run opens them.

    Args:
        name: the name in tables.
        settings: the network.
        size_px: width and height of the frames.
        background: an image file.
    """

    def __init__(self, name: str, settings: MattingSettings, size_px: tuple[int, int], background: Path) -> None:
        opened = open_matter(settings, width_px=size_px[0], height_px=size_px[1])
        # With the setting governor off, only the configured economy is active, so the load is constant.
        self.matter: Matter = Governor(opened, settings)
        self.name = name
        self.network_px = (0, 0)
        self.slow = "modnet" in settings.weights
        self.scene = Scene(SceneSettings(background=str(background)))
        self.finish = Finish(FinishSettings())
        self._sink = Null()

    def step(self, frame: Frame, watch: Stopwatch) -> Alpha | None:
        """Process one frame."""
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
        """Close network and background."""
        self.matter.close()
        self.scene.close()


LITE = "greenless-lite"

LIVE, ECONOMIES = tuple(CONFIGURATIONS)[3], tuple(CONFIGURATIONS)[5]
"""The configuration that holds the frame rate, and the same with economy."""

PLAIN, MODNET = "plain: MODNet, PyTorch", "MODNet, ONNX Runtime f32"
"""The other candidates: the plain implementation, and its network in the stages of greenless."""


def open_candidates(shown: CodedFrames, background: Path, missing: list[str]) -> Iterator[Greenless]:
    """Open the configurations of greenless, in order; the caller closes them.

    Args:
        shown: the frames.
        background: an image file.
        missing: gets a line for each one that is unavailable.
    """
    for name, settings in CONFIGURATIONS.items():
        try:
            yield Greenless(name, MattingSettings(weights=LITE, **{**FIXED, **settings}), shown.size_px, background)
        except GreenlessError as error:
            note(missing, f"{name}: {error}")


def note(missing: list[str], line: str) -> None:
    """Add a line, if it is new."""
    if line not in missing:
        missing.append(line)
