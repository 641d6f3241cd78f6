"""Mattes for people with a green or blue screen: a colour difference key, without a network.

The key works in CIELAB. It compares a pixel's chroma along the hue of the screen, minus its chroma across it, with the
screen's chroma at that lightness, so that folds and shadows of the cloth stay screen. Half-covered pixels become half
opaque, other hues opaque. While a frame shows no screen, because somebody stands in front of it, the last colour of the
stream stays in use. The scene removes the screen's light from the person (``SceneSettings.spill``, ``edge_colours``).

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
from realtime.matting.matter import StreamPosition
from realtime.matting.resize import network_size
from realtime.media.shrink import shrink

REFERENCE_PX = 544
"""Default of the shorter side at which pixels are keyed; the finish enlarges the matte along the image's edges."""

_CLEAR, _FULL = 0.8, 0.15
"""Share of the screen's chroma at and above which a pixel is screen, and at and below which it is person."""

_HUES_DEG = ((95, 200), (250, 320))
"""Hues of screens in CIELAB: greens and blues. A red shirt is no screen."""

_STRONG = 22.0
"""Least chroma of a screen."""

_LEAST = 0.12
"""Least share of the frame that a screen fills."""

_LOOK_PX = (96, 54)
"""Size at which a screen is detected."""

_BINS = 32
_NEAR = 14.0
"""Largest distance in chroma of the pixels of a detected screen."""

_DARKEST, _LIGHTEST = 0.35, 1.25
"""Range of a pixel's lightness, relative to the screen, in which the screen's chroma is proportional to it."""

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
    """A chroma key.

    Args:
        spec: ``chroma``, which detects a green or blue screen in each frame, or ``chroma:#RRGGBB``.
        reference_px: the shorter side at which pixels are keyed; 0 means ``REFERENCE_PX``.

    Raises:
        realtime.errors.MatterError: the text is not a colour, or the colour is too pale for a screen.
    """

    def __init__(self, spec: str = "chroma", *, reference_px: int = 0) -> None:
        colour = spec.partition(":")[2]
        self._named = named_key(colour) if colour else None
        self._colour = colour or "automatic"
        self._reference_px = reference_px or REFERENCE_PX
        self._found: Key | None = None
        self._before: StreamPosition | None = None
        """None if the next frame begins the stream that ``look_ahead`` saw."""

    whole = True
    """It needs whole frames, because a crop may not show the screen."""

    @property
    def name(self) -> str:
        """The key and its colour."""
        return f"chroma key, {self._colour}"

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """Return the mattes of ``frames``, see ``matter.Matter``.

        Raises:
            realtime.errors.MatterError: no colour is set, and neither this frame nor an earlier one of its stream
                shows a green or blue screen.
        """
        mattes = []
        for frame in frames:
            size = size_px or network_size(frame.width_px, frame.height_px, self._reference_px)
            lab = _lab(shrink(frame.pixels, size))
            mattes.append(CoarseMatte(alpha=keyed(lab, self._named or self._key(lab, frame)), frame=frame))
        return mattes

    def look_ahead(self, frames: Iterable[Frame]) -> None:
        """Find the screen of the next stream, for the frames before the first one that shows it.

        Args:
            frames: frames of that stream from its start; reading stops at the first screen.
        """
        if self._named is None:
            keys = (found_key(_lab(shrink(frame.pixels, _LOOK_PX))) for frame in frames)
            self._found, self._before = next(filter(None, keys), None), None

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _key(self, lab: Lab, frame: Frame) -> Key:
        """Return the screen's colour in this frame, or the last one in the stream."""
        now = StreamPosition(size=(frame.width_px, frame.height_px), captured_s=frame.captured_s, index=frame.index)
        goes_on = self._before is None or now.follows(self._before)
        self._found, self._before = found_key(lab) or (self._found if goes_on else None), now
        if self._found is None:
            raise MatterError(
                "the frame shows no green or blue screen",
                cure="Set the colour: --weights chroma:#00b140, or omit --weights to work without a screen",
            )
        return self._found


def named_key(colour: str) -> Key:
    """Return the key for ``#RRGGBB``.

    Raises:
        MatterError: the text is not a colour, or the colour is too pale.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise MatterError(f"expected a colour as #RRGGBB, got {colour!r}", cure="Type --weights chroma:#00b140")
    bgr = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)[::-1]
    lightness, a, b = _lab(bgr.reshape(1, 1, 3))[0, 0].tolist()
    key = Key(lightness=lightness, a=a, b=b)
    if key.chroma < _STRONG:
        raise MatterError(f"{colour} is too pale for a screen", cure="Set the green or blue of your screen")
    return key


def found_key(lab: Lab) -> Key | None:
    """Return the strongest green or blue of an image; None if it covers too little."""
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
    """Return the matte of an image in front of a screen of colour ``key``: ``(h, w) float32 in [0, 1]``."""
    lightness, a, b = cv2.split(lab)
    along = (a * key.a + b * key.b) / key.chroma
    across = np.abs(a * key.b - b * key.a) / key.chroma
    expected = key.chroma * np.clip(lightness / max(key.lightness, 1), _DARKEST, _LIGHTEST)
    screen = (along - across) / expected
    return np.asarray(np.clip((_CLEAR - screen) / (_CLEAR - _FULL), 0, 1), np.float32)


def _lab(pixels: Pixels) -> Lab:
    return np.asarray(cv2.cvtColor(pixels * np.float32(1 / 255), cv2.COLOR_BGR2Lab), np.float32)
