"""The icons: drawings of ours in the folder ``desktop``, rendered by ``benchmarks/icons.py``."""

from functools import cache
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).with_name("desktop")

Pixmap = tuple[int, int, bytes]
"""Width and height in px, and the pixels as StatusNotifierItem wants them: A, R, G, B, straight alpha."""


def path(name: str, size_px: int) -> Path:
    """Return the file of an icon."""
    return FOLDER / f"{name}-{size_px}.png"


@cache
def pixmaps(name: str) -> tuple[Pixmap, ...]:
    """Return an icon at every size for trays."""
    found = []
    for size_px in (16, 22, 32, 48, 64):
        with Image.open(path(name, size_px)) as image:
            red, green, blue, alpha = image.convert("RGBA").split()
        found.append((size_px, size_px, Image.merge("RGBA", (alpha, red, green, blue)).tobytes()))
    return tuple(found)
