"""MobileNetV2 at width 1.0, the encoder of MODNet: from images to features at five strides.

Names follow the released checkpoints (``model.features.N...``), so their tensors load as they are.
"""

from typing import NamedTuple, cast

from torch import Tensor, nn

BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Rows of (expansion, channels, repeats, stride of the first), as the paper (arXiv 1801.04381) lists them."""

ENC2X_CHANNELS, ENC4X_CHANNELS, ENC32X_CHANNELS = 16, 24, 1280


class Taps(NamedTuple):
    """The features that MODNet's branches read."""

    enc2x: Tensor
    """``(N, 16, H/2, W/2)``"""

    enc4x: Tensor
    """``(N, 24, H/4, W/4)``"""

    enc32x: Tensor
    """``(N, 1280, H/32, W/32)``"""


def conv_norm(inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Make a convolution without bias and its BatchNorm."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs)]


class InvertedResidual(nn.Module):
    """Widen by 1x1, filter each channel by 3x3, narrow by 1x1; added to its input where the shapes allow it."""

    def __init__(self, inputs: int, outputs: int, *, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        widen = [*conv_norm(inputs, hidden, 1), nn.ReLU6(inplace=True)] if expansion > 1 else []
        depthwise = [*conv_norm(hidden, hidden, 3, stride=stride, groups=hidden), nn.ReLU6(inplace=True)]
        self.conv = nn.Sequential(*widen, *depthwise, *conv_norm(hidden, outputs, 1))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` -> ``(N, outputs, H/stride, W/stride)``."""
        filtered: Tensor = self.conv(features)
        return features + filtered if self.residual else filtered


class Backbone(nn.Module):
    """The stem, the seventeen blocks and the last 1x1 as one row ``model.features``, read at the taps of MODNet."""

    def __init__(self) -> None:
        super().__init__()
        width = 32
        features: list[nn.Module] = [nn.Sequential(*conv_norm(3, width, 3, stride=2), nn.ReLU6(inplace=True))]
        for expansion, channels, repeats, first_stride in BLOCKS:
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else 1
                features.append(InvertedResidual(width, channels, stride=stride, expansion=expansion))
                width = channels
        features.append(nn.Sequential(*conv_norm(width, ENC32X_CHANNELS, 1), nn.ReLU6(inplace=True)))
        self.model = nn.ModuleDict({"features": nn.Sequential(*features)})

    def forward(self, image: Tensor) -> Taps:
        """Encode ``image``, ``(N, 3, H, W) float32 in [-1, 1]``, H and W multiples of 32."""
        features = cast(nn.Sequential, self.model["features"])
        enc2x = features[:2](image)
        enc4x = features[2:4](enc2x)
        return Taps(enc2x, enc4x, features[4:](enc4x))


def initialise(network: nn.Module) -> None:
    """Give every convolution and linear layer Kaiming-uniform weights (fan-in) and biases of zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
