"""``ImageRun``: what all images of a run share. It takes one image through the stages and writes its outputs."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from realtime.errors import SettingsError
from realtime.frame import Frame, Matte
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import finished
from realtime.media import large_image, png
from realtime.media.still_image import StillImage
from realtime.offline import by_strips, image_outputs
from realtime.offline.output_names import Job
from realtime.offline.outputs import Outputs
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, Quality, SceneSettings


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageRun:
    """What all images of a run share."""

    matter: Matter
    """The network."""

    finish: FinishSettings
    """How its mattes are enlarged."""

    scene: SceneSettings
    """How the person is composited, with the background of the composites."""

    shared: Scene
    """An open scene of these settings, whose background all images share."""

    quality: Quality
    """Decides settings that are auto."""

    refine: Callable[[Matte], Matte] | None
    """Refines each finished matte; None leaves it."""

    endings: tuple[str, ...]
    """The endings of the outputs to write."""

    outputs: Outputs
    """Where they go."""

    def one(self, job: Job, image: StillImage, within: Callable[[float], None]) -> float:
        """Write the outputs of one image.

        Args:
            job: its name.
            image: the image.
            within: is called with the share of a large image that is done.

        Returns:
            The share of the image that is person, alpha over a half.
        """
        large = large_image.is_large(image)
        if large and self.refine is not None:
            megapixels = f"{image.width_px * image.height_px / 1e6:.0f} megapixels"
            raise SettingsError(
                f"closed-form matting does not fit {megapixels}", cure="Leave it out, or reduce the image"
            )
        # Of the progress of a large image, a third is reading.
        part = large_image.reduced(image, lambda row: within(row / image.height_px / 3)) if large else image.whole()
        frame = Frame(pixels=part.pixels, index=0, captured_s=0.0)
        (matte,) = finished(self.matter, self.finish, [frame], self.quality)
        matte = matte if self.refine is None else self.refine(matte)
        # One scene for each image, because a scene adapts to the light of a stream. The logo comes last, at full size.
        with closing(Scene(replace(self.scene, overlay=""), self.quality, like=self.shared)) as scene:
            composite = scene.compose(part.within(matte))
            plate = scene.plate(composite.matte) if large else None
        led = self.finish.enlarge == "guided" or (self.finish.enlarge == "auto" and self.quality != "fast")
        strips = by_strips.strips(image, matte.alpha, composite, plate, led=led) if large else None
        with ExitStack() as stack:
            writers = {ending: self._writer(stack, job, image, ending) for ending in reversed(self.endings)}
            for strip in strips or [by_strips.whole(part, composite)]:
                if self.shared.logo is not None:
                    strip = by_strips.with_logo(strip, self.shared.logo, image.height_px)
                for ending, rows in image_outputs.of_strip(strip, self.endings):
                    writers[ending](rows)
                if large:
                    within(1 / 3 + strip.bottom / image.height_px * 2 / 3)
        return float((composite.matte.alpha8 > 127).mean())

    def _writer(self, stack: ExitStack, job: Job, image: StillImage, ending: str) -> Callable[[png.Picture], None]:
        channels, bits, widths = image_outputs.layout(ending, is_deep=image.is_deep)
        writing = png.by_rows(
            stack.enter_context(self.outputs.file(job.name + ending)),
            width_px=widths * image.width_px,
            height_px=image.height_px,
            channels=channels,
            bits=bits,
            metadata=image.metadata,
        )
        return stack.enter_context(writing)
