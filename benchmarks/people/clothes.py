"""Draws neck, shoulders and clothes over ``BOX``. A garment is a coloured relief, lit together with the body."""

from collections.abc import Callable

import numpy as np

from benchmarks.people.appearance import Look
from benchmarks.people.paint import (
    Box,
    Floats,
    bump,
    capsule,
    curve,
    grid,
    linear,
    lit,
    mix,
    noise,
    ramp,
    relief,
    srgb,
)

BOX: Box = (-1.3, 0.2, 1.3, 1.9)

_SHOULDERS = (
    (0.3, 0.16), (0.56, 0.17), (0.64, 0.21), (0.7, 0.33), (0.755, 0.52), (0.81, 0.69),
    (0.88, 0.81), (0.99, 0.89), (1.2, 0.94), (1.9, 1.0),
)  # fmt: skip

Draped = tuple[Floats, Floats, Floats]
"""Albedo ``(H, W, 3)``, height ``(H, W)``, gloss ``(H, W)``."""


def clothes(look: Look, scale: float) -> tuple[Floats, Floats]:
    """Draw neck and shoulders at ``scale`` pixels per head: colour ``(H, W, 3)`` sRGB and alpha ``(H, W)``."""
    u, v = grid(BOX, scale)
    broad = 0.88 if look.soft else 1.0
    width = (
        curve(_SHOULDERS, v) * broad
        + (0.005 if look.soft else 0.035) * ramp(0.72, 0.6, v)
        + (0.02 if look.clothes in ("hoodie", "blazer") else 0.0) * ramp(0.6, 0.8, v)
    )
    skin, neck = _neck(look, u, v)
    folds = _folds(u, v, look.seed)
    albedo, height, gloss = _GARMENTS[look.clothes](look, u, v)
    covered = ramp(0, 0.012, height)  # 1 if a garment covers the skin
    sleeve = np.exp(
        -0.5 * ((np.abs(u) - 0.68 * broad + 0.12 * np.maximum(1.25 - v, 0)) / (0.03 + 0.02 * ramp(1.4, 1.1, v))) ** 2
    ) * ramp(1.0, 1.4, v)
    body = 0.8 * np.sqrt(np.clip(1 - (np.abs(u) / (width + 0.02)) ** 2.2, 0, 1)) * ramp(0.35, 1.05, v)
    z = body + neck + height + covered * (folds - 0.03 * sleeve)
    albedo = mix(skin, albedo, covered)
    shade = (
        1 - (0.62 - 0.25 * covered) * bump(u, v, (-0.05 * look.light.side, 0.46), (0.21, 0.12)) - 0.3 * covered * sleeve
    )
    edge = np.clip(1 - 0.5 * (ramp(0, 0.02, height) - ramp(0.02, 0.06, height)) * ramp(0.9, 0.6, v), 0, 1)
    colour = lit(
        albedo * (shade * edge)[..., None],
        relief(z.astype(np.float32), scale),
        look.light,
        gloss=0.03 + (gloss - 0.03) * covered,
        wrap=0.18,
    )
    cover = np.maximum(width - np.abs(u), _silhouette(look, u, v))
    return srgb(colour), np.clip(cover * scale / 2 + 0.5, 0, 1).astype(np.float32)


def _neck(look: Look, u: Floats, v: Floats) -> tuple[Floats, Floats]:
    half = 0.185 if look.soft else 0.225
    z = 0.2 * np.clip(1 - (u / (half + 0.03)) ** 2, 0, 1) ** 1.5 * ramp(0.95, 0.6, v)
    cord = np.exp(-0.5 * ((np.abs(u) - 0.15 + 0.3 * (v - 0.45)) / 0.02) ** 2) * ramp(0.4, 0.5, v) * ramp(0.76, 0.66, v)
    bone = bump(np.abs(u), v, (0.12, 0.79), (0.09, 0.014)) - 0.8 * bump(u, v, (0, 0.79), (0.025, 0.03))
    rough = 0.94 + 0.12 * noise(u * 40, v * 40, 8, 3)
    return look.skin * np.array([0.9, 0.9, 0.98], np.float32) * rough[..., None], (
        z + 0.012 * cord + 0.012 * bone
    ).astype(np.float32)


