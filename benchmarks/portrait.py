"""Makes the image at the head of the README: camera, matte, blur, beach.

    python benchmarks/portrait.py docs/portrait.jpg

The portrait is scikit-image's ``astronaut`` (NASA, public domain), as in ``greenless demo``; it needs
``greenless[demo]``. The network on board makes the matte, the code below draws the beach.
"""

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from realtime.frame import Frame, Pixels
from realtime.matting import open_matter
from realtime.matting.refine.finish import finished
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, MattingSettings, SceneSettings

CROP_PX = (slice(0, 336), slice(40, 460))
"""Rows and columns of the portrait that a webcam would show: head and shoulders."""

SHOWN_PX = (420, 336)
GAP_PX = 6
QUALITY = 88

HORIZON, SHORE = 0.52, 0.80
"""Where the sea begins and where the sand begins, in parts of the image's height."""

SKY = ((0.0, (205, 132, 62)), (0.34, (226, 186, 132)), (HORIZON, (214, 222, 243)))
SEA = ((HORIZON, (176, 148, 72)), (0.66, (170, 152, 54)), (SHORE, (196, 190, 122)))
SAND = ((SHORE, (140, 186, 212)), (0.88, (158, 202, 226)), (1.0, (128, 176, 206)))
"""BGR colours at parts of the image's height; between them the colours change gradually."""

SUN = (0.80, 0.40, (190, 226, 255))
"""Across, down, in parts of width and height, and its colour in BGR."""


def beach(width: int, height: int) -> Pixels:
    """Draw a beach by day, slightly out of focus.

    Returns:
        ``(H, W, 3) uint8 BGR``.
    """
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    down, across = (down + 0.5) / height, (across + 0.5) / width
    shore = SHORE + 0.012 * np.sin(across * 7.0) + 0.006 * np.sin(across * 17.0 + 1.0)
    image = _gradient(down, SKY)
    glow = np.exp(-((across - SUN[0]) ** 2 + (down - SUN[1]) ** 2) / 0.03)[..., None]
    image += glow * 0.75 * (np.array(SUN[2], np.float32) - image)
    sea = _gradient(down, SEA)
    waves = np.sin(across * 23.0 + 5.0 * np.sin(down * 31.0)) * np.sin(down * height / 3.2)
    depth = np.clip((down - HORIZON) / (SHORE - HORIZON), 0, 1)
    sea += (9.0 * depth * waves)[..., None]
    sea += (np.exp(-((across - SUN[0]) ** 2) / 0.012) * (1 - depth) * 34.0)[..., None]
    image = np.where((down >= HORIZON)[..., None], sea, image)
    sand = _gradient(down, SAND) + np.random.default_rng(1).normal(0, 5, (height, width, 1)).astype(np.float32)
    image = np.where((down >= shore)[..., None], sand, image)
    foam = np.exp(-(((down - shore + 0.008) / 0.009) ** 2))[..., None]
    image += foam * 0.8 * (np.array((246, 248, 250), np.float32) - image)
    return np.asarray(cv2.GaussianBlur(np.clip(image, 0, 255), (0, 0), height / 220), np.uint8)


def _gradient(down: np.ndarray, stops: tuple[tuple[float, tuple[int, int, int]], ...]) -> np.ndarray:
    places, colours = zip(*stops, strict=True)
    return np.stack([np.interp(down, places, channel) for channel in zip(*colours, strict=True)], -1).astype(np.float32)


def panels() -> list[Pixels]:
    """The camera's frame, the matte, the room blurred, the beach; each ``(H, W, 3) uint8 BGR``."""
    pixels = np.ascontiguousarray(data.astronaut()[CROP_PX][..., ::-1], np.uint8)  # type: ignore[no-untyped-call]
    frame = Frame(pixels=pixels, index=0, captured_s=time.perf_counter())
    [matte] = finished(open_matter(MattingSettings()), FinishSettings(), [frame], quality="best")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "beach.png"
        cv2.imwrite(str(path), beach(pixels.shape[1], pixels.shape[0]))
        scenes = [SceneSettings(background=background) for background in ("blur", str(path))]
        composites = [Scene(scene, quality="best").compose(matte).pixels for scene in scenes]
    return [pixels, np.repeat(np.rint(matte.alpha * 255).astype(np.uint8)[..., None], 3, 2), *composites]


def main() -> None:
    """Put the panels side by side and write the image."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    gap = np.full((SHOWN_PX[1], GAP_PX, 3), 255, np.uint8)
    row: list[Pixels] = []
    for panel in panels():
        row += [gap, np.asarray(cv2.resize(panel, SHOWN_PX, interpolation=cv2.INTER_AREA), np.uint8)]
    cv2.imwrite(str(output), np.hstack(row[1:]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    main()
