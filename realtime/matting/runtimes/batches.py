"""``NetworkMatter``: groups frames of any sizes into batches of one size for a network, and checks its mattes.

An output that contains NaN is an error here, so that no matter passes one on.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from realtime.ending import Closing
from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame, Pixels
from realtime.matting.resize import network_size

Batch = npt.NDArray[np.float32]
"""``(N, 3, h, w) float32 RGB in [-1, 1]`` into a network, ``(N, 1, h, w) float32 in [0, 1]`` out of it."""

Size = tuple[int, int]
"""``(width, height)`` in px."""

Shape = tuple[int, ...]
"""Of a batch: ``(N, 3, h, w)``."""

SIZES_KEPT = 4
"""A matter keeps what it made for this many shapes, the latest used: a session holds memory and threads."""


class NetworkMatter(Closing):
    """What the matters of all runtimes share. A subclass has ``_infer``, and names runtime and device in ``_runs_on``.

    Args:
        title: name of the network for people.
        reference_px: the reference size, see ``resize.network_size``.
    """

    _fixed: tuple[int | None, int | None] = None, None
    """``(width, height)`` in px, for a network of a fixed size."""

    _single = False
    """Whether a batch holds one image only."""

    _runs_on = ""

    def __init__(self, title: str, reference_px: int) -> None:
        self._title, self._reference_px = title, reference_px
        self._size: Size | None = None

    @property
    def name(self) -> str:
        """Network, the size of its last run, runtime, precision and device."""
        size = "" if self._size is None else f" {self._size[0]}x{self._size[1]}"
        return f"{self._title}{size}, {self._runs_on}"

    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """Return the mattes of ``frames``, see ``matter.Matter``: one run for all frames of the same size there."""
        groups: dict[Size, list[int]] = {}
        for position, frame in enumerate(frames):
            groups.setdefault(self._size_for(frame, size_px), []).append(position)
        mattes: dict[int, CoarseMatte] = {}
        for size, positions in groups.items():
            for some in [[position] for position in positions] if self._single else [positions]:
                alphas = self._infer([frames[position].pixels for position in some], size)
                for position, alpha in zip(some, alphas[:, 0], strict=True):
                    mattes[position] = CoarseMatte(alpha=alpha, frame=frames[position])
        return [mattes[position] for position in range(len(frames))]

    def _size_for(self, frame: Frame, size_px: Size | None) -> Size:
        width, height = size_px or network_size(frame.width_px, frame.height_px, self._reference_px)
        return self._fixed[0] or width, self._fixed[1] or height

    def _infer(self, pictures: Sequence[Pixels], size: Size) -> Batch:
        """Run the network; ``checked`` checks its output.

        Args:
            pictures: images of any size.
            size: their size at the network.

        Returns:
            ``(N, 1, h, w) float32 in [0, 1]`` in a new array.
        """
        raise NotImplementedError


def checked(alphas: Batch, count: int, size: Size) -> Batch:
    """Return a copy of a network's output, clipped to [0, 1]. The network may then reuse its own buffer.

    Args:
        alphas: the network's output.
        count: the number of input images.
        size: their size at the network.

    Raises:
        realtime.errors.MatterError: it has another shape than ``(count, 1, h, w)``, or is not finite.
    """
    expected = (count, 1, size[1], size[0])
    if alphas.shape != expected:
        raise MatterError(
            f"expected a matte of {expected} from the network, got {alphas.shape}",
            cure="Choose other weights: greenless weights list",
        )
    # The sum is NaN or infinite if one value is, and allocates nothing.
    if not np.isfinite(np.sum(alphas, dtype=np.float64)):
        raise MatterError(
            "the network gave NaN or infinity instead of a matte",
            cure="If this repeats, the weights may be damaged: greenless weights verify",
        )
    clipped: Batch = np.clip(alphas, 0, 1, dtype=np.float32)
    return clipped
