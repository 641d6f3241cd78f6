"""Draws the head without hair: a lit relief of brows, eyes, nose and mouth.

It draws any part of the head, so that moving eyes and mouth can be redrawn alone.
"""

import numpy as np

from benchmarks.people.appearance import Look
from benchmarks.people.paint import (
    Box,
    Floats,
    bump,
    capsule,
    curve,
    grid,
    lit,
    mix,
    noise,
    ramp,
    relief,
    srgb,
)

HEAD: Box = (-0.5, -0.625, 0.5, 0.625)
EYES: Box = (-0.27, -0.13, 0.27, 0.1)
MOUTH: Box = (-0.2, 0.2, 0.2, 0.46)

_WIDTHS = (
    (-0.5, 0.0), (-0.48, 0.125), (-0.44, 0.205), (-0.36, 0.29), (-0.22, 0.35), (-0.08, 0.362), (0.06, 0.352),
    (0.18, 0.33), (0.28, 0.293), (0.36, 0.245), (0.42, 0.195), (0.47, 0.125), (0.495, 0.045), (0.5, 0.0),
)  # fmt: skip


def half_width(look: Look, v: Floats) -> Floats:
    """Return half the width of the bare head at height ``v``."""
    jaw = 1 + (look.jaw - 1) * ramp(0.0, 0.3, v)
    squared = curve([(at, width**2) for at, width in _WIDTHS], v)  # round at both ends
    return np.asarray(np.sqrt(np.maximum(squared, 0)) * jaw, np.float32)


def face(look: Look, box: Box, scale: float, *, lid: float = 1.0, jaw: float = 0.0) -> tuple[Floats, Floats]:
    """Draw the head within ``box``: colour ``(H, W, 3)`` sRGB and alpha ``(H, W)``.

    Args:
        look: the person.
        box: the part to draw, in heads.
        scale: pixels per head.
        lid: eyes: 0 closed, 1 open.
        jaw: mouth: 0 closed, 1 open.
    """
    u, v = grid(box, scale)
    width = half_width(look, v)
    side = np.abs(u)
    z = _relief(look, u, v, width, jaw)
    normal = relief(z, scale)
    albedo = _skin(look, u, v)
    albedo, wet = _mouth(look, albedo, u, v, jaw)
    gloss = 0.05 + 0.05 * bump(side, v, (0.0, 0.1), (0.05, 0.14)) + 0.03 * bump(u, v, (0, -0.25), (0.14, 0.08)) + wet
    gloss = gloss * (0.7 + 0.6 * noise(u * 160, v * 160, 5))
    colour = lit(albedo * _hollows(u, v, side)[..., None], normal, look.light, gloss=gloss)
    colour = _eyes(look, colour, u, v, lid)
    colour = _brows(look, colour, u, v)
    inside = np.clip((width - side) * scale / 2 + 0.5, 0, 1) * (np.abs(v) < 0.5)
    ears, ear_alpha = _ears(look, u, v, scale)
    return srgb(mix(ears, colour, np.minimum(4 * inside, 1))), np.maximum(inside, ear_alpha).astype(np.float32)


