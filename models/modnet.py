"""MODNet (arXiv 2011.11961) as its authors released it: from an image to a matte.

Three branches: low resolution says where the person is, high resolution draws the edge, fusion joins the two. Names and
shapes are those of the released checkpoints, but there is one backbone: ``models.checkpoint`` drops the second copy.
InstanceNorm reads the statistics of each image, also at inference: resize images, never pad or tile them.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.backbone import ENC2X_CHANNELS, ENC4X_CHANNELS, ENC32X_CHANNELS, Backbone, initialise
from models.prediction import Prediction

WIDTH = 32
"""Channels of the high-resolution and the fusion branch."""


def _scale(features: Tensor, factor: float) -> Tensor:
    return F.interpolate(features, scale_factor=factor, mode="bilinear", align_corners=False)


def _join(*features: Tensor) -> Tensor:
    return torch.cat(features, dim=1)


class IBNorm(nn.Module):
    """BatchNorm on the first half of the channels, InstanceNorm (no affine, no running statistics) on the rest."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.halves = [channels // 2, channels - channels // 2]
        self.bnorm = nn.BatchNorm2d(self.halves[0])
        self.inorm = nn.InstanceNorm2d(self.halves[1])

    def forward(self, features: Tensor) -> Tensor:
        """``(N, channels, H, W)`` -> the same shape."""
        batch, instance = torch.split(features, self.halves, dim=1)
        return _join(self.bnorm(batch), self.inorm(instance))


class CIR(nn.Module):
    """Convolution with bias, IBNorm, ReLU; a head is the convolution alone."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, head: bool = False) -> None:
        super().__init__()
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)
        self.layers = nn.Sequential(convolution, *([] if head else [IBNorm(outputs), nn.ReLU(inplace=True)]))

    def forward(self, features: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` -> ``(N, outputs, H/stride, W/stride)``."""
        filtered: Tensor = self.layers(features)
        return filtered


class SqueezeExcitation(nn.Module):
    """Scale each channel by what the mean of all channels says; no biases."""

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        hidden = channels // reduction
        self.fc = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, features: Tensor) -> Tensor:
        """``(N, channels, H, W)`` -> the same shape."""
        weights: Tensor = self.fc(features.mean(dim=(2, 3)))
        return features * weights[:, :, None, None]


class LowResolution(nn.Module):
    """Where the person is: enc32x in, lr8x out."""

    def __init__(self) -> None:
        super().__init__()
        self.se_block = SqueezeExcitation(ENC32X_CHANNELS, reduction=4)
        self.conv_lr16x = CIR(ENC32X_CHANNELS, 96, 5)
        self.conv_lr8x = CIR(96, WIDTH, 5)
        self.conv_lr = CIR(WIDTH, 1, 3, stride=2, head=True)

    def forward(self, enc32x: Tensor) -> Tensor:
        """``(N, 1280, H/32, W/32)`` -> lr8x ``(N, 32, H/8, W/8)``."""
        lr16x = self.conv_lr16x(_scale(self.se_block(enc32x), 2))
        lr8x: Tensor = self.conv_lr8x(_scale(lr16x, 2))
        return lr8x

    def semantic(self, lr8x: Tensor) -> Tensor:
        """The training head: ``(N, 1, H/16, W/16)``."""
        return torch.sigmoid(self.conv_lr(lr8x))


class HighResolution(nn.Module):
    """Where the edge runs: the picture, two taps and lr8x in, hr2x out."""

    def __init__(self) -> None:
        super().__init__()
        self.tohr_enc2x = CIR(ENC2X_CHANNELS, WIDTH, 1)
        self.conv_enc2x = CIR(3 + WIDTH, WIDTH, 3, stride=2)
        self.tohr_enc4x = CIR(ENC4X_CHANNELS, WIDTH, 1)
        self.conv_enc4x = CIR(2 * WIDTH, 2 * WIDTH, 3)
        self.conv_hr4x = nn.Sequential(
            CIR(3 * WIDTH + 3, 2 * WIDTH, 3), CIR(2 * WIDTH, 2 * WIDTH, 3), CIR(2 * WIDTH, WIDTH, 3)
        )
        self.conv_hr2x = nn.Sequential(
            CIR(2 * WIDTH, 2 * WIDTH, 3), CIR(2 * WIDTH, WIDTH, 3), CIR(WIDTH, WIDTH, 3), CIR(WIDTH, WIDTH, 3)
        )
        self.conv_hr = nn.Sequential(CIR(3 + WIDTH, WIDTH, 3), CIR(WIDTH, 1, 1, head=True))

    def forward(self, image: Tensor, enc2x: Tensor, enc4x: Tensor, lr8x: Tensor) -> Tensor:
        """Return hr2x, ``(N, 32, H/2, W/2)``."""
        enc2x = self.tohr_enc2x(enc2x)
        hr4x = self.conv_enc2x(_join(_scale(image, 0.5), enc2x))
        hr4x = self.conv_enc4x(_join(hr4x, self.tohr_enc4x(enc4x)))
        hr4x = self.conv_hr4x(_join(hr4x, _scale(lr8x, 2), _scale(image, 0.25)))
        hr2x: Tensor = self.conv_hr2x(_join(_scale(hr4x, 2), enc2x))
        return hr2x

    def detail(self, image: Tensor, hr2x: Tensor) -> Tensor:
        """The training head: ``(N, 1, H, W)``."""
        return torch.sigmoid(self.conv_hr(_join(_scale(hr2x, 2), image)))


class Fusion(nn.Module):
    """The two joined: the picture, lr8x and hr2x in, the matte out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_lr4x = CIR(WIDTH, WIDTH, 5)
        self.conv_f2x = CIR(2 * WIDTH, WIDTH, 3)
        self.conv_f = nn.Sequential(CIR(3 + WIDTH, WIDTH // 2, 3), CIR(WIDTH // 2, 1, 1, head=True))

    def forward(self, image: Tensor, lr8x: Tensor, hr2x: Tensor) -> Tensor:
        """Return the matte, ``(N, 1, H, W)`` in [0, 1]."""
        lr2x = _scale(self.conv_lr4x(_scale(lr8x, 2)), 2)
        f2x = self.conv_f2x(_join(lr2x, hr2x))
        return torch.sigmoid(self.conv_f(_join(_scale(f2x, 2), image)))


class MODNet(nn.Module):
    """The whole network, freshly initialised; ``models.checkpoint.load_network`` gives a trained one."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.lr_branch = LowResolution()
        self.hr_branch = HighResolution()
        self.f_branch = Fusion()
        initialise(self)

    def forward(self, image: Tensor) -> Tensor:
        """Return the matte of ``image`` and leave the training heads out.

        Args:
            image: ``(N, 3, H, W) float32 RGB in [-1, 1]``, H and W multiples of 32.

        Returns:
            ``(N, 1, H, W) float32 in [0, 1]``.
        """
        return self._branches(image)[2]

    def branches(self, image: Tensor) -> Prediction:
        """Return what all three branches say of ``image``, for training."""
        lr8x, hr2x, matte = self._branches(image)
        return Prediction(self.lr_branch.semantic(lr8x), self.hr_branch.detail(image, hr2x), matte)

    def _branches(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        enc2x, enc4x, enc32x = self.backbone(image)
        lr8x = self.lr_branch(enc32x)
        hr2x = self.hr_branch(image, enc2x, enc4x, lr8x)
        return lr8x, hr2x, self.f_branch(image, lr8x, hr2x)
