"""``Background``: what stands behind the person. ``open_background`` opens the one that the settings name."""

import re
from pathlib import Path

import cv2
import numpy as np

from models.files import named
from models.regular import NotRegular, check_regular
from models.shown import shown
from realtime.errors import GreenlessError, SceneError
from realtime.frame import Matte, Pixels
from realtime.media.animation import is_animated
from realtime.media.fit import Fit, fit
from realtime.media.image_file import reduced_picture
from realtime.media.image_formats import PICTURE_SUFFIXES

DEFAULT_STRENGTH = 0.5
"""Strength of ``blur`` and ``lens`` without a number: strong enough to make furniture unrecognisable."""


class Background:
    """Gives the background plate for each matte. A kind of background inherits what it does not change."""

    transparent: bool = False
    """True if the composite has no background; the plate is black then."""

    of_room: bool = False
    """True if the plate is the camera's frame, or is made from it for one matte."""

    casts_light: bool = False
    """True if the background's light may fall on the person: for images, videos and the screen, not for colours."""

    def plate(self, matte: Matte) -> Pixels:
        """Return the background at the size of the matte's frame.

        Callers may write into it only if ``of_room`` is true and it is not the frame itself.

        Returns:
            ``(H, W, 3) uint8 BGR``; ``matte.frame.pixels`` itself if the room stays as it is.

        Raises:
            SceneError: the file or screen can no longer be read.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Release the file or screen, if one is open."""


class Original(Background):
    """The room as the camera sees it."""

    of_room = True

    def plate(self, matte: Matte) -> Pixels:
        """Return the frame's own pixels."""
        return matte.frame.pixels


class StillBackground(Background):
    """A still image, or a colour: an image of a single pixel.

    Args:
        pixels: ``(H, W, 3) uint8 BGR`` of any size.
        how: how to fit it to the frame's size.
        transparent: True if the composite has no background; ``pixels`` is black then.
    """

    def __init__(self, pixels: Pixels, how: Fit = "stretch", *, transparent: bool = False) -> None:
        self.transparent = transparent
        self.casts_light = pixels.shape[:2] != (1, 1)
        self._pixels = pixels
        self._how = how
        self._fitted: Pixels | None = None

    def plate(self, matte: Matte) -> Pixels:
        """Return the image at the frame's size; it is resized once for each size."""
        height_px, width_px = matte.frame.height_px, matte.frame.width_px
        if self._fitted is None or self._fitted.shape[:2] != (height_px, width_px):
            self._fitted = fit(self._pixels, width_px=width_px, height_px=height_px, how=self._how)
        return self._fitted


def open_background(spec: str, how: Fit) -> Background:
    """Open the background that ``spec`` names.

    Args:
        spec: ``none``, ``blur[:STRENGTH 0..1]``, ``lens[:STRENGTH 0..1]``, ``transparent``, ``#RRGGBB``,
            ``screen[:N]``, or an image, video or GIF file.
        how: how to fit an image, video or screen to the frame's size.

    Raises:
        SceneError: no background has this name, or the file or screen cannot be read.
        MissingExtra: ``spec`` names the screen and mss is not installed.
    """
    kind, _, rest = spec.partition(":")
    if spec == "none":
        return Original()
    if spec == "transparent":
        return StillBackground(np.zeros((1, 1, 3), np.uint8), transparent=True)
    if kind in ("blur", "lens"):
        from realtime.scene.blur import Blur  # each kind of background is an own module, which imports this one

        return Blur(_strength(spec, rest), lens=kind == "lens")
    if spec.startswith("#"):
        return StillBackground(_colour(spec))
    if kind == "screen":
        from realtime.scene.desktop import Desktop

        return Desktop(spec, how)
    path = named(spec)
    try:
        check_regular(path)
    except NotRegular as error:
        raise SceneError(f"cannot read the background {path}: {error}", cure="Name an image, video or GIF") from error
    except OSError as error:
        raise SceneError(
            f"there is no background {shown(spec)}",
            cure="Name an image, video or GIF file, or none, blur, blur:0.8, lens, transparent, #RRGGBB, screen",
        ) from error
    if path.suffix.lower() in PICTURE_SUFFIXES and not is_animated(path):
        return StillBackground(_over_black(path), how)
    from realtime.scene.video_background import VideoBackground

    return VideoBackground(path, how)


def _strength(spec: str, number: str) -> float:
    try:
        strength = float(number) if ":" in spec else DEFAULT_STRENGTH
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        kind = spec.partition(":")[0]
        raise SceneError(
            f"expected {kind}:STRENGTH with a strength from 0 to 1, got {shown(spec)}", cure=f"Type {kind}:0.5"
        )
    return strength


def _colour(spec: str) -> Pixels:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", spec):
        raise SceneError(f"expected a colour as #RRGGBB, got {shown(spec)}", cure="Type '#00b140' for green, in quotes")
    red, green, blue = bytes.fromhex(spec[1:])
    return np.array([[[blue, green, red]]], np.uint8)


def _over_black(path: Path) -> Pixels:
    try:
        pixels, alpha = reduced_picture(path)
    except GreenlessError as error:
        raise SceneError(f"cannot read the background: {error.what}", cure=error.cure) from error
    if alpha is None:
        return pixels
    return np.asarray(cv2.convertScaleAbs(pixels * alpha[..., None]), np.uint8)
