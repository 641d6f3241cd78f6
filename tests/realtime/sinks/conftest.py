import sys
from collections.abc import Callable
from enum import Enum
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from realtime.frame import Composite, Frame, Matte
from realtime.sinks.virtual_camera import FED

MakeComposite = Callable[..., Composite]


@pytest.fixture
def make_composite() -> MakeComposite:
    """A composite whose person is a red disc and whose background is blue, or nothing."""

    def make(
        index: int = 0,
        *,
        width_px: int = 64,
        height_px: int = 48,
        captured_s: float | None = None,
        transparent: bool = False,
    ) -> Composite:
        alpha = np.zeros((height_px, width_px), np.float32)
        cv2.circle(alpha, (width_px // 2, height_px // 2), min(width_px, height_px) // 3, 1.0, -1)
        foreground = np.where(alpha[..., None] > 0, np.array([20, 30, 220], np.uint8), np.uint8(0)).astype(np.uint8)
        behind = np.array([0, 0, 0] if transparent else [200, 60, 20], np.uint8)
        pixels = np.where(alpha[..., None] > 0, foreground, behind).astype(np.uint8)
        camera = np.full((height_px, width_px, 3), 99, np.uint8)  # a grey that no sink may ever show
        for picture in (alpha, foreground, pixels, camera):
            picture.flags.writeable = False
        captured_s = index / 30 if captured_s is None else captured_s
        matte = Matte(alpha=alpha, frame=Frame(pixels=camera, index=index, captured_s=captured_s))
        return Composite(pixels=pixels, matte=matte, person=foreground, transparent=transparent)

    return make


class PixelFormat(Enum):
    """pyvirtualcam's, as far as the sink goes."""

    BGR = "24BG"
    RGBA = "ABGR"


class FakeVirtualCamera:
    """``pyvirtualcam``, and on Linux our writer, without a device: remembers what was asked for and what was sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[dict[str, Any]] = []
        self.sent: list[np.ndarray] = []
        self.closed = 0
        self.reasons: dict[str, str] = {}
        """Why a format cannot be opened, by its name."""
        self.error: OSError | None = None
        """Why a device cannot be opened on Linux."""
        self.loopbacks = ["/dev/video10"]
        self.outputs = {"/dev/video10"}
        self.forbidden: list[str] = []
        self.healed: list[str] = []
        module = SimpleNamespace(PixelFormat=PixelFormat, Camera=self._open)
        monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
        v4l2 = SimpleNamespace(
            loopbacks=lambda: self.loopbacks,
            forbidden=lambda: self.forbidden,
            can_output=lambda device: device in self.outputs,
            heal=self.healed.append,
        )
        monkeypatch.setitem(sys.modules, "realtime.sinks.v4l2", v4l2)
        monkeypatch.setattr("realtime.sinks.v4l2", v4l2, raising=False)
        monkeypatch.setattr("realtime.sinks.v4l2_writer.Writer", self._write)
        FED.clear()  # of a test that left its camera open

    def _write(self, device: str, *, width_px: int, height_px: int) -> Any:
        if self.error is not None:
            raise self.error
        self.opened.append({"size": (width_px, height_px), "format": "BGR", "device": device})
        return SimpleNamespace(device=device, send=self._send, close=self._close)

    def _open(self, width: int, height: int, fps: float, *, fmt: PixelFormat, device: str | None) -> Any:
        self.opened.append({"size": (width, height), "fps": fps, "format": fmt.name, "device": device})
        if reason := self.reasons.get(fmt.name):
            raise RuntimeError(reason)
        return SimpleNamespace(device=device or "a camera", fmt=fmt, send=self._send, close=self._close)

    def _send(self, pixels: np.ndarray) -> None:
        width, height = self.opened[-1]["size"]
        channels = 4 if self.opened[-1]["format"] == "RGBA" else 3
        if pixels.shape != (height, width, channels):
            raise ValueError(f"unexpected frame shape: {pixels.shape}")
        self.sent.append(pixels.copy())

    def _close(self) -> None:
        self.closed += 1


@pytest.fixture
def virtual_camera(monkeypatch: pytest.MonkeyPatch) -> FakeVirtualCamera:
    return FakeVirtualCamera(monkeypatch)


class FakeWindows:
    """OpenCV's windows without a display."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: list[np.ndarray] = []
        self.keys: list[int] = []
        self.open = False
        monkeypatch.setattr("realtime.sinks.preview.require_display", lambda: None)
        for name in ("namedWindow", "resizeWindow", "imshow", "waitKey", "getWindowProperty", "destroyWindow"):
            monkeypatch.setattr(cv2, name, getattr(self, name))

    def namedWindow(self, title: str, flags: int) -> None:
        self.open = True

    def resizeWindow(self, title: str, width: int, height: int) -> None:
        self.size = (width, height)

    def imshow(self, title: str, pixels: np.ndarray) -> None:
        self.shown.append(pixels)

    def waitKey(self, delay_ms: int) -> int:
        return self.keys.pop(0) if self.keys else -1

    def getWindowProperty(self, title: str, which: int) -> float:
        return float(self.open)

    def destroyWindow(self, title: str) -> None:
        if not self.open:
            raise cv2.error("NULL window")
        self.open = False


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> FakeWindows:
    return FakeWindows(monkeypatch)
