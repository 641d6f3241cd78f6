"""Draws a raised hand with its sleeve over ``BOX``, palm to the camera. The origin is the centre of the palm."""

import numpy as np

from benchmarks.people.appearance import Look
from benchmarks.people.paint import Box, Floats, capsule, grid, lit, mix, noise, ramp, relief, srgb

BOX: Box = (-0.42, -0.5, 0.42, 1.3)

Finger = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
"""Root and tip, in heads from the centre of the palm, and the radii there."""

FINGERS: tuple[Finger, ...] = (
    ((-0.115, -0.08), (-0.19, -0.31), (0.04, 0.033)),
    ((-0.05, -0.12), (-0.07, -0.41), (0.042, 0.034)),
    ((0.02, -0.12), (0.035, -0.42), (0.042, 0.034)),
    ((0.085, -0.09), (0.13, -0.36), (0.039, 0.031)),
    ((0.1, 0.1), (0.235, -0.08), (0.052, 0.036)),
)  # fmt: skip


def gesture(rng: np.random.Generator) -> tuple[Finger, ...]:
    """Return fingers that spread, close or fold: some gesture."""
    spread, folded = float(rng.normal(0, 0.12)), float(rng.choice((0, 0, 0.3, 1)))
    fingers = []
    for index, (root, tip, radii) in enumerate(FINGERS):
        length = 0.35 if rng.random() < folded else float(rng.uniform(0.85, 1.15))
        turn = spread * (index - 1.5) + float(rng.normal(0, 0.06))
        x, y = tip[0] - root[0], tip[1] - root[1]
        tip = (
            root[0] + length * (x * np.cos(turn) - y * np.sin(turn)),
            root[1] + length * (x * np.sin(turn) + y * np.cos(turn)),
        )
        fingers.append((root, tip, radii))
    return tuple(fingers)


def hand(look: Look, scale: float, fingers: tuple[Finger, ...] = FINGERS, bare: float = 0.0) -> tuple[Floats, Floats]:
    """Draw the hand at ``scale`` pixels per head: colour ``(H, W, 3)`` sRGB and alpha ``(H, W)``.

    The sleeve begins ``bare`` heads farther down the arm than at the wrist.
    """
    u, v = grid(BOX, scale)
    small = 0.95 if look.soft else 1.06
    x, y = u / small, v / small
    palm = capsule(x, y, (0.0, -0.02), (0.0, 0.12), (0.135, 0.105))
    wrist = capsule(x, y, (0.0, 0.15), (0.02 + 0.05 * bare, 0.5 + bare), (0.085, 0.085 + 0.02 * bare))
    flesh = _join(palm, wrist, 0.06)
    for a, b, radii in fingers:
        flesh = _join(flesh, capsule(x, y, a, b, radii), 0.012)
    sleeve = capsule(x, y, (0.015, 0.5), (0.06, 1.5), (0.125, 0.16))
    pillow = 0.02 + 1.5 * _round(sleeve, 0.13)
    sleeve = np.maximum(sleeve, 0.42 + bare + 0.5 * x**2 - y)
    z = np.maximum(_round(flesh, 0.045), pillow * (sleeve < 0))
    lines = (
        _line(x, y, (0.1, 0.0), (-0.1, -0.06))
        + _line(x, y, (0.11, 0.02), (-0.08, 0.03))
        + _line(x, y, (0.06, 0.02), (0.03, 0.13))
    )
    for a, b, _ in fingers:
        for at in (0.22, 0.55, 0.8):
            p = (a[0] + at * (b[0] - a[0]), a[1] + at * (b[1] - a[1]))
            lines = lines + 0.6 * _line(x, y, (p[0] - 0.02, p[1]), (p[0] + 0.02, p[1]))
    pads = 0.5 * noise(u * 14, v * 14, 71, 2) + np.exp(-0.5 * ((x - 0.07) ** 2 + (y - 0.08) ** 2) / 0.05**2)
    pale = np.minimum(look.skin * 0.75 + 0.1, look.skin * 1.3) * np.array([0.95, 0.94, 1.02], np.float32)
    skin = (
        pale
        * (1 - 0.16 * pads[..., None] * np.array([1, 0.9, 0.3], np.float32))
        * (1 - 0.35 * np.clip(lines, 0, 1))[..., None]
    )
    cloth = (
        look.cloth * (0.35 if look.clothes == "blazer" else 1.0) * (0.9 + 0.2 * noise(u * 220, v * 220, 61))[..., None]
    )
    folds = 0.02 * noise(u * 4, v * 12, 72, 2) * ramp(0.0, -0.05, sleeve)
    on_sleeve = ramp(0.003, -0.003, sleeve)
    cuff = 1 - 0.4 * np.exp(-0.5 * ((sleeve) / 0.02) ** 2) * (1 - on_sleeve)
    albedo = mix((skin * cuff[..., None]).astype(np.float32), cloth.astype(np.float32), on_sleeve)
    colour = lit(
        albedo, relief((z + folds - 0.002 * lines).astype(np.float32), scale), look.light, gloss=0.03 * (1 - on_sleeve)
    )
    return srgb(colour), np.clip(0.5 - np.minimum(flesh, sleeve) * scale / 2, 0, 1).astype(np.float32)


def _join(a: Floats, b: Floats, soft: float) -> Floats:
    """Return the smooth union of two signed distances; ``soft`` is the width of the blend."""
    h = np.clip(soft - np.abs(a - b), 0, None) / soft
    return (np.minimum(a, b) - h * h * soft / 4).astype(np.float32)


def _round(distance: Floats, depth: float) -> Floats:
    """Return a rounded height over the inside of a shape."""
    t = np.clip(-distance / depth, 0, 1)
    return np.asarray(depth * np.sqrt(1 - (1 - t) ** 2), np.float32)


def _line(u: Floats, v: Floats, a: tuple[float, float], b: tuple[float, float]) -> Floats:
    return np.asarray(np.exp(-0.5 * (capsule(u, v, a, b, (0.0, 0.0)) / 0.004) ** 2), np.float32)
