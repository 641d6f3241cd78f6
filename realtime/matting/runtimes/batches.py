"""Frames of any sizes through a network that takes batches of one size: grouped, and its mattes checked.

Goes in: frames, the rule that gives each its network size, and the network as a function on pictures. Comes out: the
coarse mattes, in the order of the frames, in arrays of their own. A network's output with a NaN in it is refused here,
so that no matter ever hands one on.
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
"""Pictures of any size, and the size at the network, to ``(N, 1, h, w) float32 in [0, 1]``, an array of its own."""


def matte_in_batches(frames: Sequence[Frame], *, size_for: Callable[[Frame], Size], infer: Infer) -> list[CoarseMatte]:
    """The mattes of ``frames``: one run of the network for all frames that have the same size at the network.

    Args:
        frames: any number of frames, their sizes mixed.
        size_for: the network size of a frame.
        infer: the network; it hands what it gives through ``checked``.

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
    """A copy of what a network gave, clipped to [0, 1]; the network's own buffer may be written over then.

    Args:
        alphas: the network's output.
        count: how many pictures went in.
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
    # The sum is NaN or infinite when one value is, and takes no memory.
    if not np.isfinite(np.sum(alphas, dtype=np.float64)):
        raise MatterError(
            "the network gave NaN or infinity instead of a matte",
            cure="If it stays so, the weights are damaged: greenless weights verify",
        )
    clipped: Batch = np.clip(alphas, 0, 1, dtype=np.float32)
    return clipped
