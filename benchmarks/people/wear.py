"""Draws glasses and headphones, over ``face.HEAD`` enlarged to ``BOX``."""

import numpy as np

from benchmarks.people.appearance import Look
from benchmarks.people.paint import Box, Floats, capsule, grid, linear, lit, mix, ramp, relief, srgb

BOX: Box = (-0.6, -0.75, 0.6, 0.4)


def glasses(look: Look, scale: float) -> tuple[Floats, Floats]:
    """Draw rims, bridge and temples, and lenses that reflect a little of the window."""
    u, v = grid(BOX, scale)
    side = np.abs(u)
    rounder = 0.055 if look.soft else 0.035
    lens = _box(side - 0.142, v - 0.012, (0.098, 0.074), rounder)
    bridge = capsule(u, v + 0.25 * u**2, (-0.045, -0.012), (0.045, -0.012), (0.007, 0.007))
    temple = capsule(side, v, (0.24, -0.02), (0.37, -0.035), (0.01, 0.007))
    rim = np.minimum(np.minimum(np.abs(lens) - 0.0085, bridge), temple)
    horn = linear(46, 34, 30) if look.seed % 2 else linear(60, 62, 70)
    z = 0.009 * np.sqrt(np.clip(-rim / 0.0085, 0, 1))
    frame = lit(
        np.broadcast_to(horn, (*u.shape, 3)), relief(z.astype(np.float32), scale), look.light, gloss=0.35, wrap=0.0
    )
    glare = ramp(0.25, 0.9, np.sin((u - look.light.side * 0.4 * v) * 30 + 1.0)) * ramp(0.0, -0.03, lens)
    sheen = (0.05 + 0.1 * glare * ramp(0.03, -0.07, v)) * (lens < 0)
    opaque = np.clip(0.5 - rim * scale / 2, 0, 1)
    colour = mix(
        np.broadcast_to(np.array([0.95, 0.92, 0.9], np.float32), frame.shape), srgb(frame), opaque.astype(np.float32)
    )
    return colour, np.maximum(opaque, sheen).astype(np.float32)


def headphones(look: Look, scale: float) -> tuple[Floats, Floats]:
    """Draw a band over the crown and a padded cup on each ear."""
    u, v = grid(BOX, scale)
    side = np.abs(u)
    lift = 0.06 if look.hair in ("bob", "long", "wavy", "curly") else 0.02
    arc = np.abs(np.hypot(u / (0.42 + lift), (v - 0.0) / (0.53 + lift)) - 1) * 0.5 - 0.02
    arc = np.maximum(arc, v + 0.02)
    cup = _box(side - (0.41 + lift * 0.7), v - 0.04, (0.055, 0.125), 0.05)
    pad = _box(side - (0.365 + lift * 0.7), v - 0.04, (0.03, 0.115), 0.028)
    shape = np.minimum(np.minimum(arc, cup), pad)
    z = np.maximum(0.02 * np.sqrt(np.clip(-arc / 0.02, 0, 1)), 0.06 * np.sqrt(np.clip(-cup / 0.05, 0, 1)))
    z = np.maximum(z, 0.03 * np.sqrt(np.clip(-pad / 0.025, 0, 1)))
    tint = mix(
        np.broadcast_to(linear(52, 54, 60), (*u.shape, 3)), linear(190, 188, 184), ramp(0.003, -0.003, cup + 0.03)
    )
    colour = lit(tint, relief(z.astype(np.float32), scale), look.light, gloss=0.18, wrap=0.1)
    return srgb(colour), np.clip(0.5 - shape * scale / 2, 0, 1).astype(np.float32)


def _box(u: Floats, v: Floats, half: tuple[float, float], radius: float) -> Floats:
    """Return the signed distance to a box with rounded corners."""
    qu, qv = np.abs(u) - half[0] + radius, np.abs(v) - half[1] + radius
    outside = np.hypot(np.maximum(qu, 0), np.maximum(qv, 0))
    return (outside + np.minimum(np.maximum(qu, qv), 0) - radius).astype(np.float32)
