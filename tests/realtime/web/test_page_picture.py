"""The control page before a real run, in a real Chromium: every control of edges, look and scene changes the picture.

The run keys a drawn person before a green wall, so that no network is needed and each picture is like the one before.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from realtime.session.session import Session
from realtime.settings.schema import (
    CameraSettings,
    ControlSettings,
    FinishSettings,
    MattingSettings,
    SceneSettings,
    Settings,
)
from realtime.settings.tree import groups, keys
from realtime.web.server import Server
from tests.realtime.stand_ins import running
from tests.realtime.web.conftest import opened, until

WIDTH_PX, HEIGHT_PX = 320, 180
GREEN = (64, 177, 0)
SMALL = {"look": {"person_size": 0.4}}
NOBODY = {"source": "nobody.png", "look": {"away": "notice", "away_after_s": 0.5}}

CONTROLS: dict[str, tuple[object, dict[str, Any]]] = {
    "source": ("nobody.png", {}),
    "camera.rotate": ("180", {}),
    "camera.flip": (True, {}),
    "quality": ("fast", {}),
    "matting.reference_size": (48, {}),
    "finish.enlarge": ("bilinear", {}),
    "finish.islands": (False, {}),
    "finish.black_point": (0.45, {}),
    "finish.white_point": (0.55, {}),
    "finish.grow": (20, {}),
    "finish.feather": (20, {}),
    "look.framing": (True, {}),
    "look.framing_zoom": (4, {"look": {"framing": True}}),
    "look.away": ("background", NOBODY),
    "look.away_after_s": (3600, NOBODY),
    "look.shutter": ("background", {"shutter": True}),
    "look.person_size": (0.4, {}),
    "look.person_corner": ("top-left", SMALL),
    "scene.overlay": ("plate.png:0,0,0.2", {}),
    "scene.fit": ("contain", {}),
    "scene.edge_colours": ("camera", {}),
    "scene.light_wrap": (1, {}),
    "scene.match_background": (1, {}),
    "scene.spill": (1, {"scene": {"edge_colours": "camera"}}),
    "scene.low_light": (1, {}),
    "scene.linear_light": (True, {}),
}
"""The other value of each control, and what must be so that it shows."""

ELSEWHERE = {"scene.background", "finish.temporal"}
"""The tiles, which have a test of their own; and what only a moving picture shows."""

CHANGED = (
    "(() => { const c = document.getElementById('preview'), kept = window.kept;"
    "const now = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
    "if (now.length !== kept.length) return true;"
    "let most = 0; for (let i = 0; i < now.length; i++) most = Math.max(most, Math.abs(now[i] - kept[i]));"
    "return most > 4; })()"
)
KEEP = (
    "(() => { const c = document.getElementById('preview');"
    "window.kept = c.getContext('2d').getImageData(0, 0, c.width, c.height).data.slice(); })()"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera sees, with and without the person, and a background."""
    folder = tmp_path_factory.mktemp("pictures")
    wall = np.full((HEIGHT_PX, WIDTH_PX, 3), GREEN, np.uint8)
    alpha = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    cv2.ellipse(alpha, (130, 170), (45, 110), 0, 0, 360, 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 3)
    cv2.circle(alpha, (280, 40), 6, 1.0, -1)  # a speck
    alpha = alpha[..., None]
    person = np.full_like(wall, (24, 34, 44))
    person[:, ::6] = (40, 50, 90)
    cv2.imwrite(str(folder / "person.png"), np.uint8(person * alpha + wall * (1 - alpha)))
    cv2.imwrite(str(folder / "nobody.png"), wall)
    plate = np.zeros((200, 100, 3), np.uint8)
    plate[:] = np.linspace((250, 240, 230), (60, 120, 250), 200)[:, None]
    cv2.imwrite(str(folder / "plate.png"), plate)
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[tuple[Session, str]]:
    """A run, and the address of its page."""
    settings = Settings(
        source=str(folder / "person.png"),
        camera=CameraSettings(fps=10.0),
        matting=MattingSettings(weights="chroma:#00b140", reference_size=96, governor=False, economy="off"),
        finish=FinishSettings(temporal="off"),
        scene=SceneSettings(background=str(folder / "plate.png")),
        sink=("null",),
    )
    with Server(ControlSettings(port=0)) as server, Session(settings, also=[server.broadcast]) as session:
        server.serve(session)
        with running(session):
            yield session, server.access.page


@pytest.fixture(scope="module")
def page(run: tuple[Session, str]) -> Iterator[Any]:
    with opened("--disable-gpu") as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(60_000)
        page.goto(run[1])
        until(page, "document.documentElement.dataset.shown && document.querySelector('#groups details')")
        page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
        yield page


@pytest.fixture
def session(run: tuple[Session, str]) -> Iterator[Session]:
    """The run, which is as it was afterwards."""
    session = run[0]
    before = session.settings
    yield session
    session.shutter(False)
    names = {
        name: {key.name: getattr(group, key.name) for key in keys(group)} for name, group in groups(before) if name
    }
    session.change(
        {"source": before.source, "quality": before.quality} | {n: t for n, t in names.items() if n != "control"}
    )


def settled(page: Any) -> None:
    """Wait until two pictures that were taken one after the other are alike, and keep the second."""
    for _ in range(100):
        page.evaluate(KEEP)
        seen = page.evaluate("document.documentElement.dataset.shown")
        until(page, f"Number(document.documentElement.dataset.shown) > {seen} + 3")
        if not page.evaluate(CHANGED):
            return
    raise AssertionError("the picture does not settle")


@pytest.mark.slow
@pytest.mark.chromium  # its window is no fixture that is marked by itself
@pytest.mark.parametrize("name", CONTROLS)
def test_every_control_changes_the_picture(name: str, session: Session, folder: Path, page: Any) -> None:
    value, given = CONTROLS[name]
    given = dict(given)
    if name in ("source", "scene.overlay"):
        value = str(folder / str(value))
    if given.pop("shutter", False):
        session.shutter(True)
    if "source" in given:
        given["source"] = str(folder / given["source"])
    session.change(given)
    while "source" in given and not session.latest().notice:
        page.wait_for_timeout(50)
    settled(page)
    control = f"document.getElementById('field-{name}')"
    page.evaluate(
        f"(value) => {{ const it = {control}; if (it.type === 'checkbox') it.click(); else {{ it.value = value;"
        "for (const type of ['input', 'change']) it.dispatchEvent(new Event(type, { bubbles: true })); } }",
        value,
    )
    until(page, CHANGED)


def test_no_control_of_the_picture_is_forgotten() -> None:
    known = {f"{name}.{key.name}" for name, group in groups(Settings()) for key in keys(group)}
    assert {it for it in known if it.split(".")[0] in ("finish", "look", "scene")} <= CONTROLS.keys() | ELSEWHERE
