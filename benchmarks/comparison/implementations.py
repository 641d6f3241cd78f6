"""The implementations that the benchmark compares. Each takes a frame through its stages, from network to sink.

Implementations whose packages are not installed are reported and skipped.
"""

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import numpy as np

from benchmarks.comparison.candidates import (
    LITE,
    LIVE,
    Candidate,
    Greenless,
    note,
    open_candidates,
)
from benchmarks.comparison.coded_frames import CodedFrames
from models import weights
from realtime.commands.stage_times import CONFIGURATIONS, FIXED
from realtime.frame import CoarseMatte, Frame
from realtime.matting.matter import Matter
from realtime.settings.schema import MattingSettings

BEFORE, GOVERNED = "before, fastest here", "governor on"
"""The ways with other weights, and with a governor that may reduce the size."""


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
def open_implementations(
    shown: CodedFrames, missing: list[str], against: str | None = None
) -> Iterator[list[Candidate]]:
    """Open every implementation that is installed, for the given frames.

    Args:
        shown: the frames.
        missing: receives a line for each implementation that is not installed.
        against: other weights, which also run like ``LIVE``.
    """
    with _folder(shown) as (folder, background), ExitStack() as opened:
        ours, theirs = open_candidates(shown, background, missing), _of_torch(folder, shown, background, missing)
        candidates: list[Candidate] = []
        for candidate in itertools.chain(theirs, ours, _before(shown, background, against)):
            opened.callback(candidate.close)
            candidates.append(candidate)
        yield candidates


def _before(shown: CodedFrames, background: Path, against: str | None) -> Iterator[Greenless]:
    if against is not None:
        settings = MattingSettings(weights=against, **FIXED, **CONFIGURATIONS[LIVE])
        yield Greenless(BEFORE, settings, shown.size_px, background)


@contextmanager
def open_governed(shown: CodedFrames, against: str | None = None) -> Iterator[list[Greenless]]:
    """Open the network, and the weights ``against``, as a live run does: the governor may reduce the size."""
    named = {GOVERNED: LITE} | ({f"before, {GOVERNED}": against} if against is not None else {})
    with _folder(shown) as (_, background), ExitStack() as opened:
        candidates = []
        for name, given in named.items():
            settings = MattingSettings(weights=given, provider="cpu", reference_size=weights.reference_size(LITE))
            candidates.append(Greenless(name, settings, shown.size_px, background))
            opened.callback(candidates[-1].close)
        yield candidates


@contextmanager
def _folder(shown: CodedFrames) -> Iterator[tuple[Path, Path]]:
    """Make a temporary folder, and the background in it."""
    with tempfile.TemporaryDirectory() as folder:
        background = Path(folder) / "room.png"
        cv2.imwrite(str(background), shown.room)
        yield Path(folder), background


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