def _folds(u: Floats, v: Floats, seed: int) -> Floats:
    """Add hanging creases from the armpits and the collar."""
    bend = 0.5 * noise(u * 2 + 7, v * 2, seed % 50)
    fan = np.arctan2(v - 0.5, np.abs(u) + 0.25) * 5 + bend * 4
    ridges = noise(fan, np.hypot(u, v) * 1.6 + u * 1.5, seed % 50 + 3) ** 2
    hang = noise(u * 5 + bend * 4, v * 1.1, seed % 50 + 5) ** 2
    return (0.09 * ridges * ramp(0.62, 0.8, v) + 0.1 * hang * ramp(0.8, 1.3, v)).astype(np.float32)


def _band(distance: Floats, width: float) -> Floats:
    """Return a rounded hem: 1 in the middle of a strip of ``width`` that begins at ``distance`` 0."""
    return np.asarray(np.sqrt(np.clip(1 - ((distance - width / 2) / (width / 2)) ** 2, 0, 1)), np.float32)


def _woven(u: Floats, v: Floats, colour: Floats, rough: float = 0.16) -> Floats:
    weave = 1 - rough / 2 + rough * noise(u * 220, v * 220, 61) + 0.12 * (noise(u * 4, v * 4, 62, 3) - 0.5)
    return (colour * weave[..., None]).astype(np.float32)


def _tee(look: Look, u: Floats, v: Floats) -> Draped:
    ring = np.hypot(u / 0.29, np.maximum(v - 0.56, 0) / 0.26) - 1
    rib = _band(ring * 0.27, 0.05)
    albedo = _woven(u, v, look.cloth)
    if look.seed % 3 == 2:
        stripe = ramp(0.35, 0.45, np.abs(((v - 0.02 * u**2) * 7.5) % 1 - 0.5))
        albedo = mix(albedo, _woven(u, v, linear(228, 222, 210)), stripe * ramp(0.0, 0.02, ring * 0.27 - 0.05))
    lines = 0.003 * np.sin(np.arctan2(v - 0.56, u) * 150) * rib
    return albedo, (0.03 * ramp(0, 0.006, ring) + 0.02 * rib + lines).astype(np.float32), np.zeros_like(u)


def _turtleneck(look: Look, u: Floats, v: Floats) -> Draped:
    top = 0.5 + 0.25 * u**2
    roll = _band(v - top, 0.17) * ramp(0.3, 0.24, np.abs(u))
    knit = (
        0.006 * np.sin(u * 260 + 2 * np.sin(v * 30)) * (0.6 + 0.4 * noise(u * 60, v * 200, 63)) * ramp(0, 0.02, v - top)
    )
    z = 0.03 * ramp(0, 0.01, v - top) + 0.06 * roll + knit
    albedo = (
        _woven(u, v, look.cloth, 0.3)
        * (1 - 0.3 * np.exp(-0.5 * ((v - top - 0.18) / 0.012) ** 2) * (np.abs(u) < 0.27))[..., None]
    )
    return albedo.astype(np.float32), z.astype(np.float32), np.zeros_like(u)


def _shirt(look: Look, u: Floats, v: Floats) -> Draped:
    side = np.abs(u)
    wing = _polygon(side, v, ((0.2, 0.53), (0.245, 0.6), (0.235, 0.9), (0.05, 0.81), (0.13, 0.7)))
    over = np.maximum(ramp(0, 0.02, side - 0.13 + 0.42 * np.maximum(v - 0.52, 0)), ramp(0.83, 0.84, v)) * ramp(
        0.53, 0.55, v
    )
    placket = ramp(0.046, 0.042, side) * ramp(0.82, 0.84, v)
    albedo = _woven(u, v, look.cloth, 0.1)
    if look.seed % 2 == 1:
        check = np.maximum(ramp(0.3, 0.34, np.abs((u * 9) % 1 - 0.5)), ramp(0.3, 0.34, np.abs((v * 9) % 1 - 0.5)))
        albedo = mix(albedo, albedo * 0.45, 0.6 * check)
    buttons = ramp(0.016, 0.013, np.hypot(u, (v - 0.92 + 0.1) % 0.2 - 0.1)) * ramp(0.86, 0.88, v)
    albedo = mix(albedo, np.full(3, 0.7, np.float32), buttons)
    z = 0.03 * over + 0.03 * wing + 0.01 * placket + 0.01 * buttons
    return albedo, z.astype(np.float32), 0.02 * np.ones_like(u)


