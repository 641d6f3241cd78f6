"""Measures a network on images and their true mattes.

The protocol: the network sees each image at about 147,456 pixels (384x384, 512x288), in its aspect ratio, with sides
that are multiples of 32. Images are reduced by area resampling. The matte is enlarged bilinearly to the size of the
true matte and not filtered. Figures are means over images.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models import metrics
from models.errors import GreenlessError
from models.metrics import Alpha
from models.network_size import on_grid
from models.pairs import Pair, read_pairs
from models.pairs import Pixels as Pixels

Predict = Callable[[Pixels, tuple[int, int]], Alpha]
"""The network as a function: takes an image and the size ``(w, h)`` at which the network sees it, and returns the matte
at any size."""

EVALUATION_AREA_PX = 147_456
"""About how many pixels the network sees of each image: 384x384, 512x288."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The quality of one matte, or the means over many; NaN if there was nothing to measure."""

    iou: float
    """Intersection over union at 0.5."""

    mad: float
    """Mean absolute difference."""

    mse: float
    """Mean squared error."""

    sad: float
    """Sum of absolute differences, in thousands."""

    grad: float
    """Gradient error, in thousands."""

    conn: float
    """Connectivity error, in thousands."""

    band_iou: float
    """IoU in the unknown band around the edge."""

    band_mad: float
    """MAD within the unknown band."""

    band_mse: float
    """MSE within the unknown band."""

    band_sad: float
    """SAD within the unknown band, in thousands."""

    band_grad: float
    """Grad within the unknown band, in thousands."""

    band_conn: float
    """Conn within the unknown band, in thousands."""

    @classmethod
    def of(cls, predicted: Alpha, true: Alpha) -> "Figures":
        """Measure one matte against the truth, both ``(H, W) float32 in [0, 1]``."""
        grad, conn = metrics.grad_errors(predicted, true), metrics.conn_errors(predicted, true)
        values: dict[str, float] = {}
        for prefix, where in (("", None), ("band_", metrics.unknown_band(true))):
            for metric in (metrics.iou, metrics.mad, metrics.mse, metrics.sad):
                values[prefix + metric.__name__] = metric(predicted, true, where)
            values |= {f"{prefix}grad": metrics.thousands(grad, where), f"{prefix}conn": metrics.thousands(conn, where)}
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The result of a measurement."""

    pictures: dict[str, Figures]
    """The figures of each image, by its stem, in the order of the names."""

    mean: Figures
    """The mean of each figure over the images."""


def evaluate(predict: Predict, images: Path, mattes: Path) -> Evaluation:
    """Measure ``predict`` on every image in the folder ``images`` against ``mattes/STEM.png``.

    Raises:
        GreenlessError: a folder contains no image, a matte is missing or of another size, or a file is not an image.
    """
    return measure(predict, read_pairs(images, mattes))


def measure(predict: Predict, pairs: Iterable[Pair], *, area_px: int = EVALUATION_AREA_PX) -> Evaluation:
    """Measure ``predict`` on images, one after another.

    Args:
        predict: the network.
        pairs: images and their true mattes; no two have the same name.
        area_px: about how many pixels the network sees.

    Raises:
        GreenlessError: there is no pair.
    """
    pictures = {pair.name: Figures.of(matte_of(predict, pair.pixels, area_px=area_px), pair.alpha) for pair in pairs}
    if not pictures:
        raise GreenlessError("there is no image to measure on", cure="Name a folder of .jpg or .png files")
    return Evaluation(pictures=pictures, mean=metrics.mean_of_rows(pictures.values()))


def matte_of(predict: Predict, pixels: Pixels, *, area_px: int = EVALUATION_AREA_PX) -> Alpha:
    """Return the network's matte of an image by the protocol, at the size of the image: ``(H, W) float32``."""
    height_px, width_px = pixels.shape[:2]
    alpha = predict(pixels, evaluation_size(width_px, height_px, area_px))
    return np.asarray(cv2.resize(alpha, (width_px, height_px), interpolation=cv2.INTER_LINEAR), np.float32)


def evaluation_size(width_px: int, height_px: int, area_px: int = EVALUATION_AREA_PX) -> tuple[int, int]:
    """Return the size ``(w, h)``, in px, at which the network sees an image: about ``area_px`` pixels."""
    scale = math.sqrt(area_px / (width_px * height_px))
    return on_grid(width_px * scale), on_grid(height_px * scale)


def network_input(pixels: Pixels, size_px: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Resize an image to ``size_px`` (w, h) and convert it for the network: ``(1, 3, h, w) float32 RGB in [-1, 1]``."""
    shrinks = size_px[0] * size_px[1] < pixels.shape[0] * pixels.shape[1]
    # Area resampling would enlarge an image in blocks.
    resized = cv2.resize(pixels, size_px, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(cv2.dnn.blobFromImage(resized, 1 / 127.5, mean=(127.5,) * 3, swapRB=True), np.float32)
