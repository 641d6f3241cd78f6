"""``Person``: draws the parts of a person once, then moves them for each frame."""

from functools import cached_property
from math import ceil

import cv2
import numpy as np

from benchmarks.people import clothes, face, hair, hand, styles, wear
from benchmarks.people.appearance import Look
from benchmarks.people.motion import Pose
from benchmarks.people.paint import Box, Floats, Sprite, over, ramp, size_px, sprite

_FINE = 3.0
"""Oversampling of hair; smoother parts need less."""

_FINEST = 480.0
"""Least pixels per head at which strands still add up to the right coverage."""


class Person:
    """One person in frames of one size.

    Args:
        look: appearance of the person.
        width_px: width of the frames.
        height_px: height of the frames.
    """

    def __init__(self, look: Look, *, width_px: int, height_px: int) -> None:
        self.look = look
        self._size_px = width_px, height_px
        self._head_px = look.head_share * height_px
        self._scale = 8 * ceil(self._head_px / 8)  # pixels per head in sprites: eyes and mouth lie on whole pixels
        self._faces: dict[tuple[int, int], Sprite] = {}

    def draw(self, pose: Pose) -> Floats:
        """Draw the person in ``pose``: ``(H, W, 4) float32``, sRGB BGR times alpha, and alpha, in [0, 1]."""
        width, height = self._size_px
        canvas = np.zeros((height, width, 4), np.float32)
        body = self._matrix((pose.body[0], pose.body[1] - 0.05), 0.0, pose.zoom)
        head = self._matrix(pose.head, pose.roll, pose.zoom)
        if self._behind is not None:
            self._put(canvas, self._behind, head, pose, depth=-0.5, flow=1.0)
        self._put(canvas, self._torso, body)
        self._put(canvas, self._face(pose), head, pose, depth=1.0)
        if self._glasses is not None:
            self._put(canvas, self._glasses, head, pose, depth=1.0)
        if self._before is not None:
            self._put(canvas, self._before, head, pose, depth=1.0, flow=1.0)
        if self._headphones is not None:
            self._put(canvas, self._headphones, head, pose, depth=0.2)
        if pose.hand is not None:
            self._wave(canvas, pose.hand, pose.zoom)
        return np.clip(canvas, 0, 1)

    @cached_property
    def _strands(self) -> styles.Hair:
        return styles.style(self.look)

    @cached_property
    def _behind(self) -> Sprite | None:
        return self._hair(self._strands.behind)

    @cached_property
    def _before(self) -> Sprite | None:
        return self._hair(self._strands.before)

    def _hair(self, strands: list[hair.Strands]) -> Sprite | None:
        if not strands:
            return None
        drawn = hair.draw(self.look, strands, max(self._scale * _FINE, _FINEST))
        return sprite(*drawn, hair.BOX, self._scale)

    @cached_property
    def _torso(self) -> Sprite:
        return sprite(*clothes.clothes(self.look, 1.4 * self._scale), clothes.BOX, self._scale)

    @cached_property
    def _glasses(self) -> Sprite | None:
        return sprite(*wear.glasses(self.look, 2 * self._scale), wear.BOX, self._scale) if self.look.glasses else None

    @cached_property
    def _headphones(self) -> Sprite | None:
        return (
            sprite(*wear.headphones(self.look, 2 * self._scale), wear.BOX, self._scale)
            if self.look.headphones
            else None
        )

    @cached_property
    def _hand(self) -> Sprite:
        return sprite(*hand.hand(self.look, 1.5 * self._scale), hand.BOX, self._scale)

    @cached_property
    def _hand_shadow(self) -> Sprite:
        layer = np.zeros_like(self._hand.layer)
        layer[..., 3] = 0.38 * cv2.GaussianBlur(self._hand.layer[..., 3], (0, 0), 0.05 * self._scale)
        return Sprite(layer=layer, box=self._hand.box)

    @cached_property
    def _shadow(self) -> Floats:
        """Share of the light that reaches the face below the hair, over ``face.HEAD``."""
        size = size_px(face.HEAD, self._scale)
        if self._before is None:
            return np.ones(size[::-1], np.float32)
        s, side = self._scale, self.look.light.side
        shift = np.array(
            [[1, 0, (face.HEAD[0] - hair.BOX[0] + 0.02 * side) * s], [0, 1, (face.HEAD[1] - hair.BOX[1] - 0.035) * s]],
            np.float32,
        )
        cast = cv2.warpAffine(self._before.layer[..., 3], shift, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return (1 - 0.5 * cv2.GaussianBlur(cast, (0, 0), 0.025 * s)).astype(np.float32)

    def _drawn(self, box: Box, *, lid: float = 1.0, jaw: float = 0.0) -> Sprite:
        return sprite(*face.face(self.look, box, 2 * self._scale, lid=lid, jaw=jaw), box, self._scale)

    @cached_property
    def _calm(self) -> Floats:
        """The face with open eyes and closed mouth, in the shadow of the hair."""
        layer = self._drawn(face.HEAD).layer
        layer[..., :3] *= self._shadow[..., None]
        return layer

    def _face(self, pose: Pose) -> Sprite:
        """Return the face with lids and jaw rounded to a few steps, so that each step is drawn once."""
        lid, jaw = round(pose.lid * 4), round(pose.jaw * 8)
        if (lid, jaw) not in self._faces:
            layer = self._calm.copy()
            self._patch(layer, face.EYES, lid / 4, 0.0)
            self._patch(layer, face.MOUTH, 1.0, jaw / 8)
            self._faces[lid, jaw] = Sprite(layer=layer, box=face.HEAD)
        return self._faces[lid, jaw]

    def _patch(self, layer: Floats, box: Box, lid: float, jaw: float) -> None:
        """Redraw the part of the face in ``box``, on whole pixels."""
        s = self._scale
        x0, y0, x1, y1 = (round((edge - face.HEAD[i % 2]) * s) for i, edge in enumerate(box))
        left, top = face.HEAD[0] + x0 / s, face.HEAD[1] + y0 / s
        part = self._drawn((left, top, left + (x1 - x0) / s, top + (y1 - y0) / s), lid=lid, jaw=jaw).layer
        part[..., :3] *= self._shadow[y0:y1, x0:x1, None]
        layer[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1] = part[1:-1, 1:-1]

    def _matrix(self, shift: tuple[float, float], angle: float, zoom: float, pivot_v: float = 0.55) -> Floats:
        """Return the matrix ``(2, 3)`` from heads to pixels: turn about the neck, shift, and place."""
        width, height = self._size_px
        s = self._head_px * zoom
        cos, sin = np.cos(angle) * s, np.sin(angle) * s
        at_u = self.look.place[0] * width + shift[0] * s + sin * pivot_v
        at_v = self.look.place[1] * height + (shift[1] + pivot_v) * s - cos * pivot_v
        return np.array([[cos, -sin, at_u], [sin, cos, at_v]], np.float64).astype(np.float32)

    def _wave(self, canvas: Floats, at: tuple[float, float, float], zoom: float) -> None:
        matrix = self._matrix((at[0], at[1]), at[2], zoom, 0.0)
        shadow = matrix.copy()
        shadow[:, 2] += np.array([-0.09 * self.look.light.side, 0.07], np.float32) * self._head_px
        roi, cast = self._moved(self._hand_shadow, shadow)
        canvas[roi][..., :3] *= 1 - cast[..., 3:]
        self._put(canvas, self._hand, matrix)

    def _put(
        self,
        canvas: Floats,
        part: Sprite,
        matrix: Floats,
        pose: Pose | None = None,
        *,
        depth: float = 0.0,
        flow: float = 0.0,
    ) -> None:
        roi, moved = self._moved(part, matrix, pose, depth, flow)
        over(canvas[roi], moved)

    def _moved(
        self, part: Sprite, matrix: Floats, pose: Pose | None = None, depth: float = 0.0, flow: float = 0.0
    ) -> tuple[tuple[slice, slice], Floats]:
        """Return the region of the frame that ``part`` covers, and ``part`` in it, with turn and moving hair."""
        width, height = self._size_px
        corners = np.array([(part.box[i], part.box[j], 1) for i in (0, 2) for j in (1, 3)], np.float32) @ matrix.T
        x0, y0 = np.clip(np.floor(corners.min(0)).astype(int) - 8, 0, (width, height))
        x1, y1 = np.clip(np.ceil(corners.max(0)).astype(int) + 8, 0, (width, height))
        roi = slice(y0, y1), slice(x0, x1)
        if x0 == x1 or y0 == y1:
            return roi, np.zeros((y1 - y0, x1 - x0, 4), np.float32)
        back = cv2.invertAffineTransform(matrix)
        x, y = np.arange(x0, x1, dtype=np.float32)[None] + 0.5, np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5
        u, v = (back[i, 0] * x + back[i, 1] * y + back[i, 2] for i in (0, 1))
        if pose is not None:
            du, dv = self._bend(u, v, pose, depth, flow)
            u, v = u - du, v - dv
        box, size = part.box, part.layer.shape[1::-1]
        at_x, at_y = (
            np.asarray((c - box[i]) * (size[i] / (box[i + 2] - box[i])) - 0.5, np.float32) for i, c in enumerate((u, v))
        )
        return roi, np.asarray(cv2.remap(part.layer, at_x, at_y, cv2.INTER_LINEAR), np.float32)

    def _bend(self, u: Floats, v: Floats, pose: Pose, depth: float, flow: float) -> list[Floats]:
        """Return how far turn and moving hair shift each point. It is smooth, so every eighth point is enough."""
        size = u.shape[1::-1]
        few = max(2, size[0] // 8), max(2, size[1] // 8)
        u, v = (np.asarray(cv2.resize(c, few, interpolation=cv2.INTER_AREA), np.float32) for c in (u, v))
        dome = np.clip(1 - (u / 0.5) ** 2 - (v / 0.62) ** 2, 0, 1)
        du, dv = depth * pose.yaw * dome, abs(depth) * pose.pitch * dome
        if flow:
            loose = flow * ramp(0.0, 0.9, np.hypot(u, np.maximum(v, 0)) - 0.3)
            du = du + loose * (pose.lag + 0.012 * np.sin(pose.wind + 5 * v + 3 * u))
            dv = dv + 0.006 * loose * np.sin(1.3 * pose.wind + 6 * u)
        return [np.asarray(cv2.resize(bent, size), np.float32) for bent in (du, dv)]
