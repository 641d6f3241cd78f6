"""Mattes for those who do have a green or blue screen: a colour difference key, with no network.

Goes in: frames, and the screen's colour where it is named. Comes out: a ``Matter``. The key works in CIELAB: how far a
pixel's chroma reaches along the screen's own hue, beyond what it has across it, measured against the screen's chroma at
that lightness, so that folds and shadows of the cloth stay screen. Half-covered pixels come out half, other hues whole.
A screen that was found is kept: while a stream shows none, because somebody stands before it, its last colour is keyed.
What the screen's light leaves on the person is the scene's part (``SceneSettings.spill`` and ``edge_colours``).

Sources: the colour difference of P. Vlahos, US patent 3,595,987 (1971), there in RGB; CIELAB of 1976.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from realtime.errors import MatterError
from realtime.frame import Alpha, CoarseMatte, Frame, Pixels
from realtime.matting.resize import network_size, shrink
from realtime.matting.stream_position import StreamPosition

REFERENCE_PX = 544
"""Shorter side at which pixels are keyed, unless the settings say otherwise; the finish leads the edge to the rest."""

_CLEAR, _FULL = 0.8, 0.15
"""Share of the screen's chroma from which a pixel is screen, and up to which it is person."""

_HUES_DEG = ((95, 200), (250, 320))
"""Greens and blues in CIELAB: what a screen that is looked for may be. A red shirt is none."""

_STRONG = 22.0
"""Chroma from which a colour may be a screen's."""

_LEAST = 0.12
"""Share of the picture that a screen fills at least."""

_LOOK_PX = (96, 54)
"""Size at which a screen is looked for."""

_BINS = 32
_NEAR = 14.0
"""Distance in chroma up to which pixels belong to the screen that was found."""

_DARKEST, _LIGHTEST = 0.35, 1.25
"""Range of a pixel's lightness, against the screen's, in which the screen's chroma is thought to follow it."""

Lab = npt.NDArray[np.float32]
"""``(h, w, 3) float32``: L in 0..100, a and b about zero."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """The screen's colour in CIELAB."""

    lightness: float
    a: float
    b: float

    @property
    def chroma(self) -> float:
        """Distance from grey."""
        return float(np.hypot(self.a, self.b))


class ChromaMatter:
    """A keyer.

    Args:
        spec: ``chroma``, which finds the screen's green or blue in each frame, or ``chroma:#RRGGBB``.
        reference_px: length of the shorter side at which pixels are keyed; 0 is ``REFERENCE_PX``.

    Raises:
        realtime.errors.MatterError: the colour is none, or too pale to be told from a person.
    """

    def __init__(self, spec: str = "chroma", *, reference_px: int = 0) -> None:
        colour = spec.partition(":")[2]
        self._named = named_key(colour) if colour else None
        self._colour = colour or "found by itself"
        self._reference_px = reference_px or REFERENCE_PX
        self._found: Key | None = None
        self._before: StreamPosition | None = None
        """None where the next frame begins the stream that ``look_ahead`` saw."""

    whole = True
    """It wants all of every picture: a part need not show the screen whose colour it keys."""

    @property
    def name(self) -> str:
        """The keyer and its colour."""
        return f"chroma key, {self._colour}"

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """The mattes of ``frames``, see ``matter.Matter``.

        Raises:
            realtime.errors.MatterError: no colour was named, and neither this frame nor an earlier one of its stream
                shows a green or blue screen.
        """
        mattes = []
        for frame in frames:
            size = size_px or network_size(frame.width_px, frame.height_px, self._reference_px)
            lab = _lab(shrink(frame.pixels, size))
            mattes.append(CoarseMatte(alpha=keyed(lab, self._named or self._key(lab, frame)), frame=frame))
        return mattes

    def look_ahead(self, frames: Iterable[Frame]) -> None:
        """Find the screen of the stream that comes next, for its frames before the first one that shows it.

        Args:
            frames: of that stream, from its start; no more are taken than it needs.
        """
        if self._named is None:
            keys = (found_key(_lab(shrink(frame.pixels, _LOOK_PX))) for frame in frames)
            self._found, self._before = next(filter(None, keys), None), None

    def close(self) -> None:
        """There is nothing to let go."""

    def _key(self, lab: Lab, frame: Frame) -> Key:
        """The screen's colour in this frame, or the last one that the stream showed."""
        now = StreamPosition(size=(frame.width_px, frame.height_px), captured_s=frame.captured_s, index=frame.index)
        goes_on = self._before is None or now.follows(self._before)
        self._found, self._before = found_key(lab) or (self._found if goes_on else None), now
        if self._found is None:
            raise MatterError(
                "there is no green or blue screen in the picture",
                cure="Name its colour: --weights chroma:#00b140, or leave --weights out to do without a screen",
            )
        return self._found


def named_key(colour: str) -> Key:
    """The key of ``#RRGGBB``.

    Raises:
        MatterError: it is no colour, or hardly one.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise MatterError(f"expected a colour as #RRGGBB, got {colour!r}", cure="Type --weights chroma:#00b140")
    bgr = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)[::-1]
    lightness, a, b = _lab(bgr.reshape(1, 1, 3))[0, 0].tolist()
    key = Key(lightness=lightness, a=a, b=b)
    if key.chroma < _STRONG:
        raise MatterError(f"{colour} is too pale to be told from a person", cure="Name the screen's green or blue")
    return key


def found_key(lab: Lab) -> Key | None:
    """The strongest green or blue of a picture; None where there is hardly any."""
    small = cv2.resize(lab, _LOOK_PX, interpolation=cv2.INTER_AREA).reshape(-1, 3)
    chroma, hue = np.hypot(small[:, 1], small[:, 2]), np.degrees(np.arctan2(small[:, 2], small[:, 1])) % 360
    likely = np.zeros(len(small), bool)
    for low, high in _HUES_DEG:
        likely |= (low <= hue) & (hue <= high)
    likely &= chroma >= _STRONG
    if np.count_nonzero(likely) < _LEAST * len(small):
        return None
    colours = small[likely]
    counts, a_edges, b_edges = np.histogram2d(
        colours[:, 1], colours[:, 2], bins=_BINS, range=((-128, 128), (-128, 128)), weights=chroma[likely]
    )
    at_a, at_b = np.unravel_index(int(counts.argmax()), counts.shape)
    centre = (a_edges[at_a] + a_edges[at_a + 1]) / 2, (b_edges[at_b] + b_edges[at_b + 1]) / 2
    near = colours[np.hypot(colours[:, 1] - centre[0], colours[:, 2] - centre[1]) < _NEAR]
    lightness, a, b = (float(value) for value in np.median(near, axis=0))
    return Key(lightness=lightness, a=a, b=b)


def keyed(lab: Lab, key: Key) -> Alpha:
    """The matte of a picture before a screen of colour ``key``: ``(h, w) float32 in [0, 1]``."""
    lightness, a, b = cv2.split(lab)
    along = (a * key.a + b * key.b) / key.chroma
    across = np.abs(a * key.b - b * key.a) / key.chroma
    expected = key.chroma * np.clip(lightness / max(key.lightness, 1), _DARKEST, _LIGHTEST)
    screen = (along - across) / expected
    return np.asarray(np.clip((_CLEAR - screen) / (_CLEAR - _FULL), 0, 1), np.float32)


def _lab(pixels: Pixels) -> Lab:
    return np.asarray(cv2.cvtColor(pixels * np.float32(1 / 255), cv2.COLOR_BGR2Lab), np.float32)