def _hoodie(look: Look, u: Floats, v: Floats) -> Draped:
    side = np.abs(u)
    ring = np.hypot(u / 0.27, np.maximum(v - 0.54, 0) / 0.25) - 1
    hood = _band(np.hypot(u / 0.44, (v - 0.56) / 0.3) - 0.62, 0.5) * ramp(1.0, 0.75, v)
    cord = -capsule(side, v, (0.12, 0.8), (0.14, 1.16), (0.014, 0.014))
    string = ramp(-0.001, 0.004, cord) * ramp(0.78, 0.8, v)
    pocket = np.exp(-0.5 * ((side - 0.45 - 0.15 * (v - 1.4)) / 0.006) ** 2) * ramp(1.42, 1.46, v)
    albedo = mix(_woven(u, v, look.cloth, 0.25), linear(214, 210, 204) * np.ones_like(u)[..., None], string)
    z = 0.03 * ramp(0, 0.01, ring) + 0.1 * hood * ramp(0, 0.05, ring) + 0.016 * string - 0.01 * pocket
    return albedo, z.astype(np.float32), np.zeros_like(u)


def _blazer(look: Look, u: Floats, v: Floats) -> Draped:
    side = np.abs(u)
    shirt_albedo, shirt_z, _ = _shirt(look, u, v)
    inner = mix(shirt_albedo, _woven(u, v, linear(222, 224, 230), 0.06), np.ones_like(u))
    jacket = ramp(0.0, 0.012, side - 0.25 + 0.36 * (v - 0.6))
    lapel = _polygon(
        side, v, ((0.2, 0.58), (0.3, 0.66), (0.43, 0.9), (0.36, 0.93), (0.4, 1.0), (0.04, 1.75), (0.02, 1.6))
    )
    dark = _woven(u, v, look.cloth * 0.35, 0.25)
    z = shirt_z + 0.04 * jacket + 0.03 * lapel * jacket
    return mix(inner, dark, jacket), z.astype(np.float32), 0.02 * (1 - jacket)


def _polygon(u: Floats, v: Floats, corners: tuple[tuple[float, float], ...]) -> Floats:
    """Return 1 inside the polygon, with an edge softened over 0.005."""
    inside, distance = np.zeros(u.shape, bool), np.full(u.shape, 9, np.float32)
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        crosses = ((ay > v) != (by > v)) & (u < (bx - ax) * (v - ay) / (by - ay + 1e-9) + ax)
        inside ^= crosses
        distance = np.minimum(distance, capsule(u, v, (ax, ay), (bx, by), (0.0, 0.0)))
    return ramp(-0.004, 0.004, np.where(inside, distance, -distance).astype(np.float32))


def _silhouette(look: Look, u: Floats, v: Floats) -> Floats:
    """Return the signed distance to the outline that a garment adds; negative outside."""
    if look.clothes == "hoodie":
        hood = capsule(np.abs(u), v, (0.12, 0.66), (0.33, 0.72), (0.1, 0.1))
        return np.asarray(-np.maximum(hood, 0.52 - v), np.float32)
    if look.clothes == "turtleneck":
        return -np.maximum(np.abs(u) - 0.235, 0.5 + 0.25 * u**2 - v)
    if look.clothes in ("shirt", "blazer"):
        return -capsule(np.abs(u), v, (0.18, 0.58), (0.22, 0.7), (0.03, 0.05))
    return np.full_like(u, -9)


_GARMENTS: dict[str, Callable[[Look, Floats, Floats], Draped]] = {
    "tee": _tee,
    "turtleneck": _turtleneck,
    "shirt": _shirt,
    "hoodie": _hoodie,
    "blazer": _blazer,
}
