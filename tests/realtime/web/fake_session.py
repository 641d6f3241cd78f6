"""A session without a run: settings that change, presets in memory, drawn pictures that flow.

Beside the tests it is a server to build a page on, in the root of the repository:

    GREENLESS_HOME=/tmp/page python -m tests.realtime.web.fake_session --port 8480
"""

import argparse
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.people.sample import Rendered, Truth, blend
from realtime.errors import SettingsError
from realtime.frame import Composite, Frame, Matte
from realtime.media.notice import draw_notice
from realtime.scene.compose import Scene
from realtime.settings import file as settings_file
from realtime.settings import paths
from realtime.settings.schema import ControlSettings, Settings
from realtime.settings.tree import laid_over
from realtime.sinks.broadcast import Broadcast

NEXT = ("blur", "#00b140", "#2b3a42")


class FakeSession:
    """Stands in for ``realtime.session.session.Session``.

    Args:
        truths: what the camera sees, one after the other and again.
    """

    def __init__(self, truths: Sequence[Truth], settings: Settings | None = None) -> None:
        self._truths = truths
        self._settings = settings or Settings()
        self._scene = Scene(self._settings.scene)
        self._presets: dict[str, Settings] = {}
        self._latest: Composite | None = None
        self.frames = 0
        self.running = True
        self.shutter_closed = False
        self.broken: Exception | None = None
        """Raised by every change, where a test sets it."""

    @property
    def settings(self) -> Settings:
        return self._settings

    def change(self, tables: Mapping[str, object]) -> Settings:
        if self.broken is not None:
            raise self.broken
        self._apply(laid_over(self._settings, tables))
        return self._settings

    def presets(self) -> list[str]:
        return sorted(self._presets)

    def preset(self, name: str) -> Settings:
        if name not in self._presets:
            raise SettingsError(f"there is no preset {name!r}", cure="Save one first")
        self._apply(self._presets[name])
        return self._settings

    def current_preset(self) -> str:
        return next((name for name, settings in self._presets.items() if settings == self._settings), "")

    def save_preset(self, name: str) -> None:
        self._presets[name] = self._settings

    def delete_preset(self, name: str) -> None:
        if name not in self._presets:
            raise SettingsError(f"there is no preset {name!r}")
        del self._presets[name]

    def save(self) -> None:
        settings_file.write(paths.settings_file(), self._settings)

    def next_background(self) -> None:
        now = self._settings.scene.background
        following = NEXT[(NEXT.index(now) + 1) % len(NEXT)] if now in NEXT else NEXT[0]
        self.change({"scene": {"background": following}})

    def shutter(self, closed: bool | None = None) -> None:
        self.shutter_closed = not self.shutter_closed if closed is None else closed

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def stats(self) -> dict[str, Any]:
        age, stages = {"p50_ms": 40.0, "p95_ms": 55.0}, {"infer": {"p50_ms": 20.0, "p95_ms": 25.0}}
        whole = {"frames": self.frames, "held": 0, "dropped": 0, "fps": 30.0, "stages": stages, "age": age}
        recent = {"fps": 29.0 + self.frames % 3, "stages": stages, "age": age}
        return {"source": "drawn", "matter": "none", "sinks": ("null",), **whole, "recent": recent}

    def latest(self) -> Composite | None:
        return self._latest

    def step(self, broadcast: Broadcast) -> Composite:
        """Make the next picture and send it."""
        truth = self._truths[self.frames % len(self._truths)]
        pixels, alpha = truth.pixels, truth.alpha
        if self.shutter_closed or not self.running:
            pixels = draw_notice(("Picture paused",), alpha.shape[1], alpha.shape[0])
            alpha = np.zeros_like(alpha)
        frame = Frame(pixels=pixels, index=self.frames, captured_s=time.perf_counter())
        composite = self._scene.compose(Matte(alpha=alpha, frame=frame))
        if self.shutter_closed or not self.running:
            composite = replace(composite, pixels=pixels, notice=True)
        self.frames += 1
        self._latest = composite
        broadcast.send(composite)
        return composite

    def _apply(self, settings: Settings) -> None:
        self._scene = Scene(settings.scene)
        self._settings = settings


def disc(width_px: int = 160, height_px: int = 96) -> Truth:
    """A red disc with a soft rim before a blue wall: drawn at once, where a person takes seconds."""
    x, y = np.meshgrid(np.arange(width_px), np.arange(height_px))
    away_px = np.hypot(x - width_px / 2, y - height_px / 2) - min(width_px, height_px) / 3
    alpha = np.clip(0.5 - away_px / 6, 0, 1).astype(np.float32)
    foreground = np.full((height_px, width_px, 3), (40, 60, 210), np.uint8)
    background = np.full((height_px, width_px, 3), (160, 90, 30), np.uint8)
    return Truth(pixels=blend(foreground, background, alpha), alpha=alpha, foreground=foreground, background=background)


def persons(count: int = 8, *, width_px: int = 160, height_px: int = 96, seed: int = 0) -> list[Truth]:
    """Drawn pictures whose alpha is known."""
    rendered = Rendered(width_px, height_px, 10.0, seed=seed, noise=0)
    return [rendered.truth(index) for index in range(count)]


def main() -> None:
    from realtime.web.server import Server

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8480)
    parser.add_argument("--fps", type=float, default=15)
    parser.add_argument("--size", default="640x360")
    options = parser.parse_args()
    width_px, height_px = map(int, options.size.split("x"))
    session = FakeSession(persons(24, width_px=width_px, height_px=height_px))
    with Server(ControlSettings(port=options.port)) as server:
        server.serve(session)
        print(server.access.page, server.access.overlay, sep="\n", flush=True)
        while True:
            session.step(server.broadcast)
            threading.Event().wait(1 / options.fps)


if __name__ == "__main__":
    main()
