"""greenless video: what the off-line run is asked for; what is said of it is tested with greenless image."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from realtime.cli import main
from realtime.commands.offline_options import OfflineScene
from realtime.offline.report import Report
from realtime.scale import footage_jobs
from realtime.settings.schema import FinishSettings, SceneSettings


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the off-line run was asked for."""
    calls: dict[str, Any] = {}

    def matte_video(inputs: tuple[Path, ...], output: Path, matter: Any, **options: Any) -> Report:
        options.pop("progress")(1, 0, "clip.mp4")
        calls.update(options, inputs=inputs, output=output)
        return Report(matted=inputs, written=(output,), skipped=(), failures=())

    class Matter:
        def __init__(self, settings: Any) -> None: ...

        def close(self) -> None: ...

    monkeypatch.setattr(footage_jobs, "matte_video", matte_video)
    monkeypatch.setattr("realtime.commands.offline.open_matter", Matter)
    return calls


def test_everything_asked_for_arrives(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "video",
                "a.mp4",
                "clips",
                "-o",
                "out",
                "--background",
                "blur:0.3",
                "--white-point",
                "0.9",
                "--quality",
                "fast",
            ]
        )
        == 0
    )
    assert asked == {
        "inputs": (Path("a.mp4"), Path("clips")),
        "output": Path("out"),
        "quality": "fast",
        "finish": FinishSettings(white_point=0.9),
        "scene": OfflineScene(),
        "background": "blur:0.3",
        "alpha": None,
        "deinterlace": "frame",
    }
    assert capsys.readouterr().out == "out\n"


OTHERS = {"overlay": "logo.png", "fit": "contain", "edge_colours": "camera", "linear_light": True}
"""Of the scene's settings, those that are no number from 0 to 1."""


@pytest.mark.parametrize("name", [f.name for f in fields(SceneSettings) if f.name != "background"])
def test_every_setting_of_the_scene_is_taken_from_the_words_and_from_the_file(
    asked: dict[str, Any], tmp_path: Path, name: str
) -> None:
    value = OTHERS.get(name, 0.5)
    words = [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    assert main(["video", "a.mp4", "-o", "out", *words]) == 0
    assert asked["scene"] == OfflineScene(**{name: value})
    (tmp_path / "settings.toml").write_text(f"[scene]\n{name} = {json.dumps(value)}\n")
    assert main(["video", "a.mp4", "-o", "out", "--settings", str(tmp_path / "settings.toml")]) == 0
    assert asked["scene"] == OfflineScene(**{name: value})


@pytest.mark.parametrize("kind", ["webm", "prores", "png", "gif", "webp"])
def test_each_kind_of_alpha_can_be_asked_for(asked: dict[str, Any], kind: str) -> None:
    assert main(["video", "a.mp4", "-o", "out", "--alpha", kind]) == 0
    assert asked["alpha"] == kind


def test_an_unknown_kind_of_alpha_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["video", "a.mp4", "-o", "out", "--alpha", "tiff"])
    assert ended.value.code == 2
    assert asked == {}


def test_without_a_place_for_the_output_it_says_so(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["video", "a.mp4"])
    assert "--output" in capsys.readouterr().err


def test_without_a_clip_it_says_how(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["video", "-o", "out"]) == 2
    assert "expected at least one clip" in capsys.readouterr().err


@pytest.mark.parametrize("how", ["frame", "field", "off"])
def test_interlaced_clips_are_read_as_asked(asked: dict[str, Any], how: str) -> None:
    assert main(["video", "a.mp4", "-o", "out", "--deinterlace", how]) == 0
    assert asked["deinterlace"] == how


def test_hdr_cannot_be_kept(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["video", "a.mp4", "-o", "out", "--keep-hdr"]) == 2
    assert "HDR cannot be kept" in capsys.readouterr().err
    assert not asked


def test_an_overlay_that_nothing_shows_is_told(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["video", *["a.mp4", "-o", "out", "--overlay", "l.png", "--alpha", "webm"]]) == 0
    assert asked["scene"].overlay == "l.png"
    assert "a cut-out has no overlay\n" in capsys.readouterr().err
