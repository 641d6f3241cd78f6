"""Compares the chroma key with the classic colour threshold, on drawn persons before a lit green screen.

    python benchmarks/chroma.py [--json FILE]

The persons and their exact alpha are those of the drawn ``sample``. The screen is uneven cloth with a shadow; it casts
its colour on the persons' rim; the sensor is noisy. The threshold is the one of many tutorials: OpenCV's ``inRange`` in
HSV. Times are medians of CPU time on one thread.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.people.sample import Rendered, Truth
from models.evaluation import Figures
from models.metrics import mean_of_rows
from realtime.capture.sensor import Sensor
from realtime.frame import Alpha, Frame, Pixels
from realtime.matting.chroma import ChromaMatter
from realtime.matting.refine.finish import Finish
from realtime.settings.schema import FinishSettings

SEEDS = (0, 2, 5, 7)
SCREENS = {"green": (64, 177, 0), "blue": (187, 71, 0)}
SIZE_PX = (640, 360)
HUES = {"green": (35, 85), "blue": (95, 125)}


def cloth(colour: tuple[int, int, int], seed: int) -> np.ndarray:
    """Draw a screen, brighter in the middle, with folds: ``(H, W, 3) float32``."""
    width, height = SIZE_PX
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = 1.05 - 0.3 * (across**2 + down**2) / 2 + 0.06 * np.sin(9 * across + 2 * down + seed)
    return (np.array(colour) * light[..., None]).astype(np.float32)


def before_screen(truth: Truth, seed: int, screen: str) -> Pixels:
    """Put the person of ``truth`` before the screen, which casts its colour on the person's rim."""
    wall = cloth(SCREENS[screen], seed)
    spill = 0.12 * cv2.GaussianBlur(1 - truth.alpha, (0, 0), 12)[..., None] * wall
    alpha = truth.alpha[..., None]
    mixed = (truth.foreground + spill) * alpha + wall * (1 - alpha)
    return Sensor(*SIZE_PX, seed=seed).see(mixed.clip(0, 255).astype(np.uint8), seed)


def threshold(pixels: Pixels, screen: str) -> Alpha:
    """Apply the classic threshold: pixels of the screen's hue are background."""
    low, high = HUES[screen]
    mask = cv2.inRange(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV), (low, 60, 40), (high, 255, 255))
    return np.asarray(1 - mask / np.float32(255), np.float32)


def keyer() -> Callable[[Pixels, str], Alpha]:
    """Make a function that runs the chroma key and the finish, without the temporal filter."""
    matter = ChromaMatter()
    settings = FinishSettings(temporal="off")

    def key(pixels: Pixels, screen: str) -> Alpha:
        [coarse] = matter.matte_batch([Frame(pixels=pixels, index=0, captured_s=0.0)])
        matte = Finish(settings).finish(coarse)
        assert matte is not None
        return matte.alpha

    return key


def processor_ms(run: Callable[[Pixels, str], Alpha], pixels: Pixels) -> float:
    """Return the median CPU time of 21 runs at 1280x720."""
    large = np.asarray(cv2.resize(pixels, (1280, 720)), np.uint8)
    times = []
    for _ in range(21):
        start_s = time.process_time()
        run(large, "green")
        times.append(1000 * (time.process_time() - start_s))
    return statistics.median(times)


def measure() -> dict[str, dict[str, float]]:
    """Measure both, by name and screen."""
    truths = {seed: Rendered(*SIZE_PX, seed=seed, noise=0).truth(30 + seed) for seed in SEEDS}
    report: dict[str, dict[str, float]] = {}
    for name, run in {"colour threshold (HSV)": threshold, "chroma key": keyer()}.items():
        for screen in SCREENS:
            seen = [(before_screen(truth, seed, screen), truth.alpha) for seed, truth in truths.items()]
            of = mean_of_rows([Figures.of(run(pixels, screen), true) for pixels, true in seen])
            figures = {"MAD x1000": 1000 * of.mad, "band MAD x1000": 1000 * of.band_mad, "Grad": of.grad}
            if screen == "green":
                figures["ms at 1280x720"] = processor_ms(run, seen[0][0])
            report[f"{name}, {screen}"] = figures
    return report


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    output = parser.parse_args().json
    cv2.setNumThreads(1)
    report = measure()
    for row, figures in report.items():
        print(f"{row:<32}" + "".join(f"  {key} {value:.2f}" for key, value in figures.items()))
    if output:
        output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
