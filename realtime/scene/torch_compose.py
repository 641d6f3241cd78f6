"""The basic scene in PyTorch: clean edge and blend on the GPU that holds frame and matte.

    camera's colours ──▶ clean edge ──▶ blend with the plate

Only the finished composite leaves the GPU. The formulas are those of ``edge_colours``, ``blend`` and ``rim``, applied
to the whole frame.
"""

from contextlib import AbstractContextManager
from functools import partial
from typing import cast

import torch
from torch import Tensor

from realtime.errors import SceneError
from realtime.frame import Composite, Matte, Pixels
from realtime.gpu.matte import in_255ths
from realtime.gpu.memory import failing_as, fetched, sent
from realtime.gpu.recorded import replayed
from realtime.gpu.resizing import box, planes, reduced, resized
from realtime.scene.edge_colours import RADII, TRACE
from realtime.scene.rim import FAINT, FULL
from realtime.scene.window_means import LITTLE


class GpuScene:
    """The part of a scene that lives on a GPU.

    Args:
        reduced_px: shorter side of the reduced frame in which the edge's colours are estimated; 0 keeps the camera's.
    """

    def __init__(self, reduced_px: int) -> None:
        self._reduced_px = reduced_px
        self._plate: tuple[Pixels, Tensor] | None = None

    def compose(self, matte: Matte, plate: Pixels, *, transparent: bool) -> Composite:
        """Put the person of one matte before the plate.

        Args:
            matte: both it and its frame have ``on_gpu``.
            plate: ``(H, W, 3) uint8 BGR``; uploaded only if it is another array than last time.
            transparent: whether the composite has no background.

        Raises:
            realtime.errors.SceneError: the GPU failed.
        """
        picture, alpha = matte.frame.on_gpu, matte.on_gpu
        assert picture is not None
        assert alpha is not None
        with _failing(matte):
            if self._plate is None or self._plate[0] is not plate or self._plate[1].device != picture.device:
                self._plate = plate, sent(plate, picture.device)
            pixels = fetched(replayed(blended, picture, alpha, self._plate[1], reduced_px=self._reduced_px))
        composite = Composite(
            pixels=cast(Pixels, pixels),
            matte=matte,
            person=partial(_person, matte, picture, alpha, self._reduced_px),
            transparent=transparent,
        )
        if transparent:  # sinks need both; downloaded here, a GPU failure does not look like a failure of the sink
            _ = composite.foreground, matte.alpha8
        return composite


def _person(matte: Matte, picture: Tensor, alpha: Tensor, reduced_px: int) -> Pixels:
    with _failing(matte):
        return cast(Pixels, fetched(replayed(cut_out, picture, alpha, reduced_px=reduced_px)))


def _failing(matte: Matte) -> AbstractContextManager[None]:
    frame = matte.frame
    return failing_as(SceneError, f"compositing a frame of {frame.width_px}x{frame.height_px} failed on the GPU")


def blended(picture: Tensor, alpha: Tensor, plate: Tensor, *, reduced_px: int) -> Tensor:
    """Blend the person with the plate, see ``blend.blend``.

    Args:
        picture: the frame, ``(H, W, 3) uint8 BGR``.
        alpha: ``(H, W) float32 in [0, 1]``.
        plate: ``(H, W, 3) uint8 BGR``.
        reduced_px: see ``GpuScene``.

    Returns:
        ``(H, W, 3) uint8 BGR``.
    """
    seen, alpha8 = planes(picture), planes(in_255ths(alpha))
    front = _clean(seen, alpha8, reduced_px) if reduced_px else seen
    behind = planes(plate)
    mixed = behind + alpha8 / 255 * (front - behind)
    return _picture(torch.where(alpha8 >= FULL, seen, torch.where(alpha8 > FAINT, mixed, behind)))


def cut_out(picture: Tensor, alpha: Tensor, *, reduced_px: int) -> Tensor:
    """Return the person's colours, ``(H, W, 3) uint8 BGR``, see ``edge_colours.cut_out``; arguments as ``blended``."""
    seen, alpha8 = planes(picture), planes(in_255ths(alpha))
    front = _clean(seen, alpha8, reduced_px) if reduced_px else seen
    return _picture(torch.where(alpha8 >= FULL, seen, torch.where(alpha8 > FAINT, front, torch.zeros_like(seen))))


def _clean(seen: Tensor, alpha8: Tensor, reduced_px: int) -> Tensor:
    """Return ``(1, 3, H, W)`` without the room's share, see ``edge_colours.clean``; valid in the rim."""
    person, room = (resized(mean, *seen.shape[2:]) for mean in _means(seen, alpha8, reduced_px))
    alpha = alpha8 / 255
    return (person + alpha * (seen - room + alpha * (room - person))).clamp(0, 255)


def _means(seen: Tensor, alpha8: Tensor, reduced_px: int) -> tuple[Tensor, Tensor]:
    """Return the mean colours of person and room around each pixel of a reduced frame, both ``(1, 3, h, w)``."""
    seen, alpha8 = reduced(seen, reduced_px), reduced(alpha8, reduced_px)
    far, wide = reduced(seen, reduced_px // 2), reduced(alpha8, reduced_px // 2)
    coarse, fine = (
        2 * max(1, round(radius * min(of.shape[2:]))) + 1 for radius, of in zip(RADII, (wide, alpha8), strict=True)
    )
    alpha, share = alpha8 / 255, wide / 255
    person, room = (resized(_mean(_four(far), weight, coarse), *alpha.shape[2:]) for weight in (share, 1 - share))
    person = (person + alpha * (_four(seen) - room - alpha * (person - room))).clamp(0, 255)
    trace = float(TRACE)
    return _mean(person, alpha + trace, fine)[:, :3], _mean(room, 1 - alpha + trace, fine)[:, :3]


def _four(colours: Tensor) -> Tensor:
    """Add a fourth channel of 255, see ``window_means.four``."""
    return torch.cat((colours, torch.full_like(colours[:, :1], 255)), 1)


def _mean(colours: Tensor, weight: Tensor, side_px: int) -> Tensor:
    """Return the weighted means of square neighbourhoods, ``(1, 4, h, w)``."""
    sums = box(colours * weight, side_px)
    return 255 * sums / (sums[:, 3:] + float(LITTLE))


def _picture(values: Tensor) -> Tensor:
    """Turn ``(1, 3, H, W)`` from 0 to 255 into ``(H, W, 3) uint8``, rounded and clipped."""
    return values[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).contiguous()
