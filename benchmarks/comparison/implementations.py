"""The implementations that the benchmark compares. Each takes a frame through its stages, from network to sink.

Implementations whose packages are not installed are reported and skipped.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from realtime.commands.timing.candidates import FIXED, Candidate, Greenless, note, open_candidates
from realtime.commands.timing.coded_frames import CodedFrames
from realtime.frame import CoarseMatte, Frame
from realtime.matting.matter import Matter
from realtime.settings.schema import MattingSettings


class Truthful:
    """A ``Matter`` with random weights that returns the true mattes, so that later stages do realistic work.

    Args:
        matter: runs the network; this object owns it.
        shown: the frames with the true mattes.
    """

    def __init__(self, matter: Matter, shown: CodedFrames) -> None:
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
def open_implementations(shown: CodedFrames, missing: list[str]) -> Iterator[list[Candidate]]:
    """Open every implementation that is installed, for the given frames.

    Args:
        shown: the frames.
        missing: receives a line for each implementation that is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        background = Path(folder) / "room.png"
        cv2.imwrite(str(background), shown.room)
        opened: list[Candidate] = []
        try:
            opened += _of_torch(Path(folder), shown, background, missing)
            opened += open_candidates(shown, background, missing)
            yield opened
        finally:
            for candidate in opened:
                candidate.close()


def _of_torch(folder: Path, shown: CodedFrames, background: Path, missing: list[str]) -> Iterator[Candidate]:
    """Yield the plain implementation, and MODNet in the stages of greenless, both with random weights by PyTorch."""
    try:
        from benchmarks.comparison.plain import Plain
        from models.export import export_onnx
        from models.modnet import MODNet
    except ModuleNotFoundError as error:
        note(
            missing,
            f"MODNet, and the plain implementation: the package {error.name} is not installed (greenless[torch])",
        )
        return
    plain = Plain()
    yield plain
    path = folder / "modnet-random.onnx"
    export_onnx(MODNet(), path, size=(288, 512))
    settings = MattingSettings(weights=str(path), runtime="onnx", precision="float32", **FIXED)
    modnet = Greenless("MODNet, ONNX Runtime f32", settings, shown.size_px, background)
    modnet.matter = Truthful(modnet.matter, shown)
    yield modnet
