"""Refines the matte of a single image: a trimap, drawn or derived, then closed-form matting.

The solver is pymatting's (extra ``pymatting``) and takes seconds for a megapixel. It does not recognise people: it
extends the known parts of the trimap into the unknown band along the colours of the image.

Source: Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008.
"""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.home import cache_folder, made, scratch
from realtime.errors import MatterError, MissingExtra, SettingsError
from realtime.frame import Alpha, Matte, Pixels
from realtime.media.image_file import read_picture

AUTO = "auto"

Trimap = npt.NDArray[np.float32]
"""``(H, W) float32``: 0 is background, 1 is person, 0.5 is unknown."""

_SURE = (0.05, 0.95)
"""Alpha up to which a pixel counts as background, and from which as person."""

_BAND = 0.012
"""Width of the unknown band on each side of the network's unsure pixels, as a fraction of the shorter side."""

_EPSILON = 1e-5
"""Noise that closed-form matting tolerates in a colour line; pymatting's default 1e-7 follows noise and JPEG blocks."""

_DRAWN = (64, 191)
"""Grey levels up to which a drawn pixel means background, and from which person. Levels between them mean nothing."""


@dataclass(frozen=True, kw_only=True)
class Refined:
    """How the mattes of images are refined: ``Refined(...)(matte)`` is the finer matte of the same frame.

    Raises:
        realtime.errors.SettingsError: a drawing differs in size from the image, or shows only person or background.
        realtime.errors.SourceError: a drawing cannot be read.
        realtime.errors.MissingExtra: pymatting is not installed.
        realtime.errors.MatterError: pymatting found no solution.
    """

    trimap: str = AUTO
    """``auto``, which derives it from the matte, or an image: white is person, black is background, grey is unknown."""

    scribbles: Path | None = None
    """An image whose white strokes are person and whose black ones are background; the rest is grey or transparent."""

    def __call__(self, matte: Matte) -> Matte:
        """Return the finer matte; the trimap itself if no pixel of it is unknown."""
        size = matte.alpha.shape
        trimap = trimap_of(matte.alpha) if self.trimap == AUTO else read_drawing(Path(self.trimap), size)
        if self.scribbles is not None:
            strokes = read_drawing(self.scribbles, size)
            trimap = np.where(strokes == 0.5, trimap, strokes)
        unknown = trimap == 0.5
        if not unknown.any():
            return Matte(alpha=trimap.astype(np.float32), frame=matte.frame)
        if not ((trimap == 0).any() and (trimap == 1).any()):
            drawn = "the network found no person" if self.trimap == AUTO else f"{self.trimap} has no black or no white"
            raise SettingsError(f"a trimap needs person and background: {drawn}", cure="Draw both: --scribbles FILE")
        return Matte(alpha=solved(matte.frame.pixels, trimap.astype(np.float32)), frame=matte.frame)


def trimap_of(alpha: Alpha) -> Trimap:
    """Derive a trimap from a matte: the network's unsure pixels and a band around them are unknown.

    Args:
        alpha: ``(H, W) float32 in [0, 1]``.
    """
    side = 2 * max(1, round(_BAND * min(alpha.shape))) + 1
    square = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    trimap = np.full(alpha.shape, 0.5, np.float32)
    trimap[cv2.erode(alpha, square) >= _SURE[1]] = 1
    trimap[cv2.dilate(alpha, square) <= _SURE[0]] = 0
    return trimap


def read_drawing(path: Path, size: tuple[int, ...]) -> Trimap:
    """Read a trimap or scribbles from an image; transparent parts mean nothing.

    Raises:
        SettingsError: it differs from ``size``, the ``(H, W)`` of the image that it belongs to.
        SourceError: it cannot be read.
    """
    pixels, alpha = read_picture(path)
    if pixels.shape[:2] != size:
        raise SettingsError(
            f"{path} is {pixels.shape[1]}x{pixels.shape[0]}, but its image is {size[1]}x{size[0]}",
            cure="Save it at the size of the image",
        )
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    drawn = np.full(size, 0.5, np.float32)
    drawn[grey <= _DRAWN[0]] = 0
    drawn[grey >= _DRAWN[1]] = 1
    if alpha is not None:
        drawn[alpha < 0.5] = 0.5
    return drawn


def solved(pixels: Pixels, trimap: Trimap) -> Alpha:
    """Return the matte of a trimap. The solver gets only the part around the unknown band, which saves time."""
    margin = 16
    rows, columns = np.nonzero(trimap == 0.5)
    top, left = max(0, int(rows.min()) - margin), max(0, int(columns.min()) - margin)
    part = np.s_[top : int(rows.max()) + margin + 1, left : int(columns.max()) + margin + 1]
    alpha = trimap.copy()
    alpha[part] = np.clip(closed_form(np.ascontiguousarray(pixels[part]), trimap[part]), 0, 1)
    return np.where(trimap == 0.5, alpha, trimap).astype(np.float32)


def closed_form(pixels: Pixels, trimap: Trimap) -> Alpha:
    """Compute a matte by pymatting's closed-form matting.

    Raises:
        MissingExtra: pymatting is not installed.
        MatterError: it found no solution, or has no folder for its compiled code.
    """
    _keep_compiled()
    try:
        from pymatting import estimate_alpha_cf  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise MissingExtra("pymatting", "pymatting") from error
    rgb = pixels[..., ::-1].astype(np.float64) / 255
    try:
        return np.asarray(
            estimate_alpha_cf(rgb, trimap.astype(np.float64), laplacian_kwargs={"epsilon": _EPSILON}), np.float32
        )
    except ValueError as error:
        raise MatterError(
            f"pymatting found no matte: {error}", cure="Draw more of the person and the background"
        ) from error


def _keep_compiled() -> None:
    """Keep pymatting's compiled code in greenless's cache if pymatting's own folder is read-only.

    Otherwise numba would use a folder in the user's home, and fail if it cannot write there.
    """
    spec = importlib.util.find_spec("pymatting")
    if spec is not None and spec.origin and not os.access(Path(spec.origin).parent, os.W_OK):
        try:
            os.environ.setdefault("NUMBA_CACHE_DIR", str(made(cache_folder() / "numba") or scratch()))
        except OSError as error:
            raise MatterError(
                f"pymatting has no folder for its compiled code: {error}",
                cure="Set the environment variable GREENLESS_HOME to a folder that you may write to",
            ) from error
