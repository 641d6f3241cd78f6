"""Drawing tools: grids, soft shapes, relief, light, and sprites with exact coverage.

Formulas over (u, v) in heads become a ``Sprite``: premultiplied colour and alpha that can be moved into a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
"""Floating-point arrays, float32 if large; images are ``(H, W, 3)`` BGR, linear or sRGB in [0, 1]."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in heads."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sprite:
    """A drawn part that can be moved."""

    layer: Floats
    """``(H, W, 4) float32``: BGR in sRGB times alpha, and alpha, all in [0, 1]."""

    box: Box
    """Position, in heads."""


@dataclass(frozen=True, kw_only=True)
class Light:
    """The light on the person: a key light from the window's side, a weaker fill light, and the room."""

    side: float
    """Side of the key light: -1 left, 1 right."""

    key: tuple[float, float, float]
    """Linear BGR of the key."""

    fill: tuple[float, float, float]
    """Linear BGR of the fill."""

    ambient: tuple[float, float, float]
    """Linear BGR of the room."""

    @property
    def key_direction(self) -> Floats:
        """Unit vector towards the key light."""
        return unit(np.array([0.62 * self.side, -0.42, 0.66], np.float32))

    @property
    def fill_direction(self) -> Floats:
        """Unit vector towards the fill light."""
        return unit(np.array([-0.75 * self.side, -0.1, 0.65], np.float32))


