"""``pose``: how a person moves: sways, nods, turns, blinks, talks, and sometimes raises a hand.

It is a pure function of seed and time, so that any frame can be drawn alone.
"""

from dataclasses import dataclass
from math import exp, pi, sin

import numpy as np

HAND_EVERY_S = 8.0
HAND_FOR_S = 2.8


@dataclass(frozen=True, kw_only=True)
class Pose:
    """The positions of all parts at one time; lengths in heads, angles in radians."""

    body: tuple[float, float]
    """Shift of the shoulders."""
    head: tuple[float, float]
    """Shift of the head, relative to the shoulders."""
    roll: float
    yaw: float
    """Sideways turn of the face's centre; depth decides how far other parts move."""
    pitch: float
    zoom: float
    lag: float
    """How far the ends of the hair lag behind the head."""
    wind: float
    """Phase of the strands' small movements."""
    lid: float
    """1 open, 0 closed."""
    jaw: float
    """0 closed, 1 open."""
    hand: tuple[float, float, float] | None
    """Position of the palm and angle of the hand; None while it is outside the frame."""


def pose(seed: int, moment_s: float) -> Pose:
    """Return the pose of the person ``seed`` at ``moment_s`` seconds."""
    rng = np.random.default_rng((seed, 3))
    phase, pace = rng.uniform(0, 2 * pi, 12), rng.uniform(0.85, 1.15, 12)

    def wave(i: int, period_s: float, at_s: float = moment_s) -> float:
        return sin(phase[i] + 2 * pi * pace[i] * at_s / period_s)

    def sway(at_s: float) -> float:
        return 0.10 * wave(0, 6.1, at_s) + 0.03 * wave(1, 2.3, at_s)

    turn = wave(2, 5.3) * 0.6 + wave(3, 2.9) * 0.4
    return Pose(
        body=(0.35 * sway(moment_s - 0.15), 0.012 * wave(4, 3.7)),
        head=(sway(moment_s), 0.02 * wave(5, 3.1) + 0.012 * wave(6, 1.3)),
        roll=0.075 * wave(7, 4.7) + 0.25 * sway(moment_s),
        yaw=0.055 * turn,
        pitch=0.03 * wave(8, 3.9),
        zoom=1 + 0.025 * wave(9, 9.0),
        lag=0.6 * (sway(moment_s - 0.35) - sway(moment_s)),
        wind=phase[10] + 1.9 * moment_s,
        lid=1 - _blink(seed, moment_s),
        jaw=max(0.0, wave(11, 5.0) + 0.35) * abs(0.6 * wave(1, 0.55) + 0.4 * wave(2, 0.31)) * 0.75,
        hand=_hand(seed, moment_s, phase[6]),
    )


def _blink(seed: int, moment_s: float) -> float:
    """Close the eyes for about 0.1 s every 4 s, at irregular times."""
    turn = int(moment_s // 4)
    when = 4 * turn + 0.5 + 3 * float(np.random.default_rng((seed, 4, turn)).random())
    return exp(-(((moment_s - when) / 0.07) ** 4))


def _hand(seed: int, moment_s: float, phase: float) -> tuple[float, float, float] | None:
    start = 1.2 + phase / (2 * pi) * 2
    turn, since = divmod(moment_s - start, HAND_EVERY_S)
    if turn < 0 or since > HAND_FOR_S:
        return None
    side = 1.0 if (seed + int(turn)) % 2 else -1.0
    p = since / HAND_FOR_S
    across = p * p * (3 - 2 * p)
    return (
        side * (0.78 - 1.1 * across),
        1.75 - 1.3 * sin(pi * p) ** 0.7,
        side * (0.28 - 0.5 * across) + 0.2 * sin(2 * pi * 1.7 * since),
    )
