"""Groups frames of any sizes into batches of one size for a network, and checks its mattes.

An output that contains NaN is an error here, so that no matter passes one on.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame, Pixels

Batch = npt.NDArray[np.float32]
"""``(N, 3, h, w) float32 RGB in [-1, 1]`` into a network, ``(N, 1, h, w) float32 in [0, 1]`` out of it."""

Size = tuple[int, int]
"""``(width, height)`` in px."""

Shape = tuple[int, ...]
"""Of a batch: ``(N, 3, h, w)``."""

SIZES_KEPT = 4
"""A matter keeps what it made for this many shapes, the latest used: a session holds memory and threads."""

Infer = Callable[[Sequence[Pixels], Size], Batch]
"""From images of any size, and their size at the network, to ``(N, 1, h, w) float32 in [0, 1]`` in a new array."""


def matte_in_batches(frames: Sequence[Frame], *, size_for: Callable[[Frame], Size], infer: Infer) -> list[CoarseMatte]:
    """Return the mattes of ``frames``, with one run of the network for all frames of the same size there.

    Args:
        frames: any number, of any sizes.
        size_for: the network size of a frame.
        infer: runs the network and checks its output by ``checked``.

    Raises:
        realtime.errors.MatterError: the network's output has another shape, or is not finite.
    """
    groups: dict[Size, list[int]] = {}
    for position, frame in enumerate(frames):
        groups.setdefault(size_for(frame), []).append(position)
    mattes: dict[int, CoarseMatte] = {}
    for size, positions in groups.items():
        alphas = infer([frames[position].pixels for position in positions], size)
        for position, alpha in zip(positions, alphas[:, 0], strict=True):
            mattes[position] = CoarseMatte(alpha=alpha, frame=frames[position])
    return [mattes[position] for position in range(len(frames))]


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
