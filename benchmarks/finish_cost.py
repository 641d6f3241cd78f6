"""Measures the cost of the finish and the scene, step by step, in CPU milliseconds of one thread.

The result has a row for each step in the order of a live frame, their sum, and the whole as the live path runs it, for
each quality at 1280x720 and 1920x1080, then the optional steps. All steps alternate in one run. The frames show a
moving drawn person with the network's matte of 512x288. Shared work, such as the reduced frame, counts in the step that
does it.

The heap of ``greenless run`` keeps the memory of frames for later ones: about 20 page faults per frame (``minflt`` in
``/proc/PID/stat``). In a process that does nothing else, glibc returns the memory to the system: 2,400 page faults per
frame, a fifth of the time. So this script makes glibc keep it, which leaves 110.
"""

import ctypes
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import cv2
import numpy as np

from benchmarks.people.sample import Rendered
from realtime.frame import Alpha, CoarseMatte, Frame, Matte, Pixels
from realtime.matting.refine.enlarge import bilinear, guided
from realtime.matting.refine.finish import Finish
from realtime.matting.refine.islands import without_islands
from realtime.matting.refine.temporal import Smooth
from realtime.scene.blend import blend
from realtime.scene.blur import Blur
from realtime.scene.compose import REDUCED_PX, Scene
from realtime.scene.edge_colours import clean, cut_out
from realtime.scene.edge_light import light_wrap, without_spill
from realtime.scene.grade import Grade
from realtime.scene.rim import Rim
from realtime.settings.schema import FinishSettings, Quality, SceneSettings

SIZES_PX, COARSE_PX = ((1280, 720), (1920, 1080)), (512, 288)
QUALITIES: tuple[Quality, ...] = ("fast", "balanced", "best")
FRAMES = 8
SEED, FIRST = 2, 20

Predict = Callable[[Pixels, tuple[int, int]], Alpha]
Filmed = Sequence[tuple[Pixels, Alpha]]
"""Frames with their coarse mattes."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Constants of ``malloc.h``."""


class Times:
    """CPU milliseconds by name."""

    def __init__(self) -> None:
        self._ms: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Time the body of the ``with`` block."""
        start_s = time.process_time()
        yield
        self._ms[name].append(1000 * (time.process_time() - start_s))

    def forget(self) -> None:
        """Clear all times."""
        self._ms.clear()

    def medians(self) -> dict[str, float]:
        """Return the median of each name, in their first order."""
        return {name: statistics.median(values) for name, values in self._ms.items()}


class Pieces:
    """Finish and scene before the blurred room, step by step, in the order of ``Finish`` and ``Scene``."""

    def __init__(self, quality: Quality, times: Times) -> None:
        self._quality, self._times = quality, times
        self._temporal = Smooth()
        self._blur = Blur(0.5)

    def run(self, coarse: CoarseMatte, title: str) -> None:
        """Process one frame; ``title`` begins the names of its times."""
        plain, frame, of = self._quality == "fast", coarse.frame, self._times.of
        if not plain:
            with of(f"{title} temporal"):
                coarse = self._temporal.push(coarse) or coarse
        with of(f"{title} islands"):
            small = without_islands(coarse.alpha)
        with of(f"{title} enlarge"):
            size = (frame.width_px, frame.height_px)
            matte = Matte(alpha=bilinear(small, size) if plain else guided(small, frame), frame=frame)
        with of(f"{title} plate"):
            plate = self._blur.plate(matte)
        with of(f"{title} rim"):
            rim, colours = Rim.of(matte.alpha8), None
        if not plain:
            with of(f"{title} clean colours"):
                colours = clean(frame, rim, reduced_px=REDUCED_PX[self._quality])
        with of(f"{title} blend"):
            blend(frame.pixels, plate, rim, colours=colours, out=plate)


class Whole:
    """Finish and scene as the live path runs them, with one background."""

    def __init__(self, quality: Quality, background: str, times: Times) -> None:
        self._finish = Finish(FinishSettings(), quality)
        self._scene = Scene(SceneSettings(background=background), quality)
        self._times = times

    def run(self, coarse: CoarseMatte, title: str) -> None:
        """Process one frame."""
        with self._times.of(title):
            matte = self._finish.finish(coarse)
            assert matte
            self._scene.compose(matte)


def keep_freed_memory() -> None:
    """Make glibc's heap keep freed memory; do nothing on other systems."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # musl has no mallopt
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_MMAP_THRESHOLD, 32 << 20)
            mallopt(_TRIM_THRESHOLD, 128 << 20)


