"""Draws the room behind the person: wall, window, bookshelf, plant, poster and lamp, slightly out of focus.

Lengths are in frame heights, from the top left corner.
"""

import cv2
import numpy as np

from benchmarks.people.paint import Floats, noise
from realtime.frame import Pixels

Colour = tuple[float, float, float]
_SS = 2

_WALLS: tuple[Colour, ...] = (
    (206, 214, 220),
    (190, 204, 196),
    (212, 206, 196),
    (168, 178, 190),
    (150, 158, 148),
    (196, 206, 222),
)
_BOOKS: tuple[Colour, ...] = (
    (60, 66, 148), (120, 84, 52), (70, 110, 76), (190, 200, 210), (40, 44, 50), (70, 140, 190), (140, 150, 90),
    (96, 60, 110), (150, 170, 190),
)  # fmt: skip


class _Canvas:
    """A canvas larger than needed, on which everything is drawn flat; light is added at the end."""

    def __init__(self, width_px: int, height_px: int, wall: Colour) -> None:
        self.unit = height_px * _SS
        self.aspect = width_px / height_px
        self.pixels = np.full((height_px * _SS, width_px * _SS, 3), wall, np.uint8)
        self.glow = np.zeros((*self.pixels.shape[:2], 1), np.float32)

    def poly(self, points: Floats, colour: Colour) -> None:
        at = np.round(points * self.unit * 16).astype(np.int32)
        cv2.fillPoly(self.pixels, [at], colour, cv2.LINE_AA, 4)

    def rect(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.poly(np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float32), colour)

    def shade(self, x: float, y: float, width: float, height: float, strength: float, blur: float) -> None:
        """Darken a soft-edged box: a shadow."""
        x0, y0 = (max(0, int((c - 2 * blur) * self.unit)) for c in (x, y))
        x1, y1 = int((x + width + 2 * blur) * self.unit), int((y + height + 2 * blur) * self.unit)
        part = self.pixels[y0:y1, x0:x1]
        if not part.size:
            return
        xs, ys = (np.arange(n, dtype=np.float32) for n in part.shape[1::-1])
        across = _soft(xs / self.unit + x0 / self.unit, x, x + width, blur)
        down = _soft(ys / self.unit + y0 / self.unit, y, y + height, blur)
        part[:] = (part * (1 - strength * down[:, None] * across)[..., None]).astype(np.uint8)

    def round_off(self, x: float, y: float, width: float, height: float, strength: float) -> None:
        """Shade a box like an upright cylinder."""
        x0, x1, y0, y1 = (max(0, round(c * self.unit)) for c in (x, x + width, y, y + height))
        part = self.pixels[y0:y1, x0:x1]
        if part.size:
            t = (np.arange(part.shape[1]) + 0.5) / max(1, x1 - x0)
            part[:] = (part * (1 - strength * np.abs(2 * t - 0.8) ** 2).clip(0, 1)[None, :, None]).astype(np.uint8)


def _soft(x: Floats, low: float, high: float, blur: float) -> Floats:
    rise = np.clip((x - low) / blur + 0.5, 0, 1) * np.clip((high - x) / blur + 0.5, 0, 1)
    return np.asarray(rise * rise * (3 - 2 * rise), np.float32)


def room(seed: int, width_px: int, height_px: int, side: float) -> Pixels:
    """Draw the background plate, ``(H, W, 3) uint8 BGR``, with the window left (``side`` -1) or right (1)."""
    rng = np.random.default_rng((seed, 13))
    canvas = _Canvas(width_px, height_px, _WALLS[seed % len(_WALLS)])
    a = canvas.aspect

    def beside(centre: float, width: float) -> float:
        """Return the left edge of an object ``centre`` away from the window's side of the frame."""
        return (centre if side < 0 else a - centre) - width / 2

    _window(canvas, rng, beside(0.2 * a, 0.62), 0.06, 0.62, 0.62)
    if a > 1:
        _poster(canvas, rng, beside(0.47 * a, 0.3), 0.1, 0.3, 0.38)
    _shelf(canvas, rng, beside(0.83 * a, 0.52), 0.13, 0.52, 0.9)
    lamp = seed % 2 == 0
    if lamp:
        _lamp(canvas, beside(0.645 * a, 0.0), 0.32)
    _plant(canvas, rng, beside(0.42 * a if lamp else 0.6 * a, 0.0), 0.83)
    return _light(canvas, rng, side, width_px, height_px)


