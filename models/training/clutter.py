"""Random objects behind the person: coloured, striped, textured shapes, so that the network does not take them for one.

Pure functions of ``(H, W, 3) uint8 BGR`` and a random generator; shape and type stay the same.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from models.pairs import Pixels
from models.training.augment import Generator, recolour


def shape(size: tuple[int, int], rng: Generator) -> Pixels:
    """Draw one ellipse, bar or polygon: ``(H, W) uint8``, 255 inside, with a sharp or a blurred edge."""
    height, width = size
    mask: Pixels = np.zeros(size, np.uint8)
    centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
    half = np.exp(rng.uniform(np.log(0.04), np.log(0.4), 2)) * min(size)
    if rng.random() < 0.1:  # a flag or a curtain: upright, and cut by the bottom border as a raised arm is
        half = np.array([rng.uniform(0.03, 0.2) * min(size), rng.uniform(0.15, 0.8) * height])
        centre = (centre[0], int(height - half[1] * rng.uniform(0.3, 1)))
    kind = int(rng.integers(3))
    if kind == 0:
        axes = (max(1, int(half[0])), max(1, int(half[1])))
        cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
    else:
        count = 4 if kind == 1 else int(rng.integers(3, 9))
        angles = np.sort(rng.uniform(0, 2 * np.pi, count)) if kind == 2 else np.arange(4) * np.pi / 2 + np.pi / 4
        points = np.stack([np.cos(angles), np.sin(angles)], 1) * half * np.sqrt(2)
        turn = rng.normal(0, 0.3)
        turned = points @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + centre
        cv2.fillPoly(mask, [np.rint(turned).astype(np.int32)], 255, cv2.LINE_AA)
    if rng.random() < 0.5:
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.5, 3))), np.uint8)
    return mask


def surface(size: tuple[int, int], rooms: Sequence[Pixels], rng: Generator) -> Pixels:
    """Make the surface of an object: a part of a room in other colours, or stripes of a few plain colours."""
    height, width = size
    if rng.random() < 0.5:
        room = rooms[int(rng.integers(len(rooms)))]
        h, w = (max(2, int(side * rng.uniform(0.15, 0.6))) for side in room.shape[:2])
        y, x = int(rng.integers(0, room.shape[0] - h + 1)), int(rng.integers(0, room.shape[1] - w + 1))
        piece = cv2.resize(room[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_AREA)
        return recolour(np.asarray(piece, np.uint8), rng, 2.0)
    colours: Pixels = rng.integers(0, 256, (1, int(rng.integers(1, 12)), 3), np.uint8)
    if rng.random() < 0.5:
        colours = np.ascontiguousarray(colours.transpose(1, 0, 2))
    way = cv2.INTER_NEAREST if rng.random() < 0.5 else cv2.INTER_LINEAR
    stripes = np.asarray(cv2.resize(colours, (width, height), interpolation=way), np.uint8)
    return folded(stripes, rng) if rng.random() < 0.5 else stripes


def folded(cloth: Pixels, rng: Generator) -> Pixels:
    """Shade a surface as hanging cloth, whose folds run from top to bottom."""
    height, width = cloth.shape[:2]
    ridges = rng.uniform(0.3, 1.3, (2, int(rng.integers(4, 24)))).astype(np.float32)
    shade = cv2.resize(ridges, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(cloth, cv2.merge([shade] * 3), dtype=cv2.CV_8U), np.uint8)


def clutter(picture: Pixels, alpha: Pixels, rooms: Sequence[Pixels], rng: Generator) -> Pixels:
    """Put one to four objects behind the person; ``alpha`` is ``(H, W) uint8``."""
    size = alpha.shape[0], alpha.shape[1]
    out = picture.astype(np.float32)
    free: npt.NDArray[np.float32] = np.asarray(1 - alpha / 255, np.float32)
    for _ in range(int(rng.integers(1, 5))):
        weight = (free * (shape(size, rng).astype(np.float32) / 255))[..., None]
        out += weight * (surface(size, rooms, rng) - out)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def poster(picture: Pixels, alpha: Pixels, photograph: Pixels, rng: Generator) -> Pixels:
    """Put a framed photograph of a person, as on a poster or screen, behind the person. It is not in the matte."""
    height, width = alpha.shape
    tall = int(height * rng.uniform(0.12, 0.4))
    wide = int(tall * photograph.shape[1] / photograph.shape[0])
    border = max(1, round(tall * rng.uniform(0.01, 0.08)))
    if tall <= 2 * border + 4 or wide <= 2 * border + 4 or wide > width:
        return picture
    y, x = int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1))
    inner = cv2.resize(photograph, (wide - 2 * border, tall - 2 * border), interpolation=cv2.INTER_AREA)
    colour = [int(value) for value in rng.integers(0, 256, 3)]
    framed = cv2.copyMakeBorder(inner, *(border,) * 4, cv2.BORDER_CONSTANT, value=colour)
    out = picture.copy()
    free = (1 - alpha[y : y + tall, x : x + wide].astype(np.float32) / 255)[..., None]
    part = out[y : y + tall, x : x + wide]
    part[:] = np.rint(part + free * (framed - part.astype(np.float32))).astype(np.uint8)
    return out
