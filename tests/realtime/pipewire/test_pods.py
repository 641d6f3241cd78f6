"""Pods: what is written can be read. ``pw-dump`` reads the same in ``test_camera_node``."""

import struct

import pytest

from realtime.pipewire import pods
from realtime.pipewire.pods import PixelFormat, VideoFormat


@pytest.mark.parametrize("fps", [30, 30000 / 1001, 12.5, 29.97])
def test_a_format_survives(fps: float) -> None:
    pod = pods.video_format(PixelFormat.I420, 1280, 720, fps)
    assert len(pod) % 8 == 0
    found = pods.read_format(pod)
    assert found is not None
    assert (found.pixels, found.width_px, found.height_px) == (PixelFormat.I420, 1280, 720)
    assert found.fps == pytest.approx(fps, rel=1e-4)


def test_of_a_choice_the_first_value_counts() -> None:
    pod = pods.wanted_format((PixelFormat.NV12, PixelFormat.I420), 640, 480, 30)
    assert pods.read_format(pod) == VideoFormat(pixels=PixelFormat.NV12, width_px=640, height_px=480, fps=30)


def test_motion_jpeg_has_no_layout() -> None:
    found = pods.read_format(pods.wanted_format((), 640, 480, 30))
    assert found is not None
    assert found.pixels is None


def test_a_foreign_layout_is_refused() -> None:
    pod = pods.video_format(PixelFormat.I420, 64, 48, 30)
    body = struct.pack("<4I", 0x20001, 0, 4, 3)
    at = pod.index(body) + len(body)
    assert pods.read_format(pod[:at] + struct.pack("<I", 999) + pod[at + 4 :]) is None
