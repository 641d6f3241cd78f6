"""For the one photograph that matters: a trimap, given or made, then closed-form matting.

In: a picture, its matte by the network, and what the user drew: a trimap, scribbles. Out: a finer matte. The solver is
pymatting's (extra ``pymatting``); it takes seconds for a megapixel, and knows nothing of people: it carries what the
trimap is sure of into the unknown band, along the picture's colours.

Source: Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008.
"""

import importlib.util
import os
from collections.abc import Callable
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
"""``(H, W) float32``: 0 is room, 1 is person, 0.5 is to be found."""

Solver = Callable[[Pixels, Trimap], Alpha]
"""A picture ``(H, W, 3) uint8 BGR`` and its trimap to the matte."""

_SURE = (0.05, 0.95)
"""Alpha up to which the network is believed to see room, and from which on a person."""

_BAND = 0.012
"""How far the unknown band reaches to each side of what the network is unsure of, in parts of the shorter side."""

_EPSILON = 1e-5
"""How much noise closed-form matting forgives in a colour line: pymatting's own 1e-7 follows noise and JPEG blocks."""

_DRAWN = (64, 191)
"""Grey levels up to which a pixel of a drawing means room, and from which on a person; between them, nothing."""


@dataclass(frozen=True, kw_only=True)
class Refined:
    """How mattes of stills are refined: ``Refined(...)(matte)`` is the finer matte of the same frame.

    Raises:
        realtime.errors.SettingsError: a drawing is of another size than the picture, or leaves nothing to find.
        realtime.errors.SourceError: a drawing cannot be read.
        realtime.errors.MissingExtra: pymatting is not installed.
        realtime.errors.MatterError: it found no solution.
    """

    trimap: str = AUTO
    """``auto``, which makes it from the matte, or a picture: white is person, black is room, grey is to be found."""

    scribbles: Path | None = None
    """A picture whose white strokes are person and whose black ones are room; elsewhere grey or transparent."""

    def __call__(self, matte: Matte) -> Matte:
        """The finer matte; the network's own where the trimap leaves nothing to find."""
        size = matte.alpha.shape
        trimap = trimap_of(matte.alpha) if self.trimap == AUTO else read_drawing(Path(self.trimap), size)
        if self.scribbles is not None:
            strokes = read_drawing(self.scribbles, size)
            trimap = np.where(strokes == 0.5, trimap, strokes)
        unknown = trimap == 0.5
        if not unknown.any():
            return Matte(alpha=trimap.astype(np.float32), frame=matte.frame)
        if not ((trimap == 0).any() and (trimap == 1).any()):
            drawn = "the network found nobody" if self.trimap == AUTO else f"{self.trimap} has no black or no white"
            raise SettingsError(
                f"a trimap needs some person and some room: {drawn}", cure="Draw both: --scribbles FILE"
            )
        return Matte(alpha=solved(matte.frame.pixels, trimap.astype(np.float32), closed_form), frame=matte.frame)


def trimap_of(alpha: Alpha) -> Trimap:
    """The trimap of a matte: unknown where the network is unsure, and a little round it.

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
    """A trimap or scribbles from a picture; transparent parts say nothing.

    Raises:
        SettingsError: it is not of the ``(H, W)`` of the picture that it is for.
        SourceError: it cannot be read.
    """
    pixels, alpha = read_picture(path)
    if pixels.shape[:2] != size:
        raise SettingsError(
            f"{path} is {pixels.shape[1]}x{pixels.shape[0]}, its picture {size[1]}x{size[0]}",
            cure="Save it at the picture's size",
        )
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    drawn = np.full(size, 0.5, np.float32)
    drawn[grey <= _DRAWN[0]] = 0
    drawn[grey >= _DRAWN[1]] = 1
    if alpha is not None:
        drawn[alpha < 0.5] = 0.5
    return drawn


def solved(pixels: Pixels, trimap: Trimap, solver: Solver) -> Alpha:
    """The matte of a trimap: ``solver`` sees the part round the unknown band alone, which saves it the rest."""
    margin = 16
    rows, columns = np.nonzero(trimap == 0.5)
    top, left = max(0, int(rows.min()) - margin), max(0, int(columns.min()) - margin)
    part = np.s_[top : int(rows.max()) + margin + 1, left : int(columns.max()) + margin + 1]
    alpha = trimap.copy()
    alpha[part] = np.clip(solver(np.ascontiguousarray(pixels[part]), trimap[part]), 0, 1)
    return np.where(trimap == 0.5, alpha, trimap).astype(np.float32)


def closed_form(pixels: Pixels, trimap: Trimap) -> Alpha:
    """Closed-form matting by pymatting.

    Raises:
        MissingExtra: pymatting is not installed.
        MatterError: it found no solution, or has no folder to compile itself in.
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
        raise MatterError(f"pymatting found no matte: {error}", cure="Draw more of person and room") from error


def _keep_compiled() -> None:
    """Keep what pymatting compiles of itself in greenless's cache if it cannot be kept beside pymatting.

    Left alone, numba then takes a folder of its own in the user's home, and fails if it cannot write there.
    """
    spec = importlib.util.find_spec("pymatting")
    if spec is not None and spec.origin and not os.access(Path(spec.origin).parent, os.W_OK):
        try:
            os.environ.setdefault("NUMBA_CACHE_DIR", str(made(cache_folder() / "numba") or scratch()))
        except OSError as error:
            raise MatterError(
                f"pymatting has no folder to compile itself in: {error}",
                cure="Name one that you may write in the environment variable GREENLESS_HOME",
            ) from error
