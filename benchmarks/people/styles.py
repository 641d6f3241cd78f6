"""The hair styles: the roots and directions of strands behind the neck, in front of the face, and loose ones."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.people.appearance import Look
from benchmarks.people.face import beard_area, hairline
from benchmarks.people.hair import Strands, frizz, grow, skull
from benchmarks.people.paint import Floats

MASS, FINE, LOOSE = 0.006, 0.0019, 0.0009
"""Widths in heads: filling strands, visible strands, loose strands."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hair:
    """All strands of a head, each list from bottom to top layer."""

    behind: list[Strands]
    before: list[Strands]


def style(look: Look) -> Hair:
    """Make the hair of ``look``, the same at every call."""
    rng = np.random.default_rng((look.seed, 5))
    hair = _STYLES[look.hair](look, rng)
    if look.beard:
        hair.before.extend(_beard(look, rng))
    return hair


def _layers(points: Floats, rng: np.random.Generator, *, dark: float = 0.75) -> list[Strands]:
    """Make a filled mass: thick dark strands, then fine ones over them with light and dark streaks."""
    n = len(points)
    streak = 0.75 + 0.5 * rng.random(n).astype(np.float32) ** 1.5
    few = np.ascontiguousarray(points[:: max(1, n // 1200), : -max(1, points.shape[1] // 4)])
    shift = rng.normal(0, 0.004, (n, 1, 2)).astype(np.float32)
    return [
        Strands(points=few, width=MASS, shade=np.full(len(few), dark, np.float32), flat=True),
        Strands(points=points + shift, width=FINE * 1.5, shade=streak * 0.9, flat=True),
        Strands(points=points + np.roll(shift, 1, axis=0), width=FINE, shade=np.roll(streak, 1)),
    ]


def _loose(points: Floats, rng: np.random.Generator, count: int, reach: float, waves: float = 1.0) -> Strands:
    """Make single hairs that diverge from the mass towards their tips."""
    picked = points[rng.integers(0, len(points), count)]
    s = picked.shape[1]
    t = np.linspace(0, 1, s, dtype=np.float32)[:, None]
    away = rng.normal(0, reach, (count, 1, 2)).astype(np.float32) + rng.uniform(
        0.1, 1.0, (count, 1, 1)
    ) * reach * np.sign(picked[:, :, :1]) * [1, 0]
    bent = frizz((picked + away * t**1.5).astype(np.float32), rng, reach * 0.5, waves)
    return Strands(points=bent, width=LOOSE, shade=rng.uniform(0.8, 1.5, count).astype(np.float32))


def _fuzz(points: Floats, rng: np.random.Generator, count: int, reach: float) -> Strands:
    """Make short hairs that rise from the surface of the mass, including the crown."""
    s = points.shape[1]
    span = max(4, s // 4)
    picked, first = rng.integers(0, len(points), (count, 1)), rng.integers(0, max(1, 2 * s // 3 - span), (count, 1))
    bits = points[picked, first + np.arange(span)]
    out = bits - np.array([0, -0.05], np.float32)
    out /= np.linalg.norm(out, axis=-1, keepdims=True) + 1e-6
    rise = np.linspace(0, 1, span)[:, None] ** 1.3 * rng.exponential(reach, (count, 1, 1))
    bent = frizz((bits + out * rise).astype(np.float32), rng, reach * 0.4, 1.0)
    return Strands(points=bent, width=LOOSE, shade=rng.uniform(0.8, 1.4, count).astype(np.float32), flat=True)


def _knots(*columns: tuple[Floats, Floats]) -> Floats:
    return np.array([np.stack([u, v], -1) for u, v in columns], np.float32)


def _falling(
    look: Look, rng: np.random.Generator, *, length: float, volume: float, waves: float, inward: float, part: float
) -> Hair:
    """Make hair that is parted on the crown and falls beside the face to ``length``."""
    n = 2600
    side = np.where(rng.random(n) < 0.5, -1.0, 1.0)
    r = np.sort(rng.random(n))[::-1]  # 1 is outside and behind; 0 frames the face and is drawn last
    jitter = rng.normal(0, 0.008, n)
    root_v = -0.34 - (0.2 + volume) * r
    root_u = part + side * 0.012 + jitter
    bow = 0.02 + volume * (0.5 + 0.5 * r)
    temple = side * (0.265 + 0.1 * r + bow * 0.8) + part * 0.3
    cheek = side * (0.315 + 0.07 * r + bow) + jitter
    low = side * (0.33 + 0.1 * r + bow * 0.8 - inward * 0.3) + 2 * jitter
    lock = np.floor(r * 9 + rng.normal(0, 0.25, n)) / 9  # strands end in pointed locks
    end = side * (0.32 + 0.13 * lock - inward) + rng.normal(0, 0.011, n)
    end_v = length * (0.9 + 0.1 * np.sin(lock * 40 + side) - 0.35 * rng.random(n) ** 2) - 0.05 * r
    mid_v = 0.45 * length + 0.02
    knots = _knots(
        (root_u, root_v),
        ((root_u + temple) / 2, -0.33 - (0.2 + volume) * r),
        (temple, -0.24 - 0.05 * r),
        (cheek, np.full(n, 0.02)),
        (low, np.full(n, mid_v)),
        (end, end_v),
    )
    points = frizz(grow(knots), rng, 0.012 + 0.05 * waves, 1 + 1.6 * waves)
    m = 1100
    u = rng.uniform(-0.4, 0.4, m)
    back = grow(
        _knots(
            (u * 0.8, np.full(m, -0.3)),
            (u, np.full(m, 0.1)),
            (u * 1.1, np.full(m, mid_v)),
            (u * (1.1 - inward), length * rng.uniform(0.7, 0.97, m)),
        )
    )
    back = frizz(back, rng, 0.012 + 0.05 * waves, 1 + 1.6 * waves)
    outer = points[: n // 3]
    return Hair(
        behind=[
            Strands(points=back, width=MASS * 1.3, shade=np.full(m, 0.45, np.float32), flat=True),
            Strands(points=back, width=FINE, shade=rng.uniform(0.4, 0.7, m).astype(np.float32), flat=True),
            _loose(outer, rng, 150, 0.06, 1.2),
        ],
        before=[*_layers(points, rng), _loose(outer, rng, 130, 0.05, 1.2), _fuzz(points[: n // 6], rng, 260, 0.025)],
    )


def _cap(
    look: Look, rng: np.random.Generator, *, n: int, length: float, sweep: float, lift: float, spread: float
) -> Floats:
    """Make short strands all over the scalp, standing out and swept to one side, from back to front."""
    angle = rng.uniform(-1.85, 1.85, n)
    r = np.sort(rng.random(n) ** 0.8)[::-1]
    top_u, top_v = np.sin(angle), -np.cos(angle)
    front_u = 0.33 * top_u
    front_v = hairline(look, np.abs(front_u).astype(np.float32)) + 0.02
    edge_v = np.clip(top_v * 0.49, -0.5, 0.12)
    edge_u = np.sign(top_u) * np.minimum(skull(look, edge_v.astype(np.float32), 0.0), np.abs(top_u) * 0.42)
    root_u, root_v = front_u + (edge_u - front_u) * r, front_v + (edge_v - front_v) * r
    side = np.clip(np.abs(root_u) / 0.34, 0, 1)
    long = length * rng.uniform(0.6, 1.1, n) * (1 - 0.72 * side**2)
    direct_u = root_u * 1.6 + sweep * (1 - side) ** 1.5 + spread * rng.uniform(-1.6, 1.6, n)
    direct_v = -(1 - 0.75 * side**3) + 0.7 * side**3 + 0.6 * spread * rng.uniform(-1.6, 1.6, n)
    size = np.hypot(direct_u, direct_v)
    direct_u, direct_v = direct_u / size, direct_v / size
    rise = lift * (1 - 0.6 * side)
    return grow(
        _knots(
            (root_u, root_v),
            (root_u + 0.45 * long * direct_u, root_v + 0.45 * long * direct_v - rise * 0.3),
            (root_u + 0.8 * long * direct_u + 0.2 * sweep * long, root_v + 0.8 * long * direct_v - rise * 0.2),
            (root_u + long * direct_u + 0.45 * sweep * long, root_v + long * direct_v + 0.2 * abs(sweep) * long),
        ),
        9,
    )


def _short(look: Look, rng: np.random.Generator) -> Hair:
    points = frizz(_cap(look, rng, n=4200, length=0.15, sweep=0.5, lift=0.03, spread=0.35), rng, 0.006, 1)
    return Hair(behind=[], before=[*_layers(points, rng), _loose(points[:1500], rng, 260, 0.028)])


def _swept(look: Look, rng: np.random.Generator) -> Hair:
    points = frizz(_cap(look, rng, n=4200, length=0.27, sweep=-1.2, lift=0.07, spread=0.14), rng, 0.007, 1)
    return Hair(behind=[], before=[*_layers(points, rng), _loose(points[:2000], rng, 200, 0.025)])


def _curly(look: Look, rng: np.random.Generator) -> Hair:
    n, s = 2300, 26
    angle = rng.uniform(-2.35, 2.35, n)
    r = np.sort(rng.random(n) ** 0.7)[::-1]
    inner = np.stack(
        [
            np.sign(angle)
            * np.where(
                np.abs(angle) < 1.2, 0.3 * np.sin(np.abs(angle)), 0.28 + 0.1 * np.clip(np.abs(angle) - 1.2, 0, 0.9)
            ),
            np.where(np.abs(angle) < 1.3, -0.30 + 0.05 * np.abs(angle), -0.36 * np.cos(angle) - 0.16),
        ],
        -1,
    )
    outer = np.stack([0.53 * np.sin(angle), -0.6 * np.cos(angle) - 0.04], -1)
    centre = inner + (outer - inner) * r[:, None] + rng.normal(0, 0.02, (n, 2))
    out = np.stack([np.sin(angle), -np.cos(angle)], -1) + rng.normal(0, 0.4, (n, 2))
    t = np.linspace(0, 1, s)[None, :, None]
    turns, start = rng.uniform(1.2, 2.4, (n, 1, 1)), rng.uniform(0, 6.3, (n, 1, 1))
    radius = rng.uniform(0.012, 0.028, (n, 1, 1))
    whirl = start + turns * 6.3 * t
    coil = radius * np.concatenate([np.cos(whirl), np.sin(whirl)], -1)
    points = (centre[:, None] + out[:, None] * 0.09 * t + coil).astype(np.float32)
    fill = grow(np.stack([inner, (inner + centre) / 2, centre]), 5)
    mass = Strands(points=fill, width=0.03, shade=np.full(n, 0.5, np.float32), flat=True)
    deep = points[r > 0.35]
    return Hair(
        behind=[mass, Strands(points=deep, width=FINE * 1.5, shade=np.full(len(deep), 0.6, np.float32), flat=True)],
        before=[
            Strands(points=fill[r < 0.8], width=0.016, shade=np.full(int((r < 0.8).sum()), 0.5, np.float32), flat=True),
            Strands(points=points, width=FINE * 1.2, shade=rng.uniform(0.5, 1.7, n).astype(np.float32)),
            _loose(points[: n // 2], rng, 260, 0.03),
        ],
    )


def _bun(look: Look, rng: np.random.Generator) -> Hair:
    n = 2400
    angle = rng.uniform(-1.9, 1.9, n)
    r = np.sort(rng.random(n))[::-1]
    front_u = 0.335 * np.sin(angle)
    front_v = hairline(look, np.abs(front_u).astype(np.float32)) + 0.03 * rng.random(n)
    edge_v = np.clip(-0.5 * np.cos(angle), -0.5, 0.15)
    edge_u = np.sign(angle) * np.minimum(skull(look, edge_v.astype(np.float32), 0.02), np.abs(np.sin(angle)) * 0.45)
    root_u, root_v = front_u + (edge_u - front_u) * r, front_v + (edge_v - front_v) * r
    mid_u, mid_v = root_u * (0.82 - 0.25 * (1 - r)), np.minimum(root_v * 0.5 - 0.26, -0.3) - 0.03
    points = frizz(
        grow(
            _knots(
                (root_u, root_v), (root_u * 0.98, root_v * 0.8 - 0.1), (mid_u, mid_v), (root_u * 0.18, np.full(n, -0.5))
            )
        ),
        rng,
        0.005,
        1,
    )
    m = 900
    start, size = rng.uniform(0, 6.3, (m, 1)), 0.15 * np.sqrt(rng.random((m, 1)))
    t = np.linspace(0, 1, 14)[None]
    whirl, radius = start + 2.2 * t, size * (1 - 0.25 * t) + 0.005 * rng.normal(0, 1, (m, 1))
    knot = np.stack([radius * np.cos(whirl), -0.61 + 0.85 * radius * np.sin(whirl)], -1).astype(np.float32)
    side, stray = np.where(rng.random(50) < 0.5, -1.0, 1.0), rng.normal(0, 0.012, (6, 50))
    wisps = grow(
        _knots(
            (side * 0.31, -0.14 + stray[0]),
            (side * 0.345 + stray[1], -0.02 + stray[2]),
            (side * 0.35 + 2 * stray[3], 0.12 + 4 * stray[4]),
        )
    )
    return Hair(
        behind=[*_layers(knot, rng, dark=0.6), _loose(knot, rng, 140, 0.045)],
        before=[
            *_layers(points, rng),
            _fuzz(points[: n // 5], rng, 300, 0.016),
            Strands(points=frizz(wisps, rng, 0.02, 1.2), width=LOOSE * 1.3, shade=np.ones(50, np.float32)),
        ],
    )


def _bob(look: Look, rng: np.random.Generator) -> Hair:
    hair = _falling(look, rng, length=0.5, volume=0.06, waves=0.1, inward=0.08, part=0.04)
    n = 1500
    u = rng.uniform(-0.27, 0.27, n)
    order = np.argsort(-np.abs(u) + rng.normal(0, 0.1, n))
    u = u[order]
    fringe = grow(
        _knots(
            (0.04 + 0.25 * u, np.full(n, -0.5)),
            (0.55 * u + 0.02, np.full(n, -0.46)),
            (0.95 * u, np.full(n, -0.3)),
            (1.1 * u + rng.normal(0, 0.008, n), -0.13 + 0.06 * (u / 0.27) ** 2 + rng.normal(0, 0.012, n)),
        )
    )
    hair.before.extend([*_layers(frizz(fringe, rng, 0.006, 1), rng), _loose(fringe, rng, 60, 0.02)])
    return hair


def _beard(look: Look, rng: np.random.Generator) -> list[Strands]:
    u, v = rng.uniform(-0.36, 0.36, 16000).astype(np.float32), rng.uniform(0.0, 0.5, 16000).astype(np.float32)
    keep = (beard_area(u, v) > rng.random(16000) * 0.8) & (np.abs(u) < skull(look, v) - 0.008)
    u, v = u[keep], v[keep]
    order = np.argsort(v)[::-1]
    u, v = u[order], v[order]
    n = len(u)
    low = np.clip((v - 0.2) / 0.3, 0, 1)
    long = (0.02 + 0.055 * low) * rng.uniform(0.6, 1.2, n)
    du, dv = u * (1.2 + low) + rng.normal(0, 0.3, n), 0.9 + rng.normal(0, 0.25, n)
    points = grow(_knots((u, v), (u + 0.5 * long * du, v + 0.5 * long * dv), (u + 0.8 * long * du, v + long * dv)), 6)
    shade = rng.uniform(0.5, 1.2, n).astype(np.float32)
    return [Strands(points=points, width=FINE * 0.8, shade=shade), _loose(points[: n // 2], rng, 160, 0.01)]


_STYLES: dict[str, Callable[[Look, np.random.Generator], Hair]] = {
    "long": lambda look, rng: _falling(look, rng, length=1.05, volume=0.05, waves=0.12, inward=0.0, part=0.03),
    "wavy": lambda look, rng: _falling(look, rng, length=0.95, volume=0.09, waves=0.75, inward=0.02, part=-0.07),
    "bob": _bob,
    "short": _short,
    "swept": _swept,
    "curly": _curly,
    "bun": _bun,
    "bald": lambda look, rng: Hair(behind=[], before=[]),
}