def _light(canvas: _Canvas, rng: np.random.Generator, side: float, width_px: int, height_px: int) -> Pixels:
    """Add daylight that falls off from the window, the lamp's glow, plaster, and a slight defocus."""
    small = cv2.resize(canvas.pixels, (width_px, height_px), interpolation=cv2.INTER_AREA).astype(np.float32)
    glow = cv2.resize(canvas.glow, (width_px, height_px), interpolation=cv2.INTER_AREA)[..., None]
    x = (np.arange(width_px, dtype=np.float32) + 0.5) / height_px
    y = (np.arange(height_px, dtype=np.float32) + 0.5) / height_px
    away = x if side < 0 else canvas.aspect - x
    day = 0.62 + 0.4 * np.exp(-((away[None] / (0.55 * canvas.aspect)) ** 2)) - 0.12 * (y[:, None] - 0.4)
    plaster = 0.985 + 0.03 * noise(*np.meshgrid(x * 30, y * 30), 81, 3)
    warm = np.array([0.5, 0.8, 1.0], np.float32)
    picture = small * (day * plaster)[..., None] + (35 + small) * glow * warm * 0.55
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), max(0.6, height_px * rng.uniform(0.0025, 0.006)))
    return np.clip(picture, 0, 255).astype(np.uint8)


def _window(canvas: _Canvas, rng: np.random.Generator, x: float, y: float, width: float, height: float) -> None:
    canvas.shade(x - 0.02, y, width + 0.04, height + 0.04, 0.25, 0.05)
    canvas.rect(x, y, width, height, (236, 240, 242))
    inner = 0.025
    rows = 24
    for i in range(rows):  # the sky, from the top down
        t = i / rows
        colour = (255 - 15 * t, 244 - 6 * t, 226 + 14 * t)
        canvas.rect(
            x + inner,
            y + inner + (height - 2 * inner) * t,
            width - 2 * inner,
            (height - 2 * inner) / rows + 0.002,
            colour,
        )
    for _ in range(70):  # trees far away
        cx, cy = x + inner + rng.uniform(0.03, width - 0.08), y + height * rng.uniform(0.72, 0.98)
        r = rng.uniform(0.02, 0.05)
        angle = np.linspace(0, 6.283, 14, endpoint=False)
        blob = np.stack([cx + r * np.cos(angle), np.minimum(cy + r * np.sin(angle), y + height - inner)], -1).astype(
            np.float32
        )
        blob[:, 0] = np.clip(blob[:, 0], x + inner, x + width - inner)
        light = rng.uniform(0.8, 1.15)
        canvas.poly(blob, (150 * light, 190 * light, 168 * light))
    canvas.rect(x + width / 2 - 0.011, y, 0.022, height, (228, 232, 234))
    canvas.rect(x, y + height * 0.36, width, 0.018, (228, 232, 234))
    canvas.rect(x - 0.03, y + height, width + 0.06, 0.03, (232, 236, 240))
    canvas.shade(x - 0.02, y + height + 0.03, width + 0.04, 0.02, 0.3, 0.03)
    for left in (x - 0.1, x + width - 0.07):  # curtains
        folds = 26
        for i in range(folds):
            tone = 0.86 + 0.12 * np.sin(i * 1.7 + 1) + 0.05 * rng.random()
            canvas.rect(
                left + 0.17 * i / folds,
                y - 0.05,
                0.17 / folds + 0.002,
                height + 0.35,
                (214 * tone, 222 * tone, 226 * tone),
            )
    canvas.rect(x - 0.16, y - 0.055, width + 0.32, 0.012, (90, 96, 104))


def _shelf(canvas: _Canvas, rng: np.random.Generator, x: float, y: float, width: float, height: float) -> None:
    wood: Colour = ((92, 128, 162), (60, 82, 108), (200, 206, 210))[int(rng.integers(3))]
    canvas.shade(x + 0.02, y + 0.03, width + 0.02, height, 0.4, 0.06)
    canvas.rect(x, y, width, height, wood)
    boards, edge = 4, 0.016
    room_y = (height - edge) / boards
    for i in range(boards):
        top = y + edge + i * room_y
        dark: Colour = (wood[0] * 0.6, wood[1] * 0.6, wood[2] * 0.6)
        canvas.rect(x + edge, top, width - 2 * edge, room_y - edge, dark)
        _books(canvas, rng, x + edge + 0.006, top, width - 2 * edge - 0.012, room_y - edge)
        canvas.shade(x + edge, top - 0.01, width - 2 * edge, 0.03, 0.5, 0.03)


