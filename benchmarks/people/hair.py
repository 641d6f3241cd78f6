"""Draws hair as thousands of strands: smooth curves, shaded along their tangents, thin enough to be transparent."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.people.appearance import Look
from benchmarks.people.face import half_width
from benchmarks.people.paint import Box, Floats, size_px, srgb, unit

BOX: Box = (-0.95, -1.0, 0.95, 1.45)
_STEPS = 21


@dataclass(frozen=True, kw_only=True, eq=False)
class Strands:
    """Strands of one width."""

    points: Floats
    """``(N, S, 2)``: u, v in heads."""

    width: float
    """Width in heads. A real hair has about 0.0004; a camera resolves about 0.001."""

    shade: Floats
    """``(N,)``: brightness of each strand."""

    flat: bool = False
    """Use one colour along each strand, which is faster and enough for strands below others."""


def grow(knots: Sequence[Floats] | Floats, steps: int = _STEPS) -> Floats:
    """Make smooth curves ``(N, S, 2)`` from control points ``(K, N, 2)``: a clamped uniform cubic B-spline."""
    k = np.asarray(knots, np.float32)
    k = np.concatenate([2 * k[:1] - k[1:2], k, 2 * k[-1:] - k[-2:-1]])
    t = np.linspace(0, len(k) - 3 - 1e-4, steps, dtype=np.float32)
    i, f = t.astype(int), (t % 1)[:, None, None]
    weights = ((1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3)
    curve = sum(w * k[i + j] for j, w in enumerate(weights)) / 6
    return np.ascontiguousarray(np.swapaxes(curve, 0, 1), np.float32)


def frizz(points: Floats, rng: np.random.Generator, amount: float, waves: float) -> Floats:
    """Bend strands sideways by slow random waves that grow from root to tip."""
    n, s, _ = points.shape
    t = np.linspace(0, 1, s, dtype=np.float32)
    phase, pace = rng.uniform(0, 6.3, (n, 1, 2)), rng.uniform(0.6, 1.4, (n, 1, 2)) * waves
    return (points + amount * t[:, None] * np.sin(phase + pace * 6.3 * t[:, None])).astype(np.float32)


def skull(look: Look, v: Floats, lift: float | Floats = 0.0) -> Floats:
    """Return half the width of the hair's surface, ``lift`` heads above the skull, at height ``v``."""
    stretched = np.clip(v / (1 + 2 * np.asarray(lift)), -0.5, 0.5).astype(np.float32)
    return np.asarray(half_width(look, stretched) + np.asarray(lift), np.float32)


def draw(look: Look, groups: Sequence[Strands], scale: float) -> tuple[Floats, Floats]:
    """Draw strands in order: colour ``(H, W, 3)`` sRGB and alpha ``(H, W)``.

    Colour extends beyond alpha, so that no other colour appears at the edge.
    """
    width, height = size_px(BOX, scale)
    corner, step = np.array(BOX[:2]), np.array([width / (BOX[2] - BOX[0]), height / (BOX[3] - BOX[1])])
    base = srgb(look.hair_colour * 0.5) * 255
    plate = np.full((height, width, 3), base, np.uint8)
    alpha = np.zeros((height, width), np.uint8)
    for group in groups:
        thick = max(1, round(group.width * scale))
        # OpenCV counts from pixel centres, in sixteenths.
        at = np.round(((group.points - corner) * step - 0.5) * 16).astype(np.int32)
        for line, colours in zip(at, _colours(look, group), strict=True):
            if group.flat:
                cv2.polylines(plate, [line], False, colours[len(colours) // 2], thick + 2, cv2.LINE_8, 4)
                continue
            knots = line.tolist()
            for start, end, colour in zip(knots, knots[1:], colours, strict=False):
                cv2.line(plate, start, end, colour, thick + 2, cv2.LINE_8, 4)
        # A strand thinner than a pixel covers only a part of it.
        cover = np.zeros_like(alpha)
        cv2.polylines(cover, list(at), False, round(255 * min(1, group.width * scale / thick)), thick, cv2.LINE_AA, 4)
        np.maximum(alpha, cover, out=alpha)
    return (plate / 255).astype(np.float32), (alpha / 255).astype(np.float32)


def _colours(look: Look, group: Strands) -> list[list[list[float]]]:
    """Shade strands, ``(N, S-1, 3)``, by Kajiya and Kay's hair model (1989) on a dome, lit by key, fill and room."""
    p = group.points
    u, v = p[..., 0], p[..., 1] + 0.08
    dome = np.sqrt(np.clip(1 - (u / 0.62) ** 2 - (np.minimum(v, 0) / 0.62) ** 2, 0.02, 1)) * 0.5
    space = np.concatenate([p, dome[..., None]], -1).astype(np.float32)
    tangent = unit(np.diff(space, axis=1))
    middle = (space[:, 1:] + space[:, :-1]) / 2
    normal = unit(
        np.stack([middle[..., 0] / 0.4, np.minimum(middle[..., 1] + 0.08, 0.25) / 0.5, middle[..., 2] / 0.5], -1)
    )
    light = look.light
    out = np.full((*tangent.shape[:2], 3), 0, np.float32)
    half = unit(light.key_direction + np.array([0, -0.35, 1], np.float32))
    for direction, colour, shine in ((light.key_direction, light.key, 1.0), (light.fill_direction, light.fill, 0.4)):
        along = tangent @ direction
        diffuse = np.sqrt(np.clip(1 - along**2, 0, 1)) * np.clip(0.35 + 0.65 * (normal @ direction), 0, 1)
        spec = np.clip(1 - (tangent @ half) ** 2, 0, 1) ** 18 * np.clip(normal @ direction, 0, 1)
        tint = look.hair_colour * 1.1 + 0.035
        out += (look.hair_colour * diffuse[..., None] * 1.3 + tint * spec[..., None] * 0.8 * shine) * np.array(
            colour, np.float32
        )
    out += look.hair_colour * np.array(light.ambient, np.float32) * 0.9
    colours: list[list[list[float]]] = (srgb(out * group.shade[:, None, None]) * 255).tolist()
    return colours
