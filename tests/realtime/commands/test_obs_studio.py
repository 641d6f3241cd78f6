"""``greenless obs`` against a real OBS Studio with its own obs-websocket."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.people.sample import Rendered
from realtime.cli import main
from realtime.frame import Pixels
from realtime.media.video_writer import VideoWriter
from realtime.web import obs_websocket
from tests.realtime.obs_studio import PATIENCE_S, ObsStudio, started
from tests.realtime.web.conftest import Served, make_served, served

__all__ = ["make_served", "served"]  # fixtures

pytestmark = pytest.mark.slow

WIDTH_PX, HEIGHT_PX = 320, 240
BACKDROP = (30, 160, 220)
"""BGR of what is behind the person in OBS."""

LEVELS = 2
"""Of 255, by which the mean of OBS's picture may differ: both sides convert 8-bit YUV to RGB and round."""

Run = Callable[..., int]


@pytest.fixture(scope="module")
def obs_studio(obs_program: str, _x_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObsStudio]:
    """OBS, at 320x240 and five frames a second."""
    with started(obs_program, _x_server, tmp_path_factory.mktemp("obs")) as obs:
        yield obs


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time limit ends, unless a test sets a shorter one: the machine may have much else to do."""
    monkeypatch.setattr(obs_websocket, "_GREETING_S", PATIENCE_S)
    monkeypatch.setattr(obs_websocket, "_ANSWER_S", PATIENCE_S)


@pytest.fixture
def scene(obs_studio: ObsStudio) -> Iterator[str]:
    """A new scene, which is the current one. Afterwards OBS has neither it nor any source."""
    obs_studio.ask("CreateScene", sceneName="On air")
    obs_studio.ask("SetCurrentProgramScene", sceneName="On air")
    yield "On air"
    obs_studio.ask("SetCurrentProgramScene", sceneName="Scene")
    scenes = [row["sceneName"] for row in obs_studio.ask("GetSceneList")["scenes"]]
    inputs = [row["inputName"] for row in obs_studio.ask("GetInputList")["inputs"]]
    for name in inputs:
        obs_studio.ask("RemoveInput", inputName=name)
    for name in scenes:
        if name != "Scene":
            obs_studio.ask("RemoveScene", sceneName=name)
            obs_studio.until(lambda name=name: not obs_studio.has(name))  # its name is free later than OBS answers
    for name in inputs:
        obs_studio.until(lambda name=name: not obs_studio.has(name))


@pytest.fixture
def make(obs_studio: ObsStudio, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``greenless obs --make`` with the right address and password."""
    monkeypatch.setenv("OBS_WEBSOCKET_PASSWORD", obs_studio.password)
    return lambda *words: main(["obs", "--make", "--url", obs_studio.url, *words])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip in which nothing moves, so that every moment of it shows the same."""
    path = tmp_path / "still.mp4"
    written(path, Rendered(WIDTH_PX, HEIGHT_PX, noise=0).pixels(0), frames=5)
    return path


def written(path: Path, pixels: Pixels, frames: int) -> None:
    writer = VideoWriter(path, width_px=WIDTH_PX, height_px=HEIGHT_PX, fps=5)
    for index in range(frames):
        writer.write(pixels, index / 5)
    writer.close()


def test_an_obs_without_a_browser_says_what_works_there(
    served: Served, obs_studio: ObsStudio, scene: str, make: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = "browser_source" in obs_studio.ask("GetInputKindList", unversioned=True)["inputKinds"]
    assert make() == (0 if browser else 2)
    said = capsys.readouterr()
    if browser:
        assert said.out == "made: the source greenless, 1280x720, in the scene On air\n"
        assert obs_studio.ask("GetInputSettings", inputName="greenless")["inputSettings"]["url"].startswith(served.url)
    else:
        assert "this OBS has no browser source" in said.err
        assert "--sink virtual-camera" in said.err
        assert "--sink CLIP.webm" in said.err
        assert obs_studio.sources(scene) == []


def test_the_scene_that_is_named_shows_the_source(
    obs_studio: ObsStudio, scene: str, make: Run, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    obs_studio.ask("CreateScene", sceneName="Break")
    words = ("--sink", str(clip))
    assert make(*words) == 0
    assert make(*words, "--scene", "Break") == 0, "an existing source goes into another scene"
    assert make(*words, "--scene", "Break") == 0, "it goes there once"
    assert obs_studio.sources("On air") == obs_studio.sources("Break") == ["greenless"]
    assert capsys.readouterr().out.splitlines() == [
        "made: the source greenless, still.mp4, in the scene On air",
        "changed: the source greenless, still.mp4, in the scene Break",
        "changed: the source greenless, still.mp4, in the scene Break",
    ]


def test_a_hidden_source_is_shown_in_the_scene_that_is_named(
    obs_studio: ObsStudio, scene: str, make: Run, clip: Path
) -> None:
    assert make("--sink", str(clip)) == 0
    item = obs_studio.ask("GetSceneItemId", sceneName=scene, sourceName="greenless")["sceneItemId"]
    obs_studio.ask("SetSceneItemEnabled", sceneName=scene, sceneItemId=item, sceneItemEnabled=False)
    assert make("--sink", str(clip)) == 0
    assert obs_studio.sources(scene) == []
    assert make("--sink", str(clip), "--scene", scene) == 0
    assert obs_studio.sources(scene) == ["greenless"]


def test_a_source_that_the_current_scene_lacks_is_reported(
    obs_studio: ObsStudio, scene: str, make: Run, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make("--sink", str(clip), "--scene", "Scene") == 0
    assert make("--sink", str(clip)) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[1] == "changed: the source greenless, still.mp4"
    assert shown[2] == "The current scene, On air, does not show it; --scene 'On air' adds it."
    assert obs_studio.sources(scene) == []


def test_a_missing_scene_names_those_that_are_there_and_nothing_changes(
    obs_studio: ObsStudio, scene: str, make: Run, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make("--sink", str(clip), "--scene", "Nowhere") == 2
    assert "OBS has no scene 'Nowhere'. Its scenes are: Scene, On air" in capsys.readouterr().err
    assert obs_studio.ask("GetInputList")["inputs"] == []


def test_a_source_of_another_kind_is_kept(
    obs_studio: ObsStudio, scene: str, make: Run, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    obs_studio.ask("CreateInput", sceneName=scene, inputName="greenless", inputKind="text_ft2_source_v2")
    assert make("--sink", str(clip)) == 2
    assert "of the kind text_ft2_source. Choose another name with --name" in capsys.readouterr().err
    assert make("--sink", str(clip), "--name", scene) == 2
    assert "OBS refuses CreateInput: A source already exists" in capsys.readouterr().err


@pytest.mark.parametrize(("password", "said"), [("wrong", "refuses the password"), ("", "requires a password")])
def test_a_wrong_password_is_reported_at_once(
    obs_studio: ObsStudio,
    make: Run,
    clip: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    password: str,
    said: str,
) -> None:
    monkeypatch.setenv("OBS_WEBSOCKET_PASSWORD", password)
    start_s = time.monotonic()
    assert make("--sink", str(clip)) == 2
    assert time.monotonic() - start_s < PATIENCE_S / 2, "it waited for a timeout"
    assert said in capsys.readouterr().err


def test_an_obs_that_hangs_is_reported(
    obs_studio: ObsStudio, make: Run, clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obs_websocket, "_GREETING_S", 1)
    os.kill(obs_studio.process.pid, signal.SIGSTOP)
    try:
        assert make("--sink", str(clip)) == 2
    finally:
        os.kill(obs_studio.process.pid, signal.SIGCONT)
    assert f"OBS does not answer at {obs_studio.url}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--background", "#20c040"], "clip.mp4"),
        (["--alpha", "webm"], "clip.webm"),
        (["--alpha", "prores"], "clip.mov"),
    ],
)
def test_obs_shows_the_composite_and_what_is_behind_a_transparent_one(
    obs_studio: ObsStudio, scene: str, make: Run, clip: Path, tmp_path: Path, words: list[str], name: str
) -> None:
    cut = tmp_path / name
    assert main(["video", str(clip), "-o", str(cut), *words]) == 0
    kind = next(kind for kind in obs_studio.ask("GetInputKindList")["inputKinds"] if kind.startswith("color_source"))
    blue, green, red = BACKDROP
    backdrop = {"color": 0xFF000000 | blue << 16 | green << 8 | red, "width": WIDTH_PX, "height": HEIGHT_PX}
    obs_studio.ask("CreateInput", sceneName=scene, inputName="backdrop", inputKind=kind, inputSettings=backdrop)
    assert make("--sink", str(cut)) == 0
    expected = decoded(cut)
    obs_studio.until(lambda: np.abs(obs_studio.screenshot(scene) - expected).mean() <= LEVELS)
    assert np.abs(expected - BACKDROP).max() > 60, "there is a person"


def decoded(path: Path) -> np.ndarray:
    """Return the first frame as FFmpeg decodes it, over ``BACKDROP``, ``(H, W, 3) float64 BGR``."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name == "vp9":  # only this decoder reads its alpha
            context = av.CodecContext.create("libvpx-vp9", "r")
            frame = next(frame for packet in container.demux(stream) for frame in context.decode(packet))
        else:
            frame = next(container.decode(stream))
        pixels = frame.to_ndarray(format="bgra").astype(np.float64)
    alpha = pixels[..., 3:] / 255
    return pixels[..., :3] * alpha + np.array(BACKDROP) * (1 - alpha)