def _relief(look: Look, u: Floats, v: Floats, width: Floats, jaw: float) -> Floats:
    side = np.abs(u)
    round_u = np.clip(1 - (side / np.maximum(width, 1e-3)) ** 2.3, 0, 1) ** 0.5
    round_v = np.clip(1 - np.abs((v + 0.02) / 0.525) ** 3.2, 0, 1) ** 0.5
    z = 0.36 * round_u * round_v
    nose_width = 0.022 + 0.022 * ramp(-0.05, 0.15, v)
    rise = ramp(-0.1, 0.17, v) * ramp(0.215, 0.15, v)
    z = z + 0.1 * rise * np.exp(-0.5 * (u / nose_width) ** 2)
    z += 0.024 * bump(u, v, (0, 0.155), (0.026, 0.024)) + 0.022 * bump(side, v, (0.042, 0.168), (0.018, 0.018))
    z += 0.014 * bump(side, v, (0.14, -0.1), (0.09, 0.03)) - 0.03 * bump(side, v, (0.135, -0.02), (0.06, 0.04))
    z += 0.012 * bump(side, v, (0.145, 0.002), (0.05, 0.03)) + 0.034 * bump(side, v, (0.19, 0.11), (0.06, 0.05))
    z += 0.022 * bump(u, v, (0, 0.28), (0.1, 0.06)) - 0.006 * bump(u, v, (0, 0.228), (0.01, 0.02))
    full = 1.25 if look.soft else 0.8
    z += full * (
        0.014 * bump(u, v, (0, 0.272), (0.06, 0.012)) + 0.018 * bump(u, v, (0, 0.312 + 0.03 * jaw), (0.05, 0.016))
    )
    z -= 0.012 * bump(u, v, (0, 0.355 + 0.02 * jaw), (0.05, 0.014))
    z += 0.02 * bump(u, v, (0, 0.43), (0.06, 0.035))
    fold = side - (0.062 + 0.75 * (v - 0.17))
    z -= 0.005 * np.exp(-0.5 * (fold / 0.012) ** 2) * ramp(0.15, 0.2, v) * ramp(0.3, 0.25, v)
    return np.asarray(z + 0.0009 * noise(u * 90, v * 90, 3, 2), np.float32)


def _skin(look: Look, u: Floats, v: Floats) -> Floats:
    side = np.abs(u)
    red = (
        0.5 * bump(side, v, (0.19, 0.13), (0.08, 0.06))
        + 0.4 * bump(u, v, (0, 0.15), (0.05, 0.05))
        + 0.15 * noise(u * 9, v * 9, 7, 2)
    )
    tint = np.array([0.78, 0.76, 1.02], np.float32)
    albedo = look.skin * (1 + (tint - 1) * red[..., None])
    albedo = albedo * (0.93 + 0.14 * noise(u * 50, v * 50, 8, 3))[..., None]
    if look.freckles > 0.2:
        spots = ramp(0.72, 0.86, noise(u * 70, v * 70, 11)) * bump(side, v, (0.12, 0.09), (0.12, 0.06))
        albedo = albedo * (1 - 0.45 * look.freckles * spots[..., None] * np.array([1, 0.8, 0.5], np.float32))
    shade = look.stubble * beard_area(u, v) * (0.45 + 0.3 * noise(u * 220, v * 220, 12))
    scalp = 0.0 if look.hair == "bald" else 0.8 * ramp(0.0, 0.05, hairline(look, side) - v)
    return mix(albedo, look.hair_colour * 0.8 + albedo * 0.12, np.maximum(0.8 * shade, scalp).astype(np.float32))


def hairline(look: Look, side: Floats) -> Floats:
    """Return the height of the hairline at ``side`` from the middle, down to the sideburns."""
    return curve(((0, -0.315), (0.12, -0.31), (0.22, -0.27), (0.29, -0.17), (0.325, -0.05), (0.36, 0.06)), side)


def beard_area(u: Floats, v: Floats) -> Floats:
    """Return the area of a beard: cheeks below a falling line, chin and upper lip, without the lips."""
    side = np.abs(u)
    line = curve(((0, 0.225), (0.07, 0.235), (0.1, 0.26), (0.16, 0.27), (0.26, 0.19), (0.33, 0.03), (0.4, -0.03)), side)
    lips = bump(u, v, (0, 0.295), (0.062, 0.022))
    return ramp(-0.012, 0.03, v - line) * (1 - ramp(0.3, 0.7, lips))


