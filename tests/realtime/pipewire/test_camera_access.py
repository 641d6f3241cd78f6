"""Cameras in a sandbox, where the desktop's real portal asks the user. The answer is given beforehand."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from realtime.capture.pipewire import PipeWireSource
from realtime.errors import MissingExtra, SourceError
from realtime.pipewire import permissions
from realtime.pipewire.camera_node import CameraNode
from realtime.settings.schema import CameraSettings
from tests.realtime.pipewire.consumers import Feed, Held
from tests.realtime.pipewire.desktop import Desktop
from tests.realtime.pipewire.reader import HEIGHT_PX, WIDTH_PX

pytestmark = pytest.mark.xvfb


@pytest.fixture(autouse=True)
def sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "SANDBOX", "/")
    pytest.importorskip("jeepney", reason="jeepney is in the extra screen")


@pytest.fixture
def camera(portal: Desktop, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a camera on the desktop, which this process can reach directly too."""
    for name, value in portal.environment.items():
        monkeypatch.setenv(name, value)
    with CameraNode("laptop", width_px=WIDTH_PX, height_px=HEIGHT_PX, fps=30) as node, Feed(node):
        assert node.accepted()
        monkeypatch.setattr("realtime.capture.pipewire.OWN", ())
        monkeypatch.setenv("PIPEWIRE_RUNTIME_DIR", os.devnull)  # only the portal leads there
        yield "laptop"


def test_with_permission_it_is_read(camera: str, portal: Desktop) -> None:
    portal.allow_cameras()
    for round_ in range(3):
        with PipeWireSource(camera, CameraSettings()) as source:
            assert source.name.startswith(f"laptop, {WIDTH_PX}x{HEIGHT_PX}")
            for _ in range(3):
                assert next(source).pixels.shape == (HEIGHT_PX, WIDTH_PX, 3)
        if round_ == 0:
            first = Held()
    first.no_more()


def test_a_refusal_is_named(camera: str, portal: Desktop) -> None:
    portal.allow_cameras(answer="no")
    with pytest.raises(SourceError, match="you did not allow greenless to use cameras") as caught:
        PipeWireSource(camera, CameraSettings())
    assert "settings for privacy" in caught.value.cure


def test_without_jeepney_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jeepney", None)
    with pytest.raises(MissingExtra, match="jeepney"):
        PipeWireSource("", CameraSettings())


def test_a_missing_portal_is_named(pipewire: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any) -> None:
        raise AssertionError("no other way is tried")

    monkeypatch.setattr("realtime.pipewire.registry.look", nothing)
    with pytest.raises(SourceError, match="no portal that offers cameras"):
        PipeWireSource("", CameraSettings())
