"""``Finish``: what a stream's mattes go through between the network and the scene.

    CoarseMatte ──▶ temporal ──▶ islands ──▶ enlarge ──▶ points, growth, feather ──▶ Matte

Goes in: the coarse mattes of one stream, in order. Comes out: mattes at their frames' size. One object a stream.
"""

from collections.abc import Iterable, Iterator

from realtime.frame import CoarseMatte, Frame, Matte
from realtime.matting.base import Matter
from realtime.matting.edge import feather, grow
from realtime.matting.enlarge import bilinear, guided
from realtime.matting.islands import without_islands
from realtime.matting.levels import stretch
from realtime.matting.temporal import Temporal, open_temporal
from realtime.settings import FinishSettings, Quality


class Finish:
    """The finish of one stream.

    Args:
        settings: which steps, and how strong.
        quality: what settings left at auto follow.
    """

    def __init__(self, settings: FinishSettings, quality: Quality = "balanced") -> None:
        self._settings = settings
        usual = "bilinear" if quality == "fast" else "guided"
        steady = settings.temporal
        if steady == "auto":
            steady = "off" if quality == "fast" else "smooth"
        self._temporal: Temporal | None = None if steady == "off" else open_temporal(steady)
        self._guided = (usual if settings.enlarge == "auto" else settings.enlarge) == "guided"

    def finish(self, coarse: CoarseMatte) -> Matte | None:
        """The next matte at its frame's size; None only while a delay of one frame fills.

        Args:
            coarse: the matte of the newest frame. With a delay the result belongs to the frame before.
        """
        steady = coarse if self._temporal is None else self._temporal.push(coarse)
        return None if steady is None else self._full_size(steady)

    def flush(self) -> Matte | None:
        """The matte that a delay still holds when the stream is over; None where there is none."""
        held = None if self._temporal is None else self._temporal.flush()
        return None if held is None else self._full_size(held)

    def _full_size(self, coarse: CoarseMatte) -> Matte:
        frame = coarse.frame
        small = without_islands(coarse.alpha) if self._settings.islands else coarse.alpha
        alpha = guided(small, frame) if self._guided else bilinear(small, (frame.width_px, frame.height_px))
        alpha = stretch(alpha, self._settings.black_point, self._settings.white_point)
        return Matte(alpha=feather(grow(alpha, self._settings.grow), self._settings.feather), frame=frame)


def finished(
    matter: Matter, settings: FinishSettings, frames: Iterable[Frame], quality: Quality = "balanced"
) -> Iterator[Matte]:
    """The finished mattes of one stream: every frame, in order, for whoever has no clock to keep.

    Raises:
        realtime.errors.MatterError: the network failed.
    """
    finish = Finish(settings, quality)
    for frame in frames:
        (coarse,) = matter.matte_batch([frame])  # one by one: batches of 4 and 8 took a processor longer
        if (matte := finish.finish(coarse)) is not None:
            yield matte
    if (matte := finish.flush()) is not None:
        yield matte
