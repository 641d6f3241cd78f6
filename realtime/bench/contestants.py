"""The ways that the benchmark compares: each takes a frame through its stages, from the network to the sink.

Go in: what is installed. Comes out: contestants, opened. What is missing is named, and left out.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from realtime.bench.reel import Reel
from realtime.bench.stopwatch import Stopwatch
from realtime.errors import GreenlessError
from realtime.frame import Alpha, CoarseMatte, Frame
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


class Truthful:
    """A ``Matter`` of random weights: it works, and gives the true mattes, so that what follows has its usual work.

    Args:
        matter: does the work; owned from now on.
        shown: whose mattes are given.
    """

    def __init__(self, matter: Matter, shown: Reel) -> None:
        self._matter = matter
        self._shown = shown

    @property
    def name(self) -> str:
        """Of the matter."""
        return self._matter.name

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """The true mattes of ``frames``, see ``matting.matter.Matter``."""
        return [self._true(coarse) for coarse in self._matter.matte_batch(frames, size_px)]

    def close(self) -> None:
        """Let the network go. May be called twice."""
        self._matter.close()

    def _true(self, coarse: CoarseMatte) -> CoarseMatte:
        height, width = coarse.alpha.shape
        true = self._shown.alphas[self._shown.at(coarse.frame.index)]
        small = cv2.resize(true, (width, height), interpolation=cv2.INTER_AREA)
        return CoarseMatte(alpha=small * np.float32(1 / 255), frame=coarse.frame)


LITE = "greenless-lite"
FIXED: dict[str, Any] = {"provider": "cpu", "governor": False, "economy": "off"}

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


@contextmanager
def contestants(shown: Reel, missing: list[str]) -> Iterator[list[Contestant]]:
    """Every way that can be had here, opened for the pictures of one reel.

    Args:
        shown: the pictures.
        missing: takes a line for each way that cannot be had, once.
    """
    with tempfile.TemporaryDirectory() as folder:
        background = Path(folder) / "room.png"
        cv2.imwrite(str(background), shown.room)
        opened: list[Contestant] = []
        try:
            opened += _of_torch(Path(folder), shown, background, missing)
            for name, settings in WAYS.items():
                try:
                    made = MattingSettings(weights=LITE, **{**FIXED, **settings})
                    opened.append(Ours(name, made, shown.size_px, background))
                except GreenlessError as error:
                    _note(missing, f"{name}: {error}")
            yield opened
        finally:
            for contestant in opened:
                contestant.close()


def _of_torch(folder: Path, shown: Reel, background: Path, missing: list[str]) -> Iterator[Contestant]:
    """The plain way, and MODNet in the stages of greenless: both with random weights, made by PyTorch."""
    try:
        from models.export import export_onnx
        from models.modnet import MODNet
        from realtime.bench.plain import Plain
    except ModuleNotFoundError as error:
        _note(missing, f"MODNet, and the plain way: the package {error.name} is not installed (greenless[torch])")
        return
    plain = Plain()
    yield plain
    path = folder / "modnet-random.onnx"
    export_onnx(MODNet(), path, size=(288, 512))
    settings = MattingSettings(weights=str(path), runtime="onnx", precision="float32", **FIXED)
    modnet = Ours("MODNet, ONNX Runtime f32", settings, shown.size_px, background)
    modnet.matter = Truthful(modnet.matter, shown)
    yield modnet


def _note(missing: list[str], line: str) -> None:
    if line not in missing:
        missing.append(line)
