"""Training images made on the fly: photographs, people before other rooms, several people, empty rooms.

``Studio`` makes an image ``(H, W, 3) uint8 RGB`` and its matte ``(H, W) uint8``, as a pure function of seed, number and
shot.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.pairs import Pixels
from models.training.augment import degrade, light, mood, recolour, shake, veil
from models.training.clutter import clutter, poster
from models.training.people import Person

Sample = tuple[Pixels, Pixels]

Moving = tuple[Person, Person]
"""Two frames of one sequence: the first of a pair, which decides the person's place, and the frame to show."""


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Probability of each kind of image; the rest are photographs as they are."""

    composite: float = 0.45
    """A person before another room."""

    nobody: float = 0.05
    """A room without a person."""

    group: float = 0.35
    """Share of the composites with two to four persons, the nearest last."""

    passer_by: float = 0.25
    """Share of the composites of one person with a smaller one behind, out of focus, who is not in the matte."""

    hand: float = 0.25
    """Share of the images with a person that also have a hand held up, if the studio has hands."""

    close: float = 0.1
    """Share of the photographs cut so closely that they may show only an arm, a hand or a shoulder."""

    in_front: float = 0.06
    """Share of the photographs with another person in front."""

    small: float = 0.15
    """Share of the composites whose people are all far away: a tenth to half of the image's height."""

    poster: float = 0.05
    """Share of all images with a photograph of a person on the wall, which is not in the matte."""

    mood: float = 0.22
    """Share of all images that are grey, before a bright window, or in coloured light."""

    veiled: float = 0.06
    """Share of all images in which a head is blurred or pixelated."""

    moving: float = 0.5
    """Share of the pairs that show two frames of a sequence; the others are two shots of one image."""

    clutter: float = 0.35
    """Share of all images with a few random objects behind the person."""


def transform(
    person: Person, size: tuple[int, int], rng: np.random.Generator, *, small: bool = False
) -> npt.NDArray[np.float32]:
    """Choose a person's place in a webcam frame: a matrix ``(2, 3)`` from the person's pixels to the frame's.

    A border that cuts the person stays at the frame's border or outside, so that nobody is cut in mid-air. ``small``
    puts the person far away, unless the left or right border cuts them.
    """
    height, width = size
    h, w = person.alpha.shape
    left, right, head, bottom = person.cut
    rows = np.flatnonzero(person.alpha.max(axis=1) > 127)
    top = float(rows[0]) if rows.size else 0.0
    tall = max((float(rows[-1]) if rows.size else h) - top, 1.0)
    far = small and not (left or right)
    scale = height / tall * float(rng.uniform(0.1, 0.5) if far else rng.uniform(0.45, 1.25))
    if left and right:
        scale = max(scale, width / w * float(rng.uniform(1.0, 1.3)))
    mirror = bool(rng.random() < 0.5)
    if mirror:
        left, right = right, left
    free = width - w * scale
    x = float(rng.uniform(min(free, 0), max(free, 0))) if (left and right) or not (left or right) else 0.0
    if left and not right:
        x = -float(rng.uniform(0, 0.1)) * w * scale
    elif right and not left:
        x = free + float(rng.uniform(0, 0.1)) * w * scale
    elif not left and not right:
        x = free * float(rng.uniform(-0.1, 1.1))
    if bottom:
        y = height - h * scale + float(rng.uniform(0, 0.2)) * h * scale
        y = min(max(y, height - h * scale), max(height * 0.15 - top * scale, height - h * scale))
    else:
        y = float(rng.uniform(-0.1, 1.1)) * (height - tall * scale) - top * scale
    if head:
        y = min(y, 0.0)
    flip = np.array([[-1, 0, w - 1], [0, 1, 0], [0, 0, 1]] if mirror else np.eye(3), np.float32)
    move = np.array([[scale, 0, x], [0, scale, y]], np.float32)
    return np.asarray(move @ flip, np.float32)