def _hollows(u: Floats, v: Floats, side: Floats) -> Floats:
    """Return the shading of hollows: sockets, beside and under the nose, under the lip, along the jaw."""
    dark = 0.38 * bump(side, v, (0.085, -0.03), (0.03, 0.035)) + 0.16 * bump(side, v, (0.15, -0.04), (0.07, 0.025))
    dark += 0.2 * bump(side, v, (0.14, 0.045), (0.05, 0.012)) + 0.12 * bump(u, v, (0, 0.208), (0.05, 0.014))
    dark += 0.7 * bump(side, v, (0.028, 0.186), (0.012, 0.006)) + 0.2 * bump(side, v, (0.068, 0.168), (0.01, 0.02))
    dark += 0.2 * bump(u, v, (0, 0.352), (0.06, 0.014)) + 0.35 * ramp(0.4, 0.52, v + 0.35 * side)
    dark += 0.2 * bump(side, v, (0.24, 0.22), (0.05, 0.08)) + 0.3 * ramp(0.3, 0.36, side)
    return np.asarray(np.clip(1 - dark, 0.05, 1), np.float32)


def _mouth(look: Look, albedo: Floats, u: Floats, v: Floats, jaw: float) -> tuple[Floats, Floats]:
    """Draw the lips and the open mouth; return albedo and gloss."""
    side = np.abs(u) / (0.108 - 0.012 * jaw)
    arch = np.clip(1 - side**2, 0, 1)
    full = 1.15 if look.soft else 0.75
    middle = 0.295 - 0.02 * np.minimum(side, 1.1) ** 2.2
    top = middle - 0.026 * full * arch**0.8 + 0.007 * np.exp(-0.5 * (u / 0.012) ** 2) - 0.004 * jaw
    upper = middle + 0.002 - 0.003 * jaw * arch
    lower = middle + 0.003 + 0.042 * jaw * arch**0.7
    bottom = lower + 0.034 * full * arch**0.75
    soft = 0.005
    lips = ramp(top - soft, top + soft, v) * ramp(bottom + 2 * soft, bottom - soft, v) * (side < 1)
    gap = ramp(upper - 0.003, upper + 0.003, v) * ramp(lower + 0.003, lower - 0.002, v) * (side < 0.97)
    teeth = gap * ramp(upper + 0.02, upper + 0.014, v) * (side < 0.72) * min(1.0, jaw * 3)
    streaks = (0.85 + 0.3 * noise(u * 190, v * 12, 21))[..., None]
    albedo = mix(albedo, look.lips * streaks, 0.9 * lips)
    albedo = mix(albedo, np.array([0.012, 0.012, 0.04], np.float32), gap * (0.75 + 0.25 * min(1.0, jaw * 4)))
    albedo = mix(albedo, np.array([0.5, 0.58, 0.62], np.float32), 0.75 * teeth)
    return albedo, (0.1 * full * lips * bump(u, v, (0, float(0.312 + 0.03 * jaw)), (0.05, 0.012))).astype(np.float32)


