"""What a network of three branches says of a picture while it is trained."""

from typing import NamedTuple

from torch import Tensor


class Prediction(NamedTuple):
    """The outputs of the semantic, detail and fusion branches."""

    semantic: Tensor
    """``(N, 1, H/16, W/16) float32 in [0, 1]``: where the person is, coarsely."""

    detail: Tensor
    """``(N, 1, H, W) float32 in [0, 1]``: alpha that need only be right along the edges."""

    matte: Tensor
    """``(N, 1, H, W) float32 in [0, 1]``: the matte, the only output outside training."""
