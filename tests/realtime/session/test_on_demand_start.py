"""On demand at the start: the camera is not opened before somebody watches, where that can be known."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from realtime.errors import SourceError
from realtime.loop.failsafe import WAITING
from realtime.session.session import Session
from realtime.settings.schema import CameraSettings, SceneSettings, Settings
from tests.realtime.conftest import World
from tests.realtime.stand_ins import HEIGHT_PX, WIDTH_PX, Shown, behind, is_notice, running, until

Start = Callable[..., AbstractContextManager[Session]]


class Watched(Shown):
    """A sink that knows whether it is seen."""

    now: bool | None = False

    def watched(self) -> bool | None:
        return self.now


@pytest.fixture
def opened(world: World, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the sinks, which all can tell, were opened with."""
    opened = []

    def open_sink(spec: str, **size: Any) -> Shown:
        opened.append(size)
        world.sinks[spec] = Watched(spec)
        return world.sinks[spec]

    monkeypatch.setattr("realtime.session.open_parts.open_sink", open_sink)
    return opened


@pytest.fixture
def start(world: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts a session, on demand, that runs."""
    for name in ("LOOK_S", "WAKE_S", "LINGER_S"):
        monkeypatch.setattr(f"realtime.loop.delays.{name}", 0.01)

    @contextmanager
    def start(on_demand: bool = True) -> Iterator[Session]:
        camera = CameraSettings(on_demand=on_demand, width=320, height=192, fps=50.0)
        settings = Settings(sink=("null",), camera=camera, scene=SceneSettings(background="#00ff00"))
        with Session(settings, path=path) as session, running(session):
            until(session.latest)
            yield session

    return start


def test_nothing_is_opened_until_somebody_watches(start: Start, world: World, opened: list[dict[str, Any]]) -> None:
    with start() as session:
        sink = world.sinks["null"]
        until(lambda: len(sink.pictures) > 5)
        assert all(is_notice(picture, WAITING) for picture in sink.pictures)
        assert opened == [{"width_px": 320, "height_px": 192, "fps": 50.0, "live": True}]
        assert sink.pictures[0].shape == (192, 320, 3)
        assert not world.cameras
        assert session.stats()["source"] == "camera 0 (not open yet)"
        sink.now = True
        until(lambda: behind(session) == [0, 255, 0])
        assert [camera.name for camera in world.cameras] == ["camera 0"]
        sink.now = False
        until(lambda: world.cameras[0].closed)


@pytest.mark.usefixtures("opened")
def test_a_camera_that_is_absent_at_the_start_is_opened_when_it_is_there(
    start: Start, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.missing = {"camera": SourceError("camera 0 is not there")}
    with start() as session:
        sink = world.sinks["null"]
        until(lambda: len(sink.pictures) > 5)
        assert "not there" not in caplog.text
        sink.now = True
        until(lambda: "camera 0 is not there; trying again" in caplog.text)
        world.missing = {}
        until(lambda: behind(session) == [0, 255, 0])


def test_where_it_cannot_be_known_the_camera_is_opened_at_the_start_and_that_is_said(
    start: Start,
    world: World,
    opened: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Watched, "now", None)
    with start() as session:
        assert len(world.cameras) == 1
        until(lambda: behind(session) == [0, 255, 0])
        until(lambda: "the camera stays on: this system cannot report" in caplog.text)
        assert not world.cameras[0].closed
    assert [(size["width_px"], size["height_px"]) for size in opened] == [(320, 192), (WIDTH_PX, HEIGHT_PX)]


@pytest.mark.usefixtures("opened")
def test_an_absent_camera_is_an_error_where_it_cannot_be_known(
    start: Start, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watched, "now", None)
    world.missing = {"camera": SourceError("camera 0 is not there")}
    with pytest.raises(SourceError, match="not there"), start():
        pass
    assert (world.sinks["null"].closed, world.matters[0].closed) == (1, 1)


def test_a_sink_that_counts_as_watched_all_the_time_has_the_camera_opened_at_the_start(
    start: Start, world: World
) -> None:
    with start() as session:
        assert len(world.cameras) == 1
        until(lambda: behind(session) == [0, 255, 0])


@pytest.mark.usefixtures("opened")
def test_without_on_demand_the_camera_is_opened_at_the_start(start: Start, world: World) -> None:
    with start(on_demand=False) as session:
        assert len(world.cameras) == 1
        until(lambda: behind(session) == [0, 255, 0])
    assert not any(is_notice(picture, WAITING) for picture in world.sinks["null"].pictures[:1])
    world.missing = {"camera": SourceError("camera 0 is not there")}
    with pytest.raises(SourceError, match="not there"), start(on_demand=False):
        pass


@pytest.mark.usefixtures("opened")
def test_on_demand_that_is_turned_off_before_the_run_opens_the_camera(world: World, path: Path) -> None:
    with Session(Settings(sink=("null",), camera=CameraSettings(on_demand=True)), path=path) as session:
        session.change({"camera": {"on_demand": False}})
        with running(session):
            until(lambda: world.cameras)