def warp(array: Pixels, matrix: npt.NDArray[np.float32], size: tuple[int, int], border: int) -> Pixels:
    """Warp ``array`` by ``matrix`` to ``size`` (height, width). If it shrinks, average first to avoid aliasing."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    matrix = matrix.copy()
    if scale < 0.75:
        small = (max(1, round(array.shape[1] * scale)), max(1, round(array.shape[0] * scale)))
        matrix[:, 0] *= array.shape[1] / small[0]
        matrix[:, 1] *= array.shape[0] / small[1]
        array = np.asarray(cv2.resize(array, small, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(
        cv2.warpAffine(array, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR, borderMode=border), np.uint8
    )


def blend(foreground: Pixels, background: Pixels, alpha: Pixels) -> Pixels:
    """Apply the compositing equation to straight colours; ``alpha`` is ``(H, W) uint8``."""
    a = (alpha.astype(np.float32) / 255)[..., None]
    return np.rint(foreground * a + background * (1 - a)).astype(np.uint8)


def crop(room: Pixels, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Take a random part of a room at the frame's aspect ratio, sometimes mirrored, sometimes out of focus."""
    height, width = size
    h, w = room.shape[:2]
    part = min(h / height, w / width) * float(rng.uniform(0.55, 1.0))
    ch, cw = max(1, int(height * part)), max(1, int(width * part))
    y, x = int(rng.integers(0, h - ch + 1)), int(rng.integers(0, w - cw + 1))
    out = cv2.resize(room[y : y + ch, x : x + cw], (width, height), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        out = cv2.flip(out, 1)
    if rng.random() < 0.35:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.8, 6)))
    return np.asarray(out, np.uint8)


