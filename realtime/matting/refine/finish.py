"""``Finish``: refines the coarse mattes of one stream, in order, to mattes at the size of their frames.

    CoarseMatte ──▶ newcomers ──▶ temporal ──▶ islands ──▶ enlarge ──▶ points, growth, feather ──▶ Matte

If a frame is in GPU memory, the GPU enlarges its matte and keeps it.
"""

from collections.abc import Iterable, Iterator

from realtime.frame import CoarseMatte, Frame, Matte
from realtime.matting.matter import Matter
from realtime.matting.refine.edge import feather, grow, stretch
from realtime.matting.refine.enlarge import bilinear, guided
from realtime.matting.refine.islands import without_islands
from realtime.matting.refine.newcomers import REMEMBERS_S, Newcomers
from realtime.matting.refine.temporal import OneFrameDelay, Smooth
from realtime.settings.schema import FinishSettings, Quality

_SETTLES_S = 2.0
"""The share of a matte that is older is below half a level of 255 (``temporal``: 0.9 ** 60)."""


def memory_s(settings: FinishSettings) -> float:
    """Return how many seconds before a frame its matte depends on. A part of a clip is read from so much earlier."""
    return 0.0 if settings.temporal == "off" else REMEMBERS_S + _SETTLES_S


class Finish:
    """The refining of one stream.

    Args:
        settings: the steps and their strength.
        quality: decides the settings at ``auto``.
        since_s: frames that were captured earlier only prepare the filters, and get no matte.
    """

    def __init__(self, settings: FinishSettings, quality: Quality = "balanced", *, since_s: float = 0.0) -> None:
        self._settings = settings
        self._since_s = since_s
        usual = "bilinear" if quality == "fast" else "guided"
        steady = settings.temporal
        if steady == "auto":
            steady = "off" if quality == "fast" else "smooth"
        kinds: dict[str, type[Smooth | OneFrameDelay]] = {"smooth": Smooth, "ofd": OneFrameDelay}
        self._temporal = kinds[steady]() if steady != "off" else None
        self._newcomers = None if settings.temporal == "off" else Newcomers()
        self._points = {"black_point": settings.black_point, "white_point": settings.white_point}
        self._guided = (usual if settings.enlarge == "auto" else settings.enlarge) == "guided"

    def finish(self, coarse: CoarseMatte) -> Matte | None:
        """Return the next matte at the size of its frame; None for a frame before ``since_s`` and in a delay.

        Args:
            coarse: the matte of the newest frame. With a delay the result belongs to the previous frame.
        """
        if self._newcomers is not None:
            coarse = self._newcomers.push(coarse)
        steady = coarse if self._temporal is None else self._temporal.push(coarse)
        return self._due(steady)

    def flush(self) -> Matte | None:
        """Return the matte that a delay still holds at the end of the stream; None if there is none."""
        return self._due(None if self._temporal is None else self._temporal.flush())

    def _due(self, coarse: CoarseMatte | None) -> Matte | None:
        return None if coarse is None or coarse.frame.captured_s < self._since_s else self._full_size(coarse)

    def _full_size(self, coarse: CoarseMatte) -> Matte:
        settings, frame = self._settings, coarse.frame
        small = without_islands(coarse.alpha) if settings.islands else coarse.alpha
        (height, width), size = small.shape, (frame.width_px, frame.height_px)
        is_enlarged = width <= size[0] and height <= size[1]
        if frame.on_gpu is not None and is_enlarged and not (settings.grow or settings.feather):
            # a late import: a frame in GPU memory means that PyTorch is installed
            from realtime.matting.refine.torch_enlarge import enlarged

            return enlarged(small, frame, led=self._guided, **self._points)
        alpha = guided(small, frame) if self._guided else bilinear(small, size)
        alpha = stretch(alpha, **self._points)
        return Matte(alpha=feather(grow(alpha, settings.grow), settings.feather), frame=frame)


def finished(
    matter: Matter,
    settings: FinishSettings,
    frames: Iterable[Frame],
    quality: Quality = "balanced",
    *,
    since_s: float = 0.0,
) -> Iterator[Matte]:
    """Yield the mattes of one stream: every frame from ``since_s``, in order, without regard to time.

    Raises:
        realtime.errors.MatterError: the network failed.
    """
    finish = Finish(settings, quality, since_s=since_s)
    for frame in frames:
        (coarse,) = matter.matte_batch([frame])  # one by one: batches of 4 and 8 took longer on a CPU
        if (matte := finish.finish(coarse)) is not None:
            yield matte
    if (matte := finish.flush()) is not None:
        yield matte
