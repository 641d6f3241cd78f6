"""``Look``: the appearance of a person and the light, chosen by a seed.

The first eight seeds are the eight designed kinds; later seeds vary skin, hair and clothes.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks.people.paint import Floats, Light, linear

HairKind = Literal["short", "long", "curly", "bun", "bald", "bob", "swept", "wavy"]
ClothesKind = Literal["tee", "shirt", "hoodie", "turtleneck", "blazer"]

SKINS = ((244, 208, 184), (236, 190, 160), (222, 172, 136), (203, 146, 108), (160, 104, 72), (110, 68, 46))
HAIRS = {
    "black": (26, 22, 22), "dark brown": (52, 36, 28), "brown": (88, 60, 40), "auburn": (96, 52, 38),
    "blond": (172, 142, 100), "grey": (150, 148, 146), "ginger": (142, 84, 52),
}  # fmt: skip
CLOTHES = (
    (52, 66, 92), (148, 62, 58), (84, 104, 88), (206, 200, 190), (64, 62, 66), (176, 142, 92), (98, 122, 156),
    (118, 82, 112),
)  # fmt: skip

# hair, hair colour, skin, clothes, clothes colour, beard, stubble, glasses, headphones, soft face
KINDS: tuple[tuple[HairKind, str, int, ClothesKind, int, bool, float, bool, bool, bool], ...] = (
    ("long", "dark brown", 1, "turtleneck", 1, False, 0.0, False, False, True),
    ("short", "brown", 2, "shirt", 6, False, 0.5, True, False, False),
    ("curly", "black", 5, "tee", 5, False, 0.0, False, False, True),
    ("bun", "auburn", 0, "blazer", 0, False, 0.0, True, False, True),
    ("bald", "dark brown", 3, "hoodie", 4, True, 1.0, False, False, False),
    ("bob", "blond", 0, "tee", 7, False, 0.0, False, True, True),
    ("swept", "black", 4, "blazer", 4, True, 0.8, False, False, False),
    ("wavy", "ginger", 1, "shirt", 3, False, 0.0, False, False, True),
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """The constant appearance of a person. Colours are linear BGR; lengths are in heads."""

    seed: int
    hair: HairKind
    hair_colour: Floats
    skin: Floats
    iris: Floats
    lips: Floats
    clothes: ClothesKind
    cloth: Floats
    beard: bool
    stubble: float
    glasses: bool
    headphones: bool
    soft: bool
    """A softer face: narrower jaw, thinner brows, fuller lips."""
    freckles: float
    jaw: float
    """Width of the jaw, relative to the average."""
    light: Light
    head_share: float
    """Height of the head, as a share of the frame's."""
    place: tuple[float, float]
    """Rest position of the head's centre, as shares of the frame's width and height."""


def look(seed: int) -> Look:
    """Return the look of ``seed``: ``seed % 8`` selects the kind; seeds from 8 vary the rest."""
    rng = np.random.default_rng((seed, 77))
    hair, tint, skin, clothes, cloth, beard, stubble, glasses, headphones, soft = KINDS[seed % len(KINDS)]
    if seed >= len(KINDS):
        skin = int(rng.integers(len(SKINS)))
        tint = str(rng.choice(list(HAIRS) if skin < 3 else ["black", "dark brown", "grey"]))
        clothes = ("tee", "shirt", "hoodie", "turtleneck", "blazer")[rng.integers(5)]
        cloth, glasses, headphones = int(rng.integers(len(CLOTHES))), rng.random() < 0.3, rng.random() < 0.15
    tone = linear(*SKINS[skin]) * rng.uniform(0.94, 1.06, 3).astype(np.float32)
    side = -1.0 if seed % 2 == 0 else 1.0
    warm, power = rng.uniform(0.0, 0.25), rng.uniform(0.75, 0.95)
    irises = ((88, 58, 36), (70, 92, 74), (74, 104, 130), (54, 36, 26))
    return Look(
        seed=seed,
        hair=hair,
        hair_colour=linear(*HAIRS[tint]) * np.float32(rng.uniform(0.85, 1.2)),
        skin=tone,
        iris=linear(*irises[rng.integers(4) if skin < 3 else 3]),
        lips=tone * np.array([0.5, 0.4, 0.82], np.float32) if soft else tone * np.array([0.66, 0.56, 0.88], np.float32),
        clothes=clothes,
        cloth=linear(*CLOTHES[cloth]),
        beard=beard,
        stubble=stubble,
        glasses=bool(glasses),
        headphones=bool(headphones),
        soft=soft,
        freckles=float(rng.random() ** 3) if skin < 3 else 0.0,
        jaw=float(rng.uniform(0.95, 1.05)) * (0.97 if soft else 1.04),
        light=Light(
            side=side,
            key=(power * (1 - 0.6 * warm), power * (1 - 0.2 * warm), power),
            fill=(0.17, 0.15, 0.14),
            ambient=(0.23, 0.22, 0.22),
        ),
        head_share=float(rng.uniform(0.40, 0.50)),
        place=(float(rng.uniform(0.44, 0.56)), float(rng.uniform(0.40, 0.45))),
    )