def _books(canvas: _Canvas, rng: np.random.Generator, x: float, y: float, width: float, height: float) -> None:
    at, end = x + rng.uniform(0, 0.03), x + width
    while at < end - 0.03:
        if rng.random() < 0.1:
            at += rng.uniform(0.03, 0.08)
            continue
        thick, tall = rng.uniform(0.014, 0.034), height * rng.uniform(0.6, 0.9)
        book = _BOOKS[int(rng.integers(len(_BOOKS)))]
        tone = rng.uniform(0.75, 1.1)
        colour: Colour = (book[0] * tone, book[1] * tone, book[2] * tone)
        if at + thick > end:
            break
        top = y + height - tall
        canvas.rect(at, top, thick - 0.0015, tall, colour)
        canvas.round_off(at, top, thick, tall, 0.45)
        if rng.random() < 0.6:
            band = min(255.0, 90 + max(book) * 0.8)
            canvas.rect(
                at + thick * 0.2,
                top + tall * rng.uniform(0.12, 0.3),
                thick * 0.55,
                tall * rng.uniform(0.04, 0.25),
                (band * 0.8, band * 0.9, band),
            )
        at += thick


def _poster(canvas: _Canvas, rng: np.random.Generator, x: float, y: float, width: float, height: float) -> None:
    canvas.shade(x + 0.012, y + 0.016, width, height, 0.35, 0.03)
    canvas.rect(x, y, width, height, (52, 56, 60))
    canvas.rect(x + 0.01, y + 0.01, width - 0.02, height - 0.02, (232, 238, 240))
    x, y, width, height = x + 0.035, y + 0.04, width - 0.07, height - 0.09
    palette = ((150, 170, 120), (110, 140, 210), (92, 110, 180), (70, 80, 110), (150, 190, 230))
    canvas.rect(x, y, width, height, (196, 216, 226))
    sun = np.linspace(0, 6.283, 40, endpoint=False)
    canvas.poly(
        np.stack([x + width * 0.62 + 0.035 * np.cos(sun), y + height * 0.3 + 0.035 * np.sin(sun)], -1).astype(
            np.float32
        ),
        (96, 150, 226),
    )
    for i in range(4):  # hills, from far to near
        t = np.linspace(0, 1, 40)
        line = y + height * (0.45 + 0.14 * i) + height * 0.07 * np.sin(t * rng.uniform(3, 7) + rng.uniform(0, 6))
        top = np.stack([x + width * t, np.minimum(line, y + height)], -1)
        canvas.poly(
            np.concatenate([top, [(x + width, y + height), (x, y + height)]]).astype(np.float32),
            palette[(i + int(rng.integers(5))) % 5],
        )


def _lamp(canvas: _Canvas, x: float, y: float) -> None:
    canvas.rect(x - 0.006, y, 0.012, 1.0 - y, (52, 58, 66))
    shade = np.array(
        [(x - 0.06, y - 0.13), (x + 0.06, y - 0.13), (x + 0.09, y + 0.04), (x - 0.09, y + 0.04)], np.float32
    )
    canvas.poly(shade, (188, 218, 240))
    height, width = canvas.pixels.shape[:2]
    gx = (np.arange(width, dtype=np.float32) / canvas.unit - x) / 0.3
    gy = (np.arange(height, dtype=np.float32) / canvas.unit - y + 0.04) / 0.34
    canvas.glow[..., 0] += np.exp(-0.5 * (gx[None] ** 2 + gy[:, None] ** 2)) * 0.9


def _plant(canvas: _Canvas, rng: np.random.Generator, x: float, y: float) -> None:
    pot = np.array([(x - 0.085, y), (x + 0.085, y), (x + 0.065, y + 0.2), (x - 0.065, y + 0.2)], np.float32)
    for i in range(34):
        angle = rng.uniform(-1.25, 1.25)
        long, wide = rng.uniform(0.2, 0.42) * (1 - 0.25 * abs(angle)), rng.uniform(0.016, 0.034)
        t = np.linspace(0, 1, 16)
        spine_u = x + long * np.sin(angle * (0.5 + 0.6 * t)) * t
        spine_v = y + 0.01 - long * np.cos(angle * (0.5 + 0.75 * t)) * t
        half = wide * np.sin(np.pi * np.clip(t * 1.25 - 0.25, 0, 1)) + 0.002
        tone = 0.5 + 0.6 * i / 34 + rng.uniform(-0.1, 0.1)
        left = np.stack([spine_u - half * np.cos(angle), spine_v - half * np.sin(angle)], -1)
        right = np.stack([spine_u + half * np.cos(angle), spine_v + half * np.sin(angle)], -1)
        spine = np.stack([spine_u, spine_v], -1)
        canvas.poly(np.concatenate([left, spine[::-1]]).astype(np.float32), (58 * tone, 112 * tone, 66 * tone))
        canvas.poly(np.concatenate([right, spine[::-1]]).astype(np.float32), (72 * tone, 136 * tone, 84 * tone))
    canvas.poly(pot, (176, 190, 206))
    canvas.round_off(x - 0.085, y, 0.17, 0.2, 0.35)