def _eyes(look: Look, colour: Floats, u: Floats, v: Floats, lid: float) -> Floats:
    """Draw eyeballs, iris, pupil, catchlight, lashes and the crease above the lids over a lit ``colour``."""
    e = (np.abs(u) - 0.14) / 0.066
    within = np.clip(1 - np.abs(e) ** 2.2, 0, 1)
    line = 0.004 - 0.006 * e
    low = line + 0.016 * within
    open_top = line - (0.039 if look.soft else 0.033) * np.clip(1 - np.abs(e + 0.1) ** 2.4, 0, 1) ** 0.75
    top = low + (open_top - low) * lid - 0.001
    shadow = ramp(-0.004, 0.016, v - top)
    ball = ramp(-0.003, 0.003, v - top) * ramp(-0.002, 0.003, low - v) * (np.abs(e) < 1)
    r = np.hypot(np.abs(u) - 0.139, v + 0.002)
    white = np.array([0.50, 0.50, 0.54], np.float32) * (0.35 + 0.65 * shadow * (1 - 0.5 * np.abs(e) ** 3))[..., None]
    rays = 0.75 + 0.5 * noise(np.arctan2(v + 0.002, np.abs(u) - 0.139) * 9, r * 120, 31)
    iris = look.iris * (rays * (0.7 + 0.9 * ramp(0.0, 0.03, v)) * (0.5 + 0.5 * shadow))[..., None]
    iris = mix(iris, iris * 0.2, ramp(0.023, 0.029, r))
    eye = mix(white, iris, ramp(0.031, 0.027, r))
    eye = mix(eye, np.full(3, 0.004, np.float32), ramp(0.0135, 0.011, r))
    glint = ramp(0.0075, 0.004, np.hypot(u - np.sign(u) * 0.139 - 0.011 * look.light.side, v + 0.014)) * shadow
    eye = mix(eye, np.full(3, 0.95, np.float32), 0.9 * glint)
    tear = ramp(-0.8, -1.0, e)
    colour = mix(colour, mix(eye, look.skin * np.array([0.5, 0.45, 0.8], np.float32), tear), ball)
    lash = 0.006 + (0.004 if look.soft else 0.0) * ramp(-0.5, 1.0, e)
    reach = ramp(1.25, 0.95, np.abs(e + 0.05))
    upper = np.exp(-0.5 * ((v - top + 0.001) / lash) ** 2) * reach
    lower = 0.35 * np.exp(-0.5 * ((v - low) / 0.004) ** 2) * reach
    crease = (
        0.4
        * np.exp(-0.5 * ((v - (open_top - 0.018 + 0.012 * (1 - lid))) / 0.004) ** 2)
        * ramp(1.2, 0.6, np.abs(e))
        * (0.3 + 0.7 * lid)
    )
    colour = mix(colour, colour * np.array([0.3, 0.3, 0.4], np.float32), np.maximum(lower, crease))
    return mix(colour, np.full(3, 0.008, np.float32), 0.92 * upper)


def _brows(look: Look, colour: Floats, u: Floats, v: Floats) -> Floats:
    e = (np.abs(u) - 0.065) / 0.155
    arch = -0.082 - 0.032 * np.sin(np.clip(e, 0, 1) * 2.2) + 0.018 * np.clip(e, 0, 1.2) ** 2
    thick = (0.013 if look.soft else 0.018) * (1.15 - 0.55 * np.clip(e, 0, 1))
    body = np.exp(-0.5 * ((v - arch) / np.maximum(thick, 1e-3)) ** 2) * ramp(-0.08, 0.1, e) * ramp(1.05, 0.8, e)
    hairs = ramp(0.25, 0.75, noise(np.abs(u) * 190 + v * 150, v * 30 - np.abs(u) * 10, 41))
    dark = look.hair_colour * 0.7 if look.hair_colour.sum() < 0.6 else look.hair_colour * 0.35
    return mix(colour, dark * 0.8, np.clip(body * (0.55 + 0.5 * hairs), 0, 0.9).astype(np.float32))


def _ears(look: Look, u: Floats, v: Floats, scale: float) -> tuple[Floats, Floats]:
    side = np.abs(u)
    rim = capsule(side, v, (0.372, -0.045), (0.35, 0.1), (0.042, 0.026))
    z = 0.05 * np.clip(-rim / 0.04, 0, 1) ** 0.5 - 0.03 * np.clip(
        -capsule(side, v, (0.368, -0.03), (0.352, 0.05), (0.024, 0.012)) / 0.012, 0, 1
    )
    albedo = look.skin * np.array([0.75, 0.72, 0.98], np.float32)
    dark = 1 - 0.45 * bump(side, v, (0.362, 0.03), (0.012, 0.03))
    colour = lit(albedo * dark[..., None], relief(z.astype(np.float32), scale), look.light, gloss=0.03)
    return colour, np.clip(0.5 - rim * scale / 2, 0, 1).astype(np.float32)