class Studio:
    """Makes the images. ``make`` is pure, so a resumed training continues with the images that come next."""

    def __init__(
        self,
        people: Sequence[Person],
        rooms: Sequence[Pixels],
        sequences: Sequence[Sequence[Person]] = (),
        hands: Sequence[Person] = (),
        *,
        mix: Mix,
        seed: int,
    ) -> None:
        self.people, self.rooms, self.sequences, self.hands = people, rooms, sequences, hands
        self.mix, self.seed = mix, seed

    def make(self, number: int, size: tuple[int, int], shot: int = 0) -> Sample:
        """Make image ``(H, W, 3) uint8 RGB`` and matte ``(H, W) uint8`` ``number``; ``size`` is (height, width).

        The two shots of a pair differ by the camera's movement, exposure and noise, and in a part of the pairs by the
        movement of a person too (``Mix.moving``). All else is the same.
        """
        rng = np.random.default_rng((self.seed, number))
        moving = self._moving(number, shot)
        kind = rng.random()
        if kind < self.mix.nobody:
            picture, alpha = self._room(size, rng), np.zeros(size, np.uint8)
        elif kind < self.mix.nobody + self.mix.composite:
            picture, alpha = self._composite(size, rng, moving)
        else:
            picture, alpha = self._photograph(size, rng, moving)
        if self.hands and kind >= self.mix.nobody and rng.random() < self.mix.hand:
            picture, alpha = self._with_hand(picture, alpha, rng)
        if rng.random() < self.mix.clutter:
            picture = clutter(picture, alpha, self.rooms, rng)
        if rng.random() < self.mix.poster:
            picture = poster(picture, alpha, self._person(rng).picture, rng)
        if rng.random() < self.mix.veiled:
            picture = veil(picture, alpha, rng)
        if rng.random() < self.mix.mood:
            picture = mood(picture, alpha, rng)
        if rng.random() < 0.3:
            picture = light(picture, rng)
        picture = degrade(recolour(picture, rng), rng)
        if shot == 2:
            stands = moving and rng.random() < 0.5
            picture, alpha = shake(picture, alpha, rng, reach_px=0 if stands else 3)
        return np.ascontiguousarray(picture[..., ::-1]), alpha

    def _moving(self, number: int, shot: int) -> Moving | None:
        """Draw two frames of a sequence, one or two frames apart; None if the pair shows one image."""
        rng = np.random.default_rng((self.seed, number, 1))
        if not shot or not self.sequences or rng.random() >= self.mix.moving:
            return None
        sequence = self.sequences[int(rng.integers(len(self.sequences)))]
        apart = int(rng.integers(1, min(2, len(sequence) - 1) + 1))
        start = int(rng.integers(len(sequence) - apart))
        return sequence[start], sequence[start + (apart if shot == 2 else 0)]

    def _person(self, rng: np.random.Generator) -> Person:
        return self.people[int(rng.integers(len(self.people)))]

    def _person_of_aspect(self, aspect: float, rng: np.random.Generator) -> Person:
        """Draw a few persons and return the one whose image loses least if cut to ``aspect`` (width by height)."""
        few = [self._person(rng) for _ in range(3)]
        return min(few, key=lambda person: abs(np.log(person.alpha.shape[1] / person.alpha.shape[0] / aspect)))

    def _room(self, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
        return crop(self.rooms[int(rng.integers(len(self.rooms)))], size, rng)

    def _composite(self, size: tuple[int, int], rng: np.random.Generator, moving: Moving | None) -> Sample:
        picture, alpha = recolour(self._room(size, rng), rng), np.zeros(size, np.uint8)
        count = int(rng.choice((2, 3, 4), p=(0.6, 0.25, 0.15))) if rng.random() < self.mix.group else 1
        passer_by = count == 1 and rng.random() < self.mix.passer_by
        if passer_by:
            picture = self._with_passer_by(picture, rng)
        small = not passer_by and rng.random() < self.mix.small
        placed = []
        for index in range(count):
            first, shown = moving if moving and not index else (self._person(rng),) * 2
            placed.append((shown, transform(first, size, rng, small=small)))
        for person, matrix in sorted(placed, key=lambda place: place[1][1, 1]):
            picture, alpha = self._put(person, matrix, picture, alpha, rng)
        return picture, alpha

    def _with_passer_by(self, room: Pixels, rng: np.random.Generator) -> Pixels:
        """Put somebody far away into a room, out of focus: somebody whose whole body is in the photograph."""
        size = room.shape[0], room.shape[1]
        few = [self._person(rng) for _ in range(8)]
        person = next((person for person in few if not any(person.cut)), None)
        if person is None:
            return room
        picture, _ = self._put(person, transform(person, size, rng, small=True), room, np.zeros(size, np.uint8), rng)
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), size[0] * float(rng.uniform(0.002, 0.015))), np.uint8)

    def _with_hand(self, picture: Pixels, alpha: Pixels, rng: np.random.Generator) -> Sample:
        """Put a hand in front of an image, near or far. Its arm leaves the image at a border or ends at a person."""
        height, width = alpha.shape
        hand = self.hands[int(rng.integers(len(self.hands)))]
        h, w = hand.alpha.shape
        for _ in range(16):
            turn, scale = float(rng.normal(0, 0.5)), height / h * float(np.exp(rng.uniform(np.log(0.6), np.log(3.2))))
            across = scale * np.array([np.cos(turn), np.sin(turn)]) * rng.choice((-1, 1))
            down = scale * np.array([-np.sin(turn), np.cos(turn)])
            palm = np.array([rng.uniform(0, 1) * width, rng.uniform(0.15, 0.95) * height])
            start = palm - across * w / 2 - down * h * 0.28
            x, y = (start + across * w / 2 + down * h).astype(int)
            inside = 0 <= x < width and y < height
            if not inside or (y > height / 2 and alpha[y, x] > 127):
                matrix = np.column_stack([across, down, start]).astype(np.float32)
                return self._put(hand, matrix, picture, alpha, rng)
        return picture, alpha

    def _put(
        self,
        person: Person,
        matrix: npt.NDArray[np.float32],
        picture: Pixels,
        alpha: Pixels,
        rng: np.random.Generator,
    ) -> Sample:
        """Put a person in front of an image."""
        size = alpha.shape[0], alpha.shape[1]
        a = warp(person.alpha, matrix, size, cv2.BORDER_CONSTANT)
        foreground = warp(person.foreground, matrix, size, cv2.BORDER_REPLICATE)
        out = 255 - (255 - alpha.astype(np.uint16)) * (255 - a) // 255
        return blend(recolour(foreground, rng, 0.6), picture, a), out.astype(np.uint8)

    def _photograph(self, size: tuple[int, int], rng: np.random.Generator, moving: Moving | None) -> Sample:
        """Cut a photograph to the frame's aspect ratio, slightly stretched."""
        height, width = size
        person = moving[1] if moving else self._person_of_aspect(width / height, rng)
        h, w = person.alpha.shape
        bend = float(np.exp(rng.normal(0, 0.08)))
        kept = float(rng.uniform(0.6, 1.0) if rng.random() < 0.6 else 1.0)
        if rng.random() < self.mix.close:
            kept = float(rng.uniform(0.25, 0.6))
        part = min(h / height, w / width * bend) * kept
        ch, cw = min(h, max(1, int(height * part))), min(w, max(1, int(width * part / bend)))
        y, x = int(rng.integers(0, h - ch + 1)), int(rng.integers(0, w - cw + 1))
        way = cv2.INTER_AREA if ch > height else cv2.INTER_LINEAR
        picture, alpha = (
            np.asarray(cv2.resize(a[y : y + ch, x : x + cw], (width, height), interpolation=way), np.uint8)
            for a in (person.picture, person.alpha)
        )
        if rng.random() < 0.5:
            picture, alpha = np.asarray(cv2.flip(picture, 1), np.uint8), np.asarray(cv2.flip(alpha, 1), np.uint8)
        if rng.random() < self.mix.in_front:
            person = self._person(rng)
            picture, alpha = self._put(person, transform(person, size, rng), picture, alpha, rng)
        return picture, alpha
