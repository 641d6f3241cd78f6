"""Image augmentation that imitates a webcam, its lens and its room: colour, light, blur, noise, compression.

Pure functions of ``(H, W, 3) uint8 BGR`` and a random generator; shape and type stay the same.
"""

import cv2
import numpy as np

from models.pairs import Pixels

Generator = np.random.Generator


def recolour(pixels: Pixels, rng: Generator, strength: float = 1.0) -> Pixels:
    """Change exposure, gamma, white balance and saturation, by one table per channel and one mix with grey."""
    ramp = np.arange(256, dtype=np.float32) / 255
    gamma = float(np.exp(rng.normal(0, 0.25 * strength)))
    gain = np.exp(rng.normal(0, 0.16 * strength) + rng.normal(0, 0.07 * strength, 3))
    lift = rng.normal(0, 0.03 * strength)
    tables = np.clip((ramp[:, None] ** gamma * gain + lift) * 255, 0, 255).astype(np.uint8)
    out = cv2.LUT(pixels, tables[None])
    if rng.random() < 0.5 * strength:
        grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        saturation = float(np.clip(rng.normal(1, 0.35), 0, 1.8))
        out = cv2.addWeighted(out, saturation, grey, 1 - saturation, 0)
    return np.asarray(out, np.uint8)


def light(pixels: Pixels, rng: Generator) -> Pixels:
    """Multiply by a soft gradient of brightness: a window, a lamp, a vignette."""
    h, w = pixels.shape[:2]
    corners = np.exp(rng.normal(0, 0.35, (2, 2))).astype(np.float32)
    field = cv2.resize(corners, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(pixels, cv2.merge([field] * 3), dtype=cv2.CV_8U), np.uint8)


def mood(pixels: Pixels, alpha: Pixels, rng: Generator) -> Pixels:
    """Make the image grey, a silhouette before a bright room, or lit in colour; ``alpha`` is ``(H, W) uint8``."""
    kind = rng.random()
    if kind < 0.35:
        return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    inside = (alpha.astype(np.float32) / 255)[..., None]
    if kind < 0.7:
        person, room = float(rng.uniform(0.08, 0.6)), float(rng.uniform(0.9, 1.8))
        gain = inside * person + (1 - inside) * room
    else:
        tint = np.exp(rng.normal(0, 0.6, 3)).astype(np.float32)
        gain = tint * (inside + (1 - inside) * float(rng.uniform(0.1, 1.0)))
    return np.clip(pixels * gain, 0, 255).astype(np.uint8)


def veil(pixels: Pixels, alpha: Pixels, rng: Generator) -> Pixels:
    """Blur or pixelate the highest head, as in images that hide who is in them; ``alpha`` is ``(H, W) uint8``."""
    rows = np.flatnonzero(alpha.max(axis=1) > 127)
    if not rows.size:
        return pixels
    tall = int(rows[-1] - rows[0]) + 1
    radius = max(2, int(tall * rng.uniform(0.06, 0.2)))
    y = int(rows[0]) + int(radius * rng.uniform(0.8, 1.4))
    columns = np.flatnonzero(alpha[min(y, int(rows[-1]))] > 127)
    x = int(columns.mean()) if columns.size else alpha.shape[1] // 2
    head: Pixels = np.zeros(alpha.shape, np.uint8)
    cv2.ellipse(head, (x, y), (max(1, int(radius * 0.8)), radius), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cell = max(2, radius // int(rng.integers(2, 7)))
    small = cv2.resize(pixels, None, fx=1 / cell, fy=1 / cell, interpolation=cv2.INTER_AREA)
    way = cv2.INTER_NEAREST if rng.random() < 0.3 else cv2.INTER_CUBIC
    hidden = cv2.resize(small, (alpha.shape[1], alpha.shape[0]), interpolation=way)
    weight = (head / np.float32(255))[..., None]
    return np.asarray(pixels + weight * (hidden - pixels.astype(np.float32)), np.uint8)


def degrade(pixels: Pixels, rng: Generator) -> Pixels:
    """Apply blur, a poor scaler, sensor noise and JPEG, each with some probability."""
    h, w = pixels.shape[:2]
    out = pixels
    if rng.random() < 0.25:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.6))), np.uint8)
    if rng.random() < 0.15:
        shrink = float(rng.uniform(0.4, 0.8))
        small = cv2.resize(out, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        out = np.asarray(cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < 0.5:
        sigma = float(rng.gamma(1.5, 3.0))
        noise = rng.standard_normal((h, w, 3), dtype=np.float32) * sigma
        out = np.clip(out + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(12, 96))
        _, coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, quality])
        out = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return out


def shake(pixels: Pixels, alpha: Pixels, rng: Generator, *, reach_px: float = 3) -> tuple[Pixels, Pixels]:
    """Make the next shot of an image and its matte ``(H, W) uint8``: moved by up to ``reach_px``, exposed otherwise."""
    h, w = alpha.shape
    x, y = rng.uniform(-reach_px, reach_px, 2)
    move = np.array([[1, 0, x], [0, 1, y]], np.float32)
    moved, matte = (cv2.warpAffine(a, move, (w, h), borderMode=cv2.BORDER_REPLICATE) for a in (pixels, alpha))
    noise = rng.standard_normal((h, w, 3), dtype=np.float32) * float(rng.gamma(1.5, 2.0))
    shot = moved * float(np.exp(rng.normal(0, 0.06))) + noise
    return np.clip(shot, 0, 255).astype(np.uint8), np.asarray(matte, np.uint8)
