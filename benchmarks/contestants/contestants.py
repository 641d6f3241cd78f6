"""The ways that the benchmark compares: each takes a frame through its stages, from the network to the sink.

Go in: what is installed. Comes out: contestants, opened. What is missing is named, and left out.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from realtime.commands.timing.reel import Reel
from realtime.commands.timing.ways import FIXED, Contestant, Ours, note, open_ways
from realtime.frame import CoarseMatte, Frame
from realtime.matting.matter import Matter
from realtime.settings.schema import MattingSettings


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
            opened += open_ways(shown, background, missing)
            yield opened
        finally:
            for contestant in opened:
                contestant.close()


def _of_torch(folder: Path, shown: Reel, background: Path, missing: list[str]) -> Iterator[Contestant]:
    """The plain way, and MODNet in the stages of greenless: both with random weights, made by PyTorch."""
    try:
        from benchmarks.contestants.plain import Plain
        from models.export import export_onnx
        from models.modnet import MODNet
    except ModuleNotFoundError as error:
        note(missing, f"MODNet, and the plain way: the package {error.name} is not installed (greenless[torch])")
        return
    plain = Plain()
    yield plain
    path = folder / "modnet-random.onnx"
    export_onnx(MODNet(), path, size=(288, 512))
    settings = MattingSettings(weights=str(path), runtime="onnx", precision="float32", **FIXED)
    modnet = Ours("MODNet, ONNX Runtime f32", settings, shown.size_px, background)
    modnet.matter = Truthful(modnet.matter, shown)
    yield modnet
