"""The outputs of a network with three branches during training."""

from typing import NamedTuple

from torch import Tensor


class Prediction(NamedTuple):
    """The outputs of the semantic, detail and fusion branches."""

    semantic: Tensor
    """``(N, 1, H/16, W/16) float32 in [0, 1]``: where the person is, at low resolution."""

    detail: Tensor
    """``(N, 1, H, W) float32 in [0, 1]``: alpha that has to be right only along the edges."""

    matte: Tensor
    """``(N, 1, H, W) float32 in [0, 1]``: the matte, the only output outside training."""
