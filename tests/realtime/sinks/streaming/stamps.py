"""Frames with their number and known colours, to find again in what a server received."""

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT, FPS = 320, 240, 25
BITS = 7
"""The number of a frame is written into it as black and white rectangles."""

COLOURS = {"red": (20, 30, 220), "green": (64, 176, 0), "blue": (200, 60, 20), "grey": (128, 128, 128)}
"""BGR, side by side in the lower half."""


def stamped(index: int) -> npt.NDArray[np.uint8]:
    """A frame with its number, and colours."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for bit in range(BITS):
        pixels[:64, 40 * bit : 40 * bit + 40] = 255 * (index >> bit & 1)
    for place, colour in enumerate(COLOURS.values()):
        pixels[HEIGHT // 2 :, 80 * place : 80 * place + 80] = colour
    return pixels


def number(pixels: npt.NDArray[np.uint8]) -> int:
    """The number in a frame that was received."""
    return sum(int(pixels[32, 40 * bit + 20, 0] > 127) << bit for bit in range(BITS))


def check_colours(pixels: npt.NDArray[np.uint8]) -> None:
    """8 bits of YUV and the quantiser leave a colour within 4 of 255."""
    for place, (name, colour) in enumerate(COLOURS.items()):
        seen = pixels[HEIGHT // 2 + 40, 80 * place + 40]
        assert np.abs(seen.astype(int) - colour).max() <= 4, f"{name}: {seen}"
