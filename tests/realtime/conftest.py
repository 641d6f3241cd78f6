"""A session among stand-ins: what it opens is at hand, and what cannot be opened is chosen."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from realtime.errors import GreenlessError
from realtime.loop import delays
from realtime.session import open_parts
from realtime.session.session import Session
from realtime.settings.schema import CameraSettings, MattingSettings, SceneSettings, Settings
from tests.realtime.stand_ins import PATIENCE_S, Camera, Half, Shown, running, until


class World:
    """What was opened, and what cannot be."""

    def __init__(self) -> None:
        self.cameras: list[Camera] = []
        self.matters: list[Half] = []
        self.sinks: dict[str, Shown] = {}
        self.missing: dict[str, GreenlessError] = {}
        self.loading = threading.Event()
        self.loading.set()
        self.matter: type[Half] = Half

    def open_source(self, spec: str, camera: CameraSettings) -> Camera:
        self._raise(spec)
        self.cameras.append(Camera(None, fps=50.0, name=f"{spec} {camera.camera}"))
        return self.cameras[-1]

    def open_matter(self, settings: MattingSettings, **size: int) -> Half:
        self._raise(settings.weights)
        assert self.loading.wait(PATIENCE_S)
        matter = self.matter()
        matter.name = settings.weights
        self.matters.append(matter)
        return matter

    def open_sink(self, spec: str, **size: Any) -> Shown:
        self._raise(spec)
        self.sinks[spec] = Shown(spec)
        return self.sinks[spec]

    def _raise(self, name: str) -> None:
        if name in self.missing:
            raise self.missing[name]


@pytest.fixture(scope="session", autouse=True)
def _servers_end_quickly() -> Iterator[None]:
    """uvicorn checks ten times a second whether to end, and then waits for another 0.1 s: too long after each test."""
    import uvicorn.server

    quick = SimpleNamespace(**vars(asyncio) | {"sleep": lambda delay_s: asyncio.sleep(delay_s / 10)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", quick)
        yield


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(open_parts, "open_source", world.open_source)
    monkeypatch.setattr(open_parts, "open_sink", world.open_sink)
    monkeypatch.setattr(open_parts, "open_matter", world.open_matter)
    return world


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The settings file of the session."""
    return tmp_path / "settings.toml"


@pytest.fixture
def session(world: World, path: Path) -> Iterator[Session]:
    """A session that runs, with one picture out."""
    path.write_text(
        "[presets.meeting.scene]\nbackground = '#000080'\n[presets.big.look]\nframing_zoom = 3.0\n", encoding="utf-8"
    )
    settings = Settings(sink=("null",), scene=SceneSettings(background="#00ff00"))
    with Session(settings, path=path) as session, running(session):
        until(session.latest)
        yield session


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grace and pauses a tenth as long, so that the tests are short."""
    monkeypatch.setattr(delays, "NOTICE_AFTER_S", 0.1)
    monkeypatch.setattr(delays, "FIRST_PAUSE_S", 0.02)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is repeated while a frame is late, however busy the machine is."""
    for name in ("SILENT_AFTER_S", "REPEAT_AFTER_S", "HANGS_AFTER_S"):
        monkeypatch.setattr(delays, name, PATIENCE_S)


@pytest.fixture
def no_part_left(tmp_path: Path) -> Any:
    """Looks, when the test is over, that nothing half done was left."""
    yield
    assert not [*tmp_path.rglob("*.part"), *tmp_path.rglob("*.unfinished*"), *tmp_path.rglob("unfinished/*")]
