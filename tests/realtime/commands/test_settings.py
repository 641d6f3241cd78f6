"""greenless settings: shows what is in effect, and keeps it when asked."""

import tomllib
from pathlib import Path

import pytest

from realtime.cli import main
from realtime.settings_file import read


def test_it_shows_where_the_file_is_and_what_is_in_effect(
    greenless_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "--width", "640"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"# {greenless_home / 'settings.toml'} (not there yet; --write makes it)\n")
    assert tomllib.loads(out)["camera"] == {"width": 640}
    assert not greenless_home.exists()


def test_write_keeps_what_is_in_effect(greenless_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--width", "640", "--write"]) == 0
    assert main(["settings", "--sink", "null", "--write"]) == 0
    settings = read(greenless_home / "settings.toml")
    assert (settings.camera.width, settings.sink) == (640, ("null",))
    assert str(greenless_home) in capsys.readouterr().out


def test_what_it_shows_is_a_settings_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["settings", "--background", "#ffffff"])
    path = tmp_path / "other.toml"
    path.write_text(capsys.readouterr().out)
    assert main(["settings", "--settings", str(path)]) == 0
    assert 'background = "#ffffff"' in capsys.readouterr().out
