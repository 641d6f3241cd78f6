"""The text that names an image and its place in the frame: ``FILE[:X,Y[,SCALE]]``, as ``scene.overlay`` has it."""

import re
from dataclasses import dataclass

from models.shown import shown
from realtime.errors import SceneError

USAGE = "FILE, FILE:X,Y or FILE:X,Y,SCALE, for example logo.png:1.0,0.0,0.5 (top right, half its size)"

LEAST_SCALE, LARGEST_SCALE = 0.01, 20.0
FARTHEST_PX = 32766

_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)"
_SPEC = re.compile(rf"(?s)(.*?)((?::{_NUMBER},{_NUMBER}(?:,{_NUMBER})?)?)")


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where an image stands in a frame.

    A coordinate with a decimal point is a share of the room that the image leaves free: 0.0 is left or top, 0.5 the
    centre, 1.0 right or bottom. A whole number is the distance in px from the left or top edge; from the right or
    bottom edge if it is negative.
    """

    x: int | float = 0
    """Along the width."""

    y: int | float = 0
    """Along the height."""

    scale: float | None = None
    """Factor of the image's own size; None keeps its size, but shrinks it to fit into the frame."""


def split(spec: str) -> tuple[str, str]:
    """Return the file that ``spec`` names, and the rest, from its colon on."""
    found = _SPEC.fullmatch(spec)
    assert found is not None  # the second group may be empty
    return found[1], found[2]


def placement(spec: str) -> Placement:
    """Parse the place that ``spec`` names after the file.

    Raises:
        SceneError: a number is out of range.
    """
    words = split(spec)[1].lstrip(":").split(",")
    if len(words) < 2:
        return Placement()
    x, y = (_coordinate(word, spec) for word in words[:2])
    scale = float(words[2]) if len(words) == 3 else None
    if scale is not None and not LEAST_SCALE <= scale <= LARGEST_SCALE:
        raise _refused(f"a scale from {LEAST_SCALE:g} to {LARGEST_SCALE:g}", words[2], spec)
    return Placement(x=x, y=y, scale=scale)


def _coordinate(word: str, spec: str) -> int | float:
    if "." in word:
        if not 0 <= float(word) <= 1:
            raise _refused("a share from 0.0 to 1.0, or whole px", word, spec)
        return float(word)
    if len(word) > 6 or abs(int(word)) > FARTHEST_PX:
        raise _refused(f"px from -{FARTHEST_PX} to {FARTHEST_PX}", word, spec)
    return int(word)


def _refused(wanted: str, got: str, spec: str) -> SceneError:
    return SceneError(f"expected {wanted} in the overlay {shown(spec)}, got {shown(got)}", cure=f"Type {USAGE}")
