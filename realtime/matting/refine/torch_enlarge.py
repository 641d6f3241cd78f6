"""``enlarge`` in PyTorch: enlarges a matte on the GPU that holds its frame.

The formulas are the same, but cover the whole frame: to extract the band costs a GPU more than it saves.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from realtime.errors import MatterError
from realtime.frame import Alpha, Frame
from realtime.gpu.matte import GpuMatte
from realtime.gpu.memory import failing_as, sent
from realtime.gpu.recorded import replayed
from realtime.gpu.resizing import area, box, planes, reduced, resized
from realtime.matting.refine.enlarge import (
    CONTRAST,
    EPSILON,
    LEAST_FACTOR,
    LEAST_WIDE_PX,
    MISFIT,
    RADIUS_PX,
    REDUCED,
    WIDE_RADIUS,
    WIDE_TRUST,
    least_squares,
)


@torch.inference_mode()
def enlarged(alpha: Alpha, frame: Frame, *, led: bool, black_point: float, white_point: float) -> GpuMatte:
    """Enlarge a matte to the size of its frame, on the device of ``frame.on_gpu``.

    Args:
        alpha: ``(h, w) float32 in [0, 1]``, no larger than the frame.
        frame: the frame of the matte, with its ``on_gpu``.
        led: whether by ``guided``, else by ``bilinear``.
        black_point: see ``contrast.stretch``.
        white_point: see ``contrast.stretch``.

    Raises:
        realtime.errors.MatterError: the device failed.
    """
    picture = frame.on_gpu
    assert picture is not None
    with failing_as(MatterError, f"the matte of {frame.width_px}x{frame.height_px} failed on the GPU"):
        there = replayed(guided if led else bilinear, sent(alpha, picture.device), picture)
        if (black_point, white_point) != (0, 1):
            there = ((there - black_point) / (white_point - black_point)).clamp(0, 1)
        return GpuMatte(alpha=there, frame=frame)


def bilinear(alpha: Tensor, picture: Tensor) -> Tensor:
    """See ``enlarge.bilinear``; ``picture``, ``(H, W, 3) uint8``, sets the size."""
    height, width = picture.shape[:2]
    return resized(alpha[None, None], height, width)[0, 0]


def guided(alpha: Tensor, picture: Tensor) -> Tensor:
    """See ``enlarge.guided``; ``picture`` is ``(H, W, 3) uint8 BGR``."""
    (height, width), (high, wide) = picture.shape[:2], alpha.shape
    plain = bilinear(alpha, picture)
    if min(width / wide, height / high) < LEAST_FACTOR:
        return plain
    colours = planes(picture)
    guide = reduced(colours, REDUCED * min(wide, high))
    small = F.avg_pool2d(resized(alpha[None, None], 2 * guide.shape[2], 2 * guide.shape[3]), 2)
    most, least = (sign * F.max_pool2d(sign * small, 3, stride=1, padding=1) for sign in (1, -1))
    weight = ((most - least - CONTRAST[0]) / (CONTRAST[1] - CONTRAST[0])).clamp(0, 1)
    functions = resized(torch.cat((_functions(small, guide) * weight, weight), 1), height, width)[0]
    rest, weight = functions[3], functions[4]
    return (plain * (1 - weight) + 255 * rest + (functions[:3] * colours[0]).sum(0)).clamp(0, 1)


def _functions(alpha: Tensor, guide: Tensor) -> Tensor:
    """Return ``(1, 4, h, w)``: a (for B, G, R in 0..255) and b / 255 of every pixel, from narrow and wide windows."""
    side_px = min(guide.shape[2:])
    wide_guide = reduced(guide, side_px / 2) if side_px >= 2 * LEAST_WIDE_PX else guide
    wide_alpha = area(alpha, wide_guide.shape[2], wide_guide.shape[3])
    wide = _fitted(wide_alpha, wide_guide, max(1, round(WIDE_RADIUS * min(wide_guide.shape[2:]))))
    wide = resized(wide, guide.shape[2], guide.shape[3])
    sums = _fitted(alpha, guide, RADIUS_PX) + WIDE_TRUST * wide
    return sums[:, :4] / sums[:, 4:]


def _fitted(alpha: Tensor, guide: Tensor, radius_px: int) -> Tensor:
    """Return ``(1, 5, h, w)``: sums of the windows' functions around each pixel, times their weights, and of these."""
    blue, green, red = torch.chunk(guide, 3, 1)
    products = [blue * blue, green * green, red * red, blue * green, blue * red, green * red, alpha * alpha]
    means = box(torch.cat((guide, alpha, *products, guide * alpha), 1), 2 * radius_px + 1)
    b, g, r, p, bb, gg, rr, bg, br, gr, pp, bp, gp, rp = torch.chunk(means, 14, 1)
    bb, gg, rr = (square - m * m + EPSILON * 255**2 for square, m in ((bb, b), (gg, g), (rr, r)))
    bg, br, gr = bg - b * g, br - b * r, gr - g * r
    bp, gp, rp = bp - b * p, gp - g * p, rp - r * p
    a_b, a_g, a_r, left_over = least_squares((bb, gg, rr), (bg, br, gr), (bp, gp, rp), pp - p * p)
    trust = 1 / (left_over.clamp(min=0) + MISFIT)
    constant = (p - a_b * b - a_g * g - a_r * r) / 255
    # Windows overlap: their mean is steadier than one of them.
    return box(torch.cat((a_b, a_g, a_r, constant, torch.ones_like(trust)), 1) * trust, 3)
