"""greenless settings: shows what is in effect, and keeps it when asked."""

import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.cli import main
from realtime.settings.file import load


def test_it_shows_where_the_file_is_and_what_is_in_effect(
    greenless_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "--width", "640"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"# {greenless_home / 'settings.toml'} (does not exist yet; --write creates it)\n")
    assert tomllib.loads(out)["camera"] == {"width": 640}
    assert not greenless_home.exists()


def test_write_keeps_what_is_in_effect(greenless_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--width", "640", "--write"]) == 0
    assert main(["settings", "--sink", "null", "--write"]) == 0
    settings = load(greenless_home / "settings.toml").settings
    assert (settings.camera.width, settings.sink) == (640, ("null",))
    assert str(greenless_home) in capsys.readouterr().out


def test_what_it_shows_is_a_settings_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["settings", "--background", "#ffffff"])
    path = tmp_path / "other.toml"
    path.write_text(capsys.readouterr().out)
    assert main(["settings", "--settings", str(path)]) == 0
    assert 'background = "#ffffff"' in capsys.readouterr().out


def test_a_file_is_kept_so_that_it_is_found_from_every_folder(
    greenless_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("beach.png", np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "camera").touch()
    assert main(["settings", "--background", "beach.png", "--write"]) == 0
    settings = load(greenless_home / "settings.toml").settings
    assert (settings.scene.background, settings.source) == (str(tmp_path / "beach.png"), "camera")


@pytest.mark.parametrize("background", ["beach.png", "#12", "blur:7"])
def test_a_background_that_is_none_is_not_kept(
    background: str, greenless_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "--background", background, "--write"]) == 2
    assert background in capsys.readouterr().err
    assert not greenless_home.exists()


def test_a_background_that_was_kept_and_is_gone_does_not_stand_in_the_way(greenless_home: Path) -> None:
    greenless_home.mkdir()
    (greenless_home / "settings.toml").write_text('[scene]\nbackground = "/gone.jpg"\n')
    assert main(["settings", "--camera", "1", "--write"]) == 0
    assert load(greenless_home / "settings.toml").settings.scene.background == "/gone.jpg"