def unit(vectors: Floats) -> Floats:
    """Normalise vectors ``(..., 3)``."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6), np.float32)


def grid(box: Box, scale: float) -> tuple[Floats, Floats]:
    """Return the coordinates u, v ``(H, W)`` of the pixel centres of ``box`` at ``scale`` pixels per head."""
    axes = []
    for low, high, count in zip(box[:2], box[2:], size_px(box, scale), strict=True):
        step = (high - low) / count  # the pixels fill the box in spite of rounding
        axes.append((low + step * (np.arange(count) + 0.5)).astype(np.float32))
    u, v = np.meshgrid(*axes)
    return u, v


def size_px(box: Box, scale: float) -> tuple[int, int]:
    """Return width and height of ``box`` at about ``scale`` pixels per head, in whole pixels."""
    return max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale))


def ramp(low: float | Floats, high: float | Floats, x: Floats) -> Floats:
    """Smooth step: 0 below ``low``, 1 above ``high``; it falls if ``low > high``."""
    t = np.clip((x - low) / (np.asarray(high, np.float32) - np.asarray(low, np.float32)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def bump(u: Floats, v: Floats, at: tuple[float, float], size: tuple[float, float]) -> Floats:
    """Return a Gaussian of height 1."""
    return np.exp(-0.5 * (((u - at[0]) / size[0]) ** 2 + ((v - at[1]) / size[1]) ** 2)).astype(np.float32)


def capsule(u: Floats, v: Floats, a: tuple[float, float], b: tuple[float, float], radii: tuple[float, float]) -> Floats:
    """Return the signed distance to a capsule from ``a`` to ``b`` with ``radii`` at its ends; negative inside."""
    du, dv = b[0] - a[0], b[1] - a[1]
    t = np.clip(((u - a[0]) * du + (v - a[1]) * dv) / (du * du + dv * dv), 0, 1)
    return (np.hypot(u - a[0] - t * du, v - a[1] - t * dv) - (radii[0] + t * (radii[1] - radii[0]))).astype(np.float32)


def curve(points: Sequence[tuple[float, float]], x: Floats) -> Floats:
    """Evaluate a smooth function through ``(x, y)`` points at ``x``; it is monotone between points."""
    px, py = np.array(points, np.float32).T
    slope = np.diff(py) / np.diff(px)
    inner = np.where(slope[1:] * slope[:-1] > 0, 2 * slope[1:] * slope[:-1] / (slope[1:] + slope[:-1] + 1e-9), 0)
    tangent = np.concatenate([slope[:1], inner, slope[-1:]])
    i = np.clip(np.searchsorted(px, x) - 1, 0, len(px) - 2)
    width = px[i + 1] - px[i]
    t = np.clip((x - px[i]) / width, 0, 1)
    smooth = t * t * (3 - 2 * t)
    bend = t * (1 - t) * ((1 - t) * tangent[i] - t * tangent[i + 1]) * width
    return np.asarray(py[i] * (1 - smooth) + py[i + 1] * smooth + bend, np.float32)


@cache
def _table(seed: int) -> Floats:
    return np.random.default_rng(seed).random((256, 256), np.float32)


def noise(x: Floats, y: Floats, seed: int = 0, octaves: int = 1) -> Floats:
    """Return value noise in [0, 1] with a feature size of 1, at any coordinates; it repeats every 256."""
    total, weight = np.zeros(x.shape, np.float32), 0.0
    for octave in range(octaves):
        at_x, at_y = (np.asarray(c * np.float32(2**octave), np.float32) for c in (x, y))
        total += 0.5**octave * cv2.remap(_table(seed + octave), at_x, at_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
        weight += 0.5**octave
    return total / weight


def relief(z: Floats, scale: float) -> Floats:
    """Return the normals ``(H, W, 3)`` of a relief of heights ``z``, in heads at ``scale`` pixels per head."""
    dv, du = np.gradient(z * scale)
    return unit(np.stack([-du, -dv, np.ones_like(z)], -1))


def lit(albedo: Floats, normal: Floats, light: Light, *, gloss: Floats | float = 0.0, wrap: float = 0.25) -> Floats:
    """Shade linear ``albedo`` ``(H, W, 3)``. Red light wraps farther around the edge than blue, as in skin.

    Args:
        albedo: linear BGR.
        normal: unit normals, x right, y down, z to the viewer.
        light: the light.
        gloss: strength of the highlight.
        wrap: how far light wraps around the edge; 0 is a hard surface.
    """
    wraps = np.array([0.4, 0.7, 1.4], np.float32) * wrap
    key = (normal @ light.key_direction)[..., None]
    fill = (normal @ light.fill_direction)[..., None]
    sky = (0.65 - 0.35 * normal[..., 1:2]) * np.array(light.ambient, np.float32)
    shine = np.clip((key + wraps) / (1 + wraps), 0, 1) * np.array(light.key, np.float32)
    soft = np.clip((fill + wraps) / (1 + wraps), 0, 1) * np.array(light.fill, np.float32)
    half = unit(light.key_direction + np.array([0, 0, 1], np.float32))
    glint = np.clip(normal @ half, 0, 1) ** 22 * gloss
    return np.asarray(albedo * (sky + shine + soft) + glint[..., None] * np.array(light.key, np.float32), np.float32)


def srgb(linear: Floats) -> Floats:
    """Convert linear light to sRGB in [0, 1], with soft highlights instead of clipping."""
    x = np.clip(linear, 0, None)
    x = np.where(x > 0.7, 0.7 + 0.3 * (1 - np.exp(-(x - 0.7) / 0.3)), x)
    return (x ** np.float32(1 / 2.2)).astype(np.float32)


def linear(*rgb: int) -> Floats:
    """Convert 8-bit sRGB red, green, blue to linear BGR."""
    return ((np.array(rgb[::-1], np.float32) / 255) ** 2.2).astype(np.float32)


def mix(a: Floats, b: Floats, weight: Floats) -> Floats:
    """Interpolate: ``a`` at ``weight`` ``(H, W)`` 0, ``b`` at 1."""
    return (a + (b - a) * weight[..., None]).astype(np.float32)


def sprite(colour: Floats, alpha: Floats, box: Box, scale: float) -> Sprite:
    """Area-reduce straight sRGB ``colour`` and ``alpha`` to ``scale`` pixels per head.

    Colour is weighted by coverage, so both stay exact.
    """
    layer = np.dstack([colour * alpha[..., None], alpha]).astype(np.float32)
    small = cv2.resize(layer, size_px(box, scale), interpolation=cv2.INTER_AREA)
    return Sprite(layer=np.clip(small, 0, 1), box=box)


def over(back: Floats, front: Floats) -> None:
    """Composite premultiplied ``front`` over ``back``, both ``(H, W, 4)``, in place."""
    keep = 1 - front[..., 3]
    cv2.multiply(back, cv2.merge([keep, keep, keep, keep]), dst=back)
    cv2.add(back, front, dst=back)
