"""``greenless obs`` against a server that speaks obs-websocket's protocol, as far as it is used."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.cli import main
from realtime.web import obs_websocket
from tests.realtime.commands.fake_obs import DEBIAN, FakeObs
from tests.realtime.web.conftest import Served, make_served, served

__all__ = ["make_served", "served"]  # fixtures

LONG_S = 120
"""A time limit that no test waits for."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time limit ends, unless a test sets a shorter one: the machine may have much else to do."""
    monkeypatch.setattr(obs_websocket, "_GREETING_S", LONG_S)
    monkeypatch.setattr(obs_websocket, "_ANSWER_S", LONG_S)


@pytest.fixture
def obs() -> Iterator[FakeObs]:
    fake = FakeObs()
    yield fake
    fake.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.webm"
    path.touch()
    return path


@pytest.fixture
def loopbacks(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Virtual cameras of this machine -> whether greenless writes to them."""
    v4l2 = pytest.importorskip("realtime.sinks.v4l2", reason="V4L2 is Linux's", exc_type=ImportError)
    there = {"/dev/video10": True, "/dev/video11": False}
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(v4l2, "loopbacks", lambda: list(there))
    monkeypatch.setattr(v4l2, "can_capture", there.__getitem__)
    return there


def test_it_shows_how_to_add_the_source(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.session.change({"camera": {"width": 640, "height": 360}})
    assert main(["obs"]) == 0
    shown = capsys.readouterr().out
    assert f"{served.url}/overlay#token={served.token}\n" in shown
    assert "640\n" in shown
    assert "360\n" in shown
    assert "Refresh" in shown, "a page that was not there yet is not tried again by OBS"
    assert "greenless obs --sink virtual-camera" in shown, "an OBS may have no Browser"


def test_the_size_is_the_one_granted_not_the_one_asked_for(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.session.change({"camera": {"width": 640, "height": 360}})
    assert served.ask("GET", "/api/stats").json["picture"] is None
    served.session.step(served.server.broadcast)
    assert served.ask("GET", "/api/stats").json["picture"] == {"width_px": 160, "height_px": 96}
    assert main(["obs"]) == 0
    shown = capsys.readouterr().out
    assert "  Width       160\n" in shown
    assert "  Height      96\n" in shown
    assert main(["obs", "--width", "320", "--height", "192"]) == 0
    assert "  Width       320\n" in capsys.readouterr().out


def test_it_makes_the_source(served: Served, obs: FakeObs, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["obs", "--make", "--url", obs.url]) == 0
    assert capsys.readouterr().out == "made: the source greenless, 1280x720, in the scene Scene\n"
    source = obs.inputs["greenless"]
    assert source["kind"] == "browser_source"
    assert source["settings"]["url"] == f"{served.url}/overlay#token={served.token}"
    assert (source["settings"]["width"], source["settings"]["height"], source["settings"]["css"]) == (1280, 720, "")
    assert obs.scenes == {"Scene": {"greenless": True}, "Break": {}}


def test_an_existing_source_is_updated(served: Served, obs: FakeObs, capsys: pytest.CaptureFixture[str]) -> None:
    obs.inputs["greenless"] = {"kind": "browser_source", "settings": {"url": "http://old", "fps": 30}}
    assert main(["obs", "--make", "--url", obs.url, "--width", "640", "--height", "360"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("changed: the source greenless, 640x360\nThe current scene, Scene, does not show it")
    assert obs.inputs["greenless"]["settings"]["url"] == f"{served.url}/overlay#token={served.token}"
    assert obs.inputs["greenless"]["settings"]["fps"] == 30
    assert obs.scenes == {"Scene": {}, "Break": {}}


def test_a_source_that_is_there_goes_into_the_scene_that_is_named(served: Served, obs: FakeObs) -> None:
    obs.inputs["greenless"] = {"kind": "browser_source", "settings": {}}
    obs.scenes["Scene"] = {"greenless": False}
    assert main(["obs", "--make", "--url", obs.url, "--scene", "Break"]) == 0
    assert obs.scenes == {"Scene": {"greenless": False}, "Break": {"greenless": True}}
    assert main(["obs", "--make", "--url", obs.url, "--scene", "Scene"]) == 0
    assert obs.scenes == {"Scene": {"greenless": True}, "Break": {"greenless": True}}


def test_the_password_is_proved_not_sent(served: Served, obs: FakeObs, monkeypatch: pytest.MonkeyPatch) -> None:
    obs.password = "hunter2"
    monkeypatch.setenv("OBS_WEBSOCKET_PASSWORD", "hunter2")
    assert main(["obs", "--make", "--url", obs.url]) == 0
    assert "greenless" in obs.inputs


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--password", "wrong"], "OBS refuses the password"),
        ([], "OBS requires a password"),
        (["--password", "hunter2", "--scene", "Nowhere"], "no scene 'Nowhere'. Its scenes are: Scene, Break"),
        (["--password", "hunter2", "--name", "Microphone"], "the kind wasapi. Choose another name with --name"),
        (["--password", "hunter2", "--name", "Break"], "OBS refuses CreateInput: A source already exists"),
    ],
)
def test_what_obs_refuses_is_reported_at_once_and_changes_nothing(
    served: Served,
    obs: FakeObs,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    obs.password = "hunter2"
    obs.inputs["Microphone"] = {"kind": "wasapi", "settings": {}}
    start_s = time.monotonic()
    assert main(["obs", "--make", "--url", obs.url, *words]) == 2
    assert time.monotonic() - start_s < LONG_S / 2, "it waited for a time limit"
    assert said in capsys.readouterr().err
    assert obs.inputs == {"Microphone": {"kind": "wasapi", "settings": {}}}
    assert obs.scenes == {"Scene": {}, "Break": {}}


@pytest.mark.parametrize(
    ("kinds", "offers"),
    [
        (DEBIAN, "What works here: --sink virtual-camera (live, with a background); --sink CLIP.webm"),
        (DEBIAN | {"pipewire-camera-source"}, "Video Capture Device (PipeWire)"),
        ({"image_source"}, "leaves it out. OBS from https://obsproject.com has a browser source"),
    ],
)
def test_an_obs_without_a_browser_says_what_works_there(
    served: Served, obs: FakeObs, capsys: pytest.CaptureFixture[str], kinds: set[str], offers: str
) -> None:
    obs.kinds = kinds
    assert main(["obs", "--make", "--url", obs.url]) == 2
    said = capsys.readouterr().err
    assert "this OBS has no browser source" in said
    assert offers in said
    assert obs.inputs == {}


def test_it_adds_the_virtual_camera(
    obs: FakeObs, loopbacks: dict[str, bool], capsys: pytest.CaptureFixture[str]
) -> None:
    obs.kinds = DEBIAN
    assert main(["obs", "--make", "--url", obs.url, "--sink", "virtual-camera"]) == 0
    assert capsys.readouterr().out == "made: the source greenless, /dev/video10, in the scene Scene\n"
    assert obs.inputs["greenless"]["kind"] == "v4l2_input"
    assert obs.inputs["greenless"]["settings"]["device_id"] == "/dev/video10"
    assert main(["obs", "--sink", "virtual-camera"]) == 0
    assert "Video Capture Device (V4L2), Create new" in capsys.readouterr().out


def test_it_adds_a_clip(
    obs: FakeObs, clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clip.parent)
    assert main(["obs", "--make", "--url", obs.url, "--sink", clip.name]) == 0
    assert obs.inputs["greenless"] == {
        "kind": "ffmpeg_source",
        "settings": {"is_local_file": True, "local_file": str(clip), "looping": True},
    }
    assert main(["obs", "--sink", clip.name]) == 0
    assert f"  Local File  {clip}\n  Loop        on\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["virtual-camera:/dev/video7"],
            "'/dev/video7' is no virtual camera. Choose one of: /dev/video10, /dev/video11",
        ),
        (["virtual-camera:/dev/video11"], "Start it with: greenless run --sink virtual-camera:/dev/video11"),
        (["nowhere.webm"], "expected overlay, virtual-camera[:DEVICE] or a video file, got 'nowhere.webm'"),
        (["virtual-camera", "--width", "640"], "--width and --height are for the overlay"),
    ],
)
def test_what_cannot_be_shown_is_an_error(
    loopbacks: dict[str, bool], capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["obs", "--sink", *words]) == 2
    assert said in capsys.readouterr().err


def test_without_a_virtual_camera_it_says_how_to_install_one(
    loopbacks: dict[str, bool], capsys: pytest.CaptureFixture[str]
) -> None:
    loopbacks.clear()
    assert main(["obs", "--sink", "virtual-camera"]) == 2
    assert "there is no virtual camera on this machine. Install v4l2loopback" in capsys.readouterr().err


def test_where_no_obs_is_the_error_says_so(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["obs", "--make", "--sink", str(clip), "--url", "ws://127.0.0.1:9"]) == 2
    said = capsys.readouterr().err
    assert "cannot reach OBS at ws://127.0.0.1:9: " in said
    assert "Start OBS. In OBS: Tools, WebSocket Server Settings, Enable WebSocket server" in said


def test_without_a_run_it_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["obs"]) == 2
    assert "Start it with: greenless run" in capsys.readouterr().err
