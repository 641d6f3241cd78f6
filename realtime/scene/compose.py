"""``Scene``: puts the person before the background.

    camera's colours ──▶ clean edge ──▶ spill ──▶ light and temperature ──▶ light wrap ──▶ blend with the plate ──▶ logo

It never writes into the frame: each composite has new arrays.
"""

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

import cv2
import numpy as np

from realtime.frame import Composite, Frame, Matte, Pixels
from realtime.scene.background import Background, open_background
from realtime.scene.blend import blend
from realtime.scene.edge_colours import clean, cut_out
from realtime.scene.edge_light import light_wrap, without_spill
from realtime.scene.grade import Grade
from realtime.scene.logo import Logo
from realtime.scene.rim import Rim
from realtime.settings.schema import Quality, SceneSettings

if TYPE_CHECKING:
    from realtime.scene.torch_compose import GpuScene

REDUCED_PX = {"fast": 90, "balanced": 90, "best": 360}
"""Shorter side, by quality, of the reduced frame in which the edge's colours are estimated."""


class Scene:
    """An open background and the steps that put the person before it.

    Args:
        settings: the background, and how the person is adapted to it.
        quality: decides the settings that are auto.
        like: an open scene. If it has the same background, both share it, so that a background video does not restart.
            The last scene that is closed closes the background.
        background: an open background instead of the one that the settings name; the scene closes it.

    Raises:
        SceneError: the background is unknown, or the background or the logo cannot be read.
    """

    def __init__(
        self,
        settings: SceneSettings,
        quality: Quality = "balanced",
        *,
        like: "Scene | None" = None,
        background: Background | None = None,
    ) -> None:
        self._settings = settings
        usual = "camera" if quality == "fast" else "clean"
        self._cleans = (usual if settings.edge_colours == "auto" else settings.edge_colours) == "clean"
        self._reduced_px = REDUCED_PX[quality]
        self.logo: Logo | None = like.logo if like and like._settings.overlay == settings.overlay else _logo(settings)
        self._background: Background
        self._holders: set[Scene]
        if like and (like._settings.background, like._settings.fit) == (settings.background, settings.fit):
            self._background, self._holders = like._background, like._holders
        else:
            self._background = background or open_background(settings.background, settings.fit)
            self._holders = set()
        self._holders.add(self)
        graded = settings.low_light or (settings.match_background and self._background.casts_light)
        self._grade = Grade(match=settings.match_background, low_light=settings.low_light) if graded else None
        self._adapts = bool(graded or settings.spill or settings.light_wrap)

    def compose(self, matte: Matte) -> Composite:
        """Put the person of one matte before the background.

        Raises:
            SceneError: the background cannot be read, or the GPU that holds the matte failed.
        """
        composite = self._without_logo(matte)
        if self.logo is not None:
            self.logo.draw(composite.pixels)
        return composite

    def _without_logo(self, matte: Matte) -> Composite:
        """Return a composite whose pixels are new if there is a logo. ``foreground`` and matte never hold the logo."""
        settings, background = self._settings, self._background
        pixels = matte.frame.pixels
        plate = background.plate(matte)
        as_it_is = plate is pixels
        there = matte.on_gpu is not None and matte.frame.on_gpu is not None
        if there and not (as_it_is or self._adapts or settings.linear_light):
            return self._gpu.compose(matte, plate, transparent=background.transparent)
        rim = Rim.of(matte.alpha8)
        colours = None
        if self._cleans and not as_it_is:
            colours = clean(matte.frame, rim, reduced_px=self._reduced_px)
        alone = partial(cut_out, pixels, rim, colours)
        person: Pixels | Callable[[], Pixels] = alone
        shown = pixels  # ``colours`` replace it in the rim
        if self._adapts:
            shown, plate = self._adapted(alone(), plate, matte.frame, rim)
            person, colours = shown, None
            if settings.light_wrap and background.casts_light:
                shown = light_wrap(shown, plate, rim, settings.light_wrap)
        out = plate if background.of_room else None  # made for this matte alone
        return Composite(
            pixels=(plate if self.logo is None else plate.copy())
            if as_it_is
            else blend(shown, plate, rim, colours=colours, linear_light=settings.linear_light, out=out),
            matte=matte,
            person=person,
            transparent=background.transparent,
        )

    def plate(self, matte: Matte) -> Pixels | None:
        """Return the background behind one matte; None if the frame stays as it is.

        Raises:
            SceneError: the background cannot be read.
        """
        plate = self._background.plate(matte)
        return None if plate is matte.frame.pixels else plate

    @cached_property
    def _gpu(self) -> "GpuScene":
        from realtime.scene.torch_compose import GpuScene  # late: imports PyTorch, which put the matte on the GPU

        return GpuScene(self._reduced_px if self._cleans else 0)

    def _adapted(self, person: Pixels, plate: Pixels, frame: Frame, rim: Rim) -> tuple[Pixels, Pixels]:
        """Return person and plate, adapted to each other."""
        settings, background = self._settings, self._background
        if settings.spill and not background.of_room:
            person = without_spill(person, frame.pixels, rim, settings.spill)
        if self._grade is not None:
            table = self._grade.table(frame.pixels, rim.alpha8, plate if background.casts_light else None)
            if table is not None:
                person = _through(table, person)
                plate = _through(table, plate) if background.of_room else plate
        return person, plate

    def close(self) -> None:
        """Close the background, unless another open scene shares it. May be called twice."""
        self._holders.discard(self)
        if not self._holders:
            self._background.close()


def _logo(settings: SceneSettings) -> Logo | None:
    return Logo(settings.overlay) if settings.overlay else None


def _through(table: Pixels, pixels: Pixels) -> Pixels:
    return np.asarray(cv2.LUT(pixels, table), np.uint8)
