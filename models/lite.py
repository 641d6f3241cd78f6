"""greenless-lite: a small network with MODNet's three branches (semantic, detail, fusion), made for CPUs.

It maps ``(N, 3, H, W) float32`` RGB in [-1, 1], with H and W multiples of 32, to a matte ``(N, 1, H, W) float32``.

The design minimises measured time, not operations:

- Layers at full resolution wait for memory, so only the last pixel shuffle runs there.
- Widths are multiples of 16, one AVX-512 register of the blocked layout.
- Large maps use dense 3x3 convolutions, small maps inverted residuals (MobileNetV2).
- Branches join by sums instead of concatenations.
- BatchNorm and ReLU fold into the convolutions and quantise to int8 without loss of range.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.backbone import conv_norm
from models.prediction import Prediction


def conv(
    inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, groups: int = 1, relu: bool = True
) -> nn.Sequential:
    """Make convolution, BatchNorm and ReLU, which fuse to one layer at run time."""
    layers = conv_norm(inputs, outputs, kernel, stride=stride, groups=groups)
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class Residual(nn.Module):
    """Two dense 3x3 convolutions with a shortcut, for large maps of few channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(width, width), conv(width, width, relu=False))

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        return F.relu(x + self.body(x))


class InvertedBottleneck(nn.Module):
    """MobileNetV2's block with ReLU and any kernel: widen by 1x1, filter each channel, narrow by 1x1.

    It has a shortcut if the shape stays.
    """

    def __init__(self, inputs: int, outputs: int, *, hidden: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.shortcut = stride == 1 and inputs == outputs
        self.body = nn.Sequential(
            conv(inputs, hidden, 1),
            conv(hidden, hidden, kernel, stride=stride, groups=hidden),
            conv(hidden, outputs, 1, relu=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return ``outputs`` channels at 1/stride of the size."""
        out: Tensor = self.body(x)
        return x + out if self.shortcut else out


class SqueezeExcite(nn.Module):
    """Scales each channel by a factor computed from the mean of the map (MODNet's SE block, smaller)."""

    def __init__(self, width: int, squeeze: int = 4) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.Conv2d(width, width // squeeze, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width // squeeze, width, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Keep the shape."""
        gate: Tensor = self.gate(F.adaptive_avg_pool2d(x, 1))
        return x * gate


def deeper(width: int, count: int, *, hidden: int) -> nn.Sequential:
    """Make ``count`` wide inverted residuals that start as the identity, to be added to a trained network.

    The last BatchNorm of each block scales by zero until training changes that.
    """
    blocks = nn.Sequential(*(InvertedBottleneck(width, width, hidden=hidden, kernel=5) for _ in range(count)))
    for name, weight in blocks.named_parameters():
        if name.endswith("body.2.1.weight"):  # the last BatchNorm
            nn.init.zeros_(weight)
    return blocks


def up(x: Tensor) -> Tensor:
    """Double the size, bilinearly."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Encoder(nn.Module):
    """The shared encoder: features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the frame."""

    widths = (16, 32, 64, 96, 160)

    def __init__(self) -> None:
        super().__init__()
        w2, w4, w8, w16, w32 = self.widths
        self.enc2x = conv(3, w2, stride=2)
        self.enc4x = nn.Sequential(conv(w2, w4, stride=2), Residual(w4))
        self.enc8x = nn.Sequential(
            conv(w4, w8, stride=2), InvertedBottleneck(w8, w8, hidden=192), InvertedBottleneck(w8, w8, hidden=192)
        )
        self.enc16x = nn.Sequential(
            InvertedBottleneck(w8, w16, hidden=256, stride=2),
            *(InvertedBottleneck(w16, w16, hidden=384) for _ in range(4)),
        )
        self.enc32x = nn.Sequential(
            InvertedBottleneck(w16, w32, hidden=384, stride=2),
            *(InvertedBottleneck(w32, w32, hidden=640, kernel=5) for _ in range(3)),
            SqueezeExcite(w32),
        )
        self.enc16x_deep = deeper(w16, 3, hidden=480)
        self.enc32x_deep = deeper(w32, 4, hidden=800)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The features from 1/2 to 1/32, ``widths`` channels each."""
        e2 = self.enc2x(image)
        e4 = self.enc4x(e2)
        e8 = self.enc8x(e4)
        e16 = self.enc16x_deep(self.enc16x(e8))
        return e2, e4, e8, e16, self.enc32x_deep(self.enc32x(e16))


class Lite(nn.Module):
    """greenless-lite. ``forward`` returns the matte; ``branches`` also returns the two outputs used only in training.

    The branches are MODNet's (arXiv 2011.11961): semantic locates the person at low resolution, detail finds the edges
    at high resolution, fusion joins both. The matte's head works at half resolution and ends in a pixel shuffle.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        w2, w4, w8, w16, w32 = Encoder.widths

        self.lr_32x = conv(w32, w16, 1, relu=False)
        self.lr_16x = InvertedBottleneck(w16, w16, hidden=192, kernel=5)
        self.lr_16x_deep = deeper(w16, 2, hidden=384)
        self.lr_out16x = conv(w16, w8, 1, relu=False)
        self.lr_skip8x = conv(w8, w8, 1, relu=False)
        self.lr_8x = conv(w8, w8)
        self.semantic_head = nn.Conv2d(w16, 1, 1)
        self.semantic_8x_head = nn.Conv2d(w8, 1, 1)

        self.hr_lr8x = conv(w8, w4, 1, relu=False)
        self.hr_skip4x = conv(w4, w4, 1, relu=False)
        self.hr_4x = Residual(w4)
        self.hr_out4x = conv(w4, w2, 1, relu=False)
        self.hr_skip2x = conv(w2, w2, 1, relu=False)
        self.hr_2x = Residual(w2)
        self.detail_head = nn.Conv2d(w2, 4, 3, padding=1)

        self.f_lr8x = conv(w8, w2, 1, relu=False)
        self.f_2x = conv(w2, w2)
        self.matte_head = nn.Conv2d(w2, 4, 3, padding=1)
        self.apply(_initialise)
        for name, weight in self.named_parameters():
            if name.endswith("_head.weight"):  # outputs start near 0.5, because a confident wrong head learns slowly
                nn.init.normal_(weight, std=0.01)

    def forward(self, image: Tensor) -> Tensor:
        """Map ``(N, 3, H, W) float32`` RGB in [-1, 1] to ``(N, 1, H, W) float32`` in [0, 1]."""
        e2, e4, e8, e16, e32 = self.encoder(image)
        _, lr8x = self._semantic(e8, e16, e32)
        return self._fuse(lr8x, self._detail(e2, e4, lr8x))

    def semantics(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the semantic outputs at 1/16 and 1/8, to train only the coarse layers.

        The layers finer than 1/8, which are most of the work, receive no gradient and do not change.
        """
        fine = (self.encoder.enc2x, self.encoder.enc4x)
        with torch.no_grad():
            e4 = image
            for part in fine:
                e4 = part.eval()(e4)
        e8 = self.encoder.enc8x(e4)
        e16 = self.encoder.enc16x_deep(self.encoder.enc16x(e8))
        e32 = self.encoder.enc32x_deep(self.encoder.enc32x(e16))
        lr16x, lr8x = self._semantic(e8, e16, e32)
        return torch.sigmoid(self.semantic_head(lr16x)), torch.sigmoid(self.semantic_8x_head(lr8x))

    def branches(self, image: Tensor) -> Prediction:
        """Return the three outputs that are trained: semantic, detail and matte."""
        e2, e4, e8, e16, e32 = self.encoder(image)
        lr16x, lr8x = self._semantic(e8, e16, e32)
        hr2x = self._detail(e2, e4, lr8x)
        return Prediction(
            semantic=torch.sigmoid(self.semantic_head(lr16x)),
            detail=torch.sigmoid(F.pixel_shuffle(self.detail_head(hr2x), 2)),
            matte=self._fuse(lr8x, hr2x),
        )

    def _semantic(self, e8: Tensor, e16: Tensor, e32: Tensor) -> tuple[Tensor, Tensor]:
        lr16x = self.lr_16x_deep(self.lr_16x(F.relu(e16 + up(self.lr_32x(e32)))))
        return lr16x, self.lr_8x(F.relu(self.lr_skip8x(e8) + up(self.lr_out16x(lr16x))))

    def _detail(self, e2: Tensor, e4: Tensor, lr8x: Tensor) -> Tensor:
        hr4x = self.hr_4x(F.relu(self.hr_skip4x(e4) + up(self.hr_lr8x(lr8x))))
        out: Tensor = self.hr_2x(F.relu(self.hr_skip2x(e2) + up(self.hr_out4x(hr4x))))
        return out

    def _fuse(self, lr8x: Tensor, hr2x: Tensor) -> Tensor:
        f2x = self.f_2x(F.relu(hr2x + up(up(self.f_lr8x(lr8x)))))
        return torch.sigmoid(F.pixel_shuffle(self.matte_head(f2x), 2))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
