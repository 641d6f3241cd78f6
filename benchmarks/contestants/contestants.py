"""The implementations that the benchmark compares. Each takes a frame through its stages, from network to sink.

Implementations whose packages are not installed are reported and skipped.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np

from models import weights
from realtime.commands.timing.reel import Reel
from realtime.commands.timing.ways import FIXED, LITE, LIVE, WAYS, Contestant, Ours, note, open_ways
from realtime.frame import CoarseMatte, Frame
from realtime.matting.matter import Matter
from realtime.settings.schema import MattingSettings

BEFORE, GOVERNED = "before, fastest here", "governor on"
"""The ways with other weights, and with a governor that may reduce the size."""


class Truthful:
    """A ``Matter`` with random weights that returns the true mattes, so that later stages do realistic work.

    Args:
        matter: runs the network; this object owns it.
        shown: the reel with the true mattes.
    """

    def __init__(self, matter: Matter, shown: Reel) -> None:
        self._matter = matter
        self._shown = shown

    @property
    def name(self) -> str:
        """Name of the wrapped matter."""
        return self._matter.name

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """Run the network, and return the true mattes of ``frames``, see ``matting.matter.Matter``."""
        return [self._true(coarse) for coarse in self._matter.matte_batch(frames, size_px)]

    def close(self) -> None:
        """Release the network. May be called twice."""
        self._matter.close()

    def _true(self, coarse: CoarseMatte) -> CoarseMatte:
        height, width = coarse.alpha.shape
        true = self._shown.alphas[self._shown.at(coarse.frame.index)]
        small = cv2.resize(true, (width, height), interpolation=cv2.INTER_AREA)
        return CoarseMatte(alpha=small * np.float32(1 / 255), frame=coarse.frame)


@contextmanager
def contestants(shown: Reel, missing: list[str], against: str | None = None) -> Iterator[list[Contestant]]:
    """Open every implementation that is installed, for the frames of one reel.

    Args:
        shown: the reel.
        missing: receives a line for each implementation that is not installed.
        against: other weights, which also run like ``LIVE``.
    """
    with _folder(shown) as (folder, background), ExitStack() as opened:
        ways = [*_of_torch(folder, shown, background, missing), *open_ways(shown, background, missing)]
        if against is not None:
            ways.append(
                Ours(BEFORE, MattingSettings(weights=against, **FIXED, **WAYS[LIVE]), shown.size_px, background)
            )
        for way in ways:
            opened.callback(way.close)
        yield ways


@contextmanager
def governed(shown: Reel, against: str | None = None) -> Iterator[list[Ours]]:
    """Open the network, and the weights ``against``, as a live run does: the governor may reduce the size."""
    named = {GOVERNED: LITE} | ({f"before, {GOVERNED}": against} if against is not None else {})
    with _folder(shown) as (_, background), ExitStack() as opened:
        ways = []
        for name, given in named.items():
            settings = MattingSettings(weights=given, provider="cpu", reference_size=weights.reference_size(LITE))
            ways.append(Ours(name, settings, shown.size_px, background))
            opened.callback(ways[-1].close)
        yield ways


@contextmanager
def _folder(shown: Reel) -> Iterator[tuple[Path, Path]]:
    """Make a temporary folder, and the background in it."""
    with tempfile.TemporaryDirectory() as folder:
        background = Path(folder) / "room.png"
        cv2.imwrite(str(background), shown.room)
        yield Path(folder), background


def _of_torch(folder: Path, shown: Reel, background: Path, missing: list[str]) -> Iterator[Contestant]:
    """Yield the plain implementation, and MODNet in the stages of greenless, both with random weights by PyTorch."""
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
