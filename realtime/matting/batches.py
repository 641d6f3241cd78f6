"""Frames of any sizes through a network that takes batches of one size: grouped, prepared, checked.

Goes in: frames, the rule that gives each its network size, and the network as a function on arrays. Comes out: the
coarse mattes, in the order of the frames, in arrays of their own. A network's output with a NaN in it is refused here,
so that no matter ever hands one on.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame
from realtime.matting.resize import prepare

Batch = npt.NDArray[np.float32]
"""``(N, 3, h, w) float32 RGB in [-1, 1]`` into a network, ``(N, 1, h, w) float32 in [0, 1]`` out of it."""

Size = tuple[int, int]
"""``(width, height)`` in px."""


def matte_in_batches(
    frames: Sequence[Frame], *, size_for: Callable[[Frame], Size], infer: Callable[[Batch], Batch]
) -> list[CoarseMatte]:
    """The mattes of ``frames``: one run of the network for all frames that have the same size at the network.

    Args:
        frames: any number of frames, their sizes mixed.
        size_for: the network size of a frame.
        infer: ``(N, 3, h, w)`` to ``(N, 1, h, w)``.

    Raises:
        realtime.errors.MatterError: the network's output has another shape, or is not finite.
    """
    groups: dict[Size, list[int]] = {}
    for position, frame in enumerate(frames):
        groups.setdefault(size_for(frame), []).append(position)
    mattes: dict[int, CoarseMatte] = {}
    for size, positions in groups.items():
        batch = np.stack([prepare(frames[position].pixels, size) for position in positions])
        alphas = infer(batch)
        _check(alphas, batch)
        for position, alpha in zip(positions, alphas[:, 0], strict=True):
            mattes[position] = CoarseMatte(alpha=np.clip(alpha, 0, 1), frame=frames[position])
    return [mattes[position] for position in range(len(frames))]


def _check(alphas: Batch, batch: Batch) -> None:
    expected = (batch.shape[0], 1, *batch.shape[2:])
    if alphas.shape != expected:
        raise MatterError(
            f"expected a matte of {expected} from the network, got {alphas.shape}",
            cure="Choose other weights: greenless weights list",
        )
    if not np.isfinite(alphas).all():
        raise MatterError(
            "the network gave NaN or infinity instead of a matte",
            cure="If it stays so, the weights are damaged: greenless weights verify",
        )