def processor_ms(rounds: int, predict: Predict) -> dict[str, float]:
    """Return the median CPU milliseconds of each step."""
    keep_freed_memory()
    times = Times()
    found: dict[str, float] = {}
    for size in SIZES_PX:
        person, filmed = Rendered(*size, seed=SEED), []
        for index in range(FIRST, FIRST + FRAMES):
            pixels = person.pixels(index)
            filmed.append((pixels, np.clip(predict(pixels, COARSE_PX), 0, 1)))
        pieces = {quality: Pieces(quality, times) for quality in QUALITIES}
        wholes = {(q, b): Whole(q, b, times) for q in QUALITIES for b in ("blur", "#2b6a8f")}
        for number in range(rounds + 3):
            if number == 3:  # the first ones warm up
                times.forget()
            for quality, run in pieces.items():
                run.run(_coarse(filmed, number), f"{size[1]}p {quality},")
            for (quality, background), whole in wholes.items():
                kind = "colour" if background.startswith("#") else background
                whole.run(_coarse(filmed, number), f"{size[1]}p {quality}, all, {kind}")
            if size == SIZES_PX[0]:
                _added(_coarse(filmed, number), times)
        medians = times.medians()
        for quality in QUALITIES:
            title = f"{size[1]}p {quality},"
            ours = {name: ms for name, ms in medians.items() if name.startswith(title) and ", all," not in name}
            found |= ours | {f"{title} sum of these": sum(ours.values())}
            found |= {name: ms for name, ms in medians.items() if name.startswith(f"{title} all,")}
        found |= {name: ms for name, ms in medians.items() if name.startswith("added")}
        times.forget()
    return {name: round(ms, 2) for name, ms in found.items()}


def _coarse(filmed: Filmed, number: int) -> CoarseMatte:
    """Return frame ``number`` of the film, played forwards and backwards."""
    at = number % (2 * len(filmed) - 2)
    pixels, alpha = filmed[min(at, 2 * len(filmed) - 2 - at)]
    return CoarseMatte(alpha=alpha, frame=Frame(pixels=pixels, index=number, captured_s=number / 30))


def _added(coarse: CoarseMatte, times: Times) -> None:
    """Time the optional steps at 1280x720."""
    frame = coarse.frame
    matte = Matte(alpha=guided(coarse.alpha, frame), frame=frame)
    rim, pixels = Rim.of(matte.alpha8), frame.pixels
    scenery = np.asarray(cv2.GaussianBlur(cv2.flip(pixels, 1), (0, 0), 3), np.uint8)
    colours = clean(frame, rim, reduced_px=REDUCED_PX["balanced"])
    with times.of("added, cut-out, for what keeps alpha"):
        person = cut_out(pixels, rim, colours)
    with times.of("added, plate of lens:0.5"):
        Blur(0.5, lens=True).plate(matte)
    with times.of("added, blend in linear light"):
        blend(person, scenery, rim, linear_light=True)
    with times.of("added, light wrap"):
        light_wrap(person, scenery, rim, 0.5)
    with times.of("added, spill"):
        without_spill(person, pixels, rim, 0.5)
    with times.of("added, match background"):
        table = Grade(match=0.5, low_light=0.0).table(pixels, rim.alpha8, scenery)
        cv2.LUT(person, table if table is not None else np.arange(256, dtype=np.uint8))
