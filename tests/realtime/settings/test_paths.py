"""Where things live: where the system wants them, or all under GREENLESS_HOME."""

from pathlib import Path

import pytest

from realtime.settings import paths


def test_greenless_home_holds_everything(greenless_home: Path) -> None:
    assert paths.settings_file() == greenless_home / "settings.toml"
    assert paths.backgrounds_folder() == greenless_home / "backgrounds"


def test_without_it_the_operating_system_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREENLESS_HOME")
    assert "greenless" in paths.settings_file().parts
    assert "greenless" in paths.backgrounds_folder().parts


def test_asking_for_a_path_makes_no_folder(greenless_home: Path) -> None:
    paths.settings_file()
    paths.backgrounds_folder()
    assert not greenless_home.exists()
