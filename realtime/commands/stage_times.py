"""Times the stages of every available configuration on the frames of the built-in sample, and returns plain data.

The configurations alternate frame by frame, so that a busy moment affects all alike.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain, cycle, islice
from typing import Any

import cv2
import numpy as np

from realtime.capture.sample_clip import labelled
from realtime.commands.bench import STAGES
from realtime.commands.machine import first_start, machine, versions
from realtime.errors import GreenlessError
from realtime.frame import Alpha, Frame, Pixels
from realtime.loop.governor import Governor
from realtime.matting import open_matter
from realtime.matting.refine.finish import Finish
from realtime.media.fit import fit
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, MattingSettings, SceneSettings
from realtime.sinks.null import Null

MAIN = (1280, 720)
SIZES = ((640, 480), MAIN, (1920, 1080))
"""Width and height of the frames, in px."""

FPS = 30.0
WARM_UP = 2
"""Frames that do not count."""

FIXED: dict[str, Any] = {"provider": "cpu", "governor": False, "economy": "off"}

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "lite, ONNX Runtime f32": {"runtime": "onnx", "precision": "float32", "reference_size": 288},
    "lite, ONNX Runtime int8": {"runtime": "onnx", "precision": "int8", "reference_size": 288},
    "lite, OpenVINO int8": {"runtime": "openvino", "precision": "int8", "reference_size": 288},
    "lite, fastest here": {"reference_size": 224},
    "lite, fastest here, smaller": {"reference_size": 192},
    "lite, fastest here, economies": {"reference_size": 224, "economy": "on"},
}
"""The configurations to time, and their settings."""

_QUALITY = 93
"""Of the JPEGs that stand for the frames of a webcam."""


class TimedStages:
    """The stages of a live run, from a JPEG to the sink, and their times.

    Args:
        name: the configuration.
        settings: the network.
        size_px: width and height of the frames.

    Raises:
        realtime.errors.GreenlessError: the configuration is not available here.
    """

    def __init__(self, name: str, settings: MattingSettings, size_px: tuple[int, int]) -> None:
        self._name = name
        self._matter = Governor(open_matter(settings, width_px=size_px[0], height_px=size_px[1]), settings)
        self._finish, self._sink = Finish(FinishSettings()), Null()
        self._scene = Scene(SceneSettings(background="#2b3a42"))
        self._times: list[list[tuple[float, float]]] = []
        self._errors: list[float] = []
        self._network_px = (0, 0)

    def step(self, index: int, coded: Pixels, true: Alpha) -> None:
        """Take one frame through the stages; ``true`` is its exact matte."""
        times = [_now_s()]
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
        frame = Frame(pixels=pixels, index=index, captured_s=index / FPS)
        times.append(_now_s())
        [coarse] = self._matter.matte_batch([frame])
        times.append(_now_s())
        matte = self._finish.finish(coarse)
        times.append(_now_s())
        assert matte is not None  # the finish of the default settings has no delay
        composite = self._scene.compose(matte)
        times.append(_now_s())
        self._sink.send(composite)
        self._times.append([*times, _now_s()])
        self._errors.append(float(np.abs(matte.alpha - true).mean()))
        self._network_px = (coarse.alpha.shape[1], coarse.alpha.shape[0])

    def row(self) -> dict[str, Any]:
        """Return the times per stage, and of a frame."""
        clock_ms, processor_ms = np.moveaxis(1000 * np.diff(self._times, axis=1)[WARM_UP:], 2, 0)
        figures = (*np.percentile(clock_ms, (50, 95), axis=0), np.median(processor_ms, axis=0))
        names = ("p50_ms", "p95_ms", "processor_ms")
        of_stages = [dict(zip(names, map(_rounded, stage), strict=True)) for stage in zip(*figures, strict=True)]
        # Economy skips the network for some frames, so only the mean gives the cost of a second.
        ms = float(clock_ms.sum(axis=1).mean())
        return {
            "name": self._name,
            "network": "{}x{}".format(*self._network_px),
            "stages": dict(zip(STAGES, of_stages, strict=True)),
            "ms": _rounded(ms),
            "processor_ms": _rounded(processor_ms.sum(axis=1).mean()),
            "fps": round(1000 / ms, 2),
            "mad": round(float(np.mean(self._errors[WARM_UP:])), 5),
        }

    def close(self) -> None:
        """Close network and background."""
        self._matter.close()
        self._scene.close()


def measure(*, quick: bool, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Time the stages.

    Args:
        quick: use a quarter of the frames, and only the main size.
        say: called with a line before each step.

    Returns:
        ``machine``, ``versions``, ``quick``, ``sizes`` (per size the rows of ``stages``), ``missing``, ``seconds``.
    """
    started_s = time.perf_counter()
    drawn = list(islice(labelled("person"), 8 if quick else 24))
    missing: dict[str, None] = {}
    sizes: dict[str, Any] = {}
    for size_px in (MAIN,) if quick else SIZES:
        size = "{}x{}".format(*size_px)
        say(f"timing the stages at {size}")
        with first_start(), ExitStack() as opened:
            found: list[TimedStages] = []
            for name, settings in CONFIGURATIONS.items():
                try:
                    found.append(TimedStages(name, MattingSettings(**FIXED | settings), size_px))
                    opened.callback(found[-1].close)
                except GreenlessError as error:
                    missing[f"{name}: {error}"] = None
            for index, frame in enumerate(islice(_played(drawn, *size_px), 12 if quick else 50)):
                for stages in found:
                    stages.step(index, *frame)
            sizes[size] = {"stages": [stages.row() for stages in found]}
    measured = {"machine": machine(), "versions": versions(), "quick": quick, "sizes": sizes, "missing": [*missing]}
    return {**measured, "seconds": round(time.perf_counter() - started_s, 1)}


def _played(drawn: list[tuple[Pixels, Alpha]], width_px: int, height_px: int) -> Iterator[tuple[Pixels, Alpha]]:
    """Yield the frames as a webcam encodes them, with their mattes, forwards and backwards without end."""
    shown = []
    for pixels, alpha in drawn:
        fitted = fit(pixels, width_px=width_px, height_px=height_px, how="cover")
        alpha8 = np.rint(alpha * 255).astype(np.uint8)[..., None]
        true = fit(alpha8, width_px=width_px, height_px=height_px, how="cover").reshape(height_px, width_px)
        coded = np.asarray(cv2.imencode(".jpg", fitted, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1], np.uint8)
        shown.append((coded, true / np.float32(255)))
    yield from cycle(chain(shown, shown[-2:0:-1]))


def _now_s() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _rounded(ms: float) -> float:
    return round(float(ms), 3)
