"""Streams of network cameras by RTSP, from a camera on this machine: over TCP unless UDP is asked for."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from realtime.capture import open_source
from realtime.errors import SourceError
from realtime.settings.schema import CameraSettings
from tests.realtime.capture.rtsp import RtspCamera


@pytest.fixture
def start() -> Iterator[Callable[..., RtspCamera]]:
    """``start(udp=)`` starts a camera."""
    cameras: list[RtspCamera] = []

    def starts(**how: bool) -> RtspCamera:
        cameras.append(RtspCamera(**how))
        return cameras[-1]

    yield starts
    for camera in cameras:
        camera.close()


def first_pixel(camera: RtspCamera, settings: CameraSettings) -> int:
    """The grey of the first picture, which the camera sends as 100, as H.264 leaves it."""
    with open_source(camera.url, settings) as source:
        assert source.live
        pixels = next(source).pixels
        assert pixels.shape == (48, 64, 3)
        return int(pixels[0, 0, 0])


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_it_is_asked_for_the_transport_of_the_settings_alone(
    start: Callable[..., RtspCamera], transport: Literal["tcp", "udp"]
) -> None:
    camera = start()
    assert abs(first_pixel(camera, CameraSettings(transport=transport)) - 100) < 8
    assert [("TCP" in asked, "client_port" in asked) for asked in camera.asked] == [
        (transport == "tcp", transport == "udp")
    ]


def test_a_camera_without_udp_plays_at_once_by_default(start: Callable[..., RtspCamera]) -> None:
    camera = start(udp=False)
    assert abs(first_pixel(camera, CameraSettings()) - 100) < 8
    assert len(camera.asked) == 1


def test_udp_that_is_refused_is_an_error(start: Callable[..., RtspCamera]) -> None:
    camera = start(udp=False)
    with pytest.raises(SourceError, match="cannot open rtsp://"):
        open_source(camera.url, CameraSettings(transport="udp"))
