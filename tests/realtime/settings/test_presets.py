"""Presets in a settings file: taken on, kept, taken out."""

from dataclasses import replace
from pathlib import Path

import pytest

from realtime.errors import SettingsError
from realtime.settings.presets import Presets
from realtime.settings.schema import CameraSettings, LookSettings, SceneSettings, Settings

FILE = """\
[scene]
fit = "contain"  # mine

[presets.meeting.scene]
background = "#000080"

[presets.desk.camera]
camera = "Top"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "s.toml"
    path.write_text(FILE)
    return path


def test_a_preset_takes_the_files_own_look_for_what_it_does_not_name(path: Path) -> None:
    before = Settings(
        source="sample", look=LookSettings(framing=True), scene=SceneSettings(background="none", light_wrap=1.0)
    )
    after = Presets(path).onto(before, "meeting")
    assert after == Settings(source="sample", scene=SceneSettings(background="#000080", fit="contain"))


def test_other_groups_change_only_where_a_preset_names_them(path: Path) -> None:
    before = Settings(camera=CameraSettings(camera="Front", width=640))
    assert Presets(path).onto(before, "desk").camera == CameraSettings(camera="Top", width=640)
    assert Presets(path).onto(before, "meeting").camera == before.camera


@pytest.mark.parametrize(
    ("name", "cure"), [("meting", "Did you mean meeting"), ("zzz", "Known presets: meeting, desk")]
)
def test_a_name_that_is_not_there_is_an_error_with_the_nearest(path: Path, name: str, cure: str) -> None:
    presets = Presets(path)
    with pytest.raises(SettingsError, match=cure):
        presets.onto(Settings(), name)
    with pytest.raises(SettingsError, match=cure):
        presets.delete(name)


def test_what_is_saved_says_what_differs_from_the_file_and_comments_stay(path: Path) -> None:
    presets = Presets(path)
    look = Settings(scene=SceneSettings(background="#ff0000", fit="contain"), look=LookSettings(framing=True))
    presets.save(look, "red one")
    assert presets.names == Presets(path).names == ["meeting", "desk", "red one"]
    assert Presets(path).onto(Settings(), "red one") == look
    text = path.read_text()
    assert text.startswith(FILE.splitlines()[0])
    assert "# mine" in text
    assert text.count("contain") == 1


def test_a_preset_of_nothing_but_the_files_own_look_brings_that_back(path: Path) -> None:
    presets = Presets(path)
    own = Settings(scene=SceneSettings(fit="contain"))
    presets.save(own, "plain")
    assert Presets(path).onto(replace(own, look=LookSettings(framing=True)), "plain") == own


def test_the_first_preset_makes_the_file_and_the_last_takes_its_table_along(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "s.toml"
    presets = Presets(path)
    presets.save(Settings(scene=SceneSettings(background="none")), "one")
    assert Presets(path).onto(Settings(), "one").scene.background == "none"
    presets.delete("one")
    assert "presets" not in path.read_text()
    assert presets.names == []


@pytest.mark.parametrize("name", ["", "  ", "\0", "two\nlines"])
def test_a_preset_without_a_name_is_an_error(path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="expected a name"):
        Presets(path).save(Settings(), name)


def test_a_faulty_file_is_not_touched(path: Path) -> None:
    presets = Presets(path)
    path.write_text("fti = 1\n")
    with pytest.raises(SettingsError, match="line 1"):
        presets.save(Settings(), "one")
    assert path.read_text() == "fti = 1\n"
    assert presets.names == ["meeting", "desk"]


def test_an_edit_is_reported_until_it_is_applied(path: Path) -> None:
    presets = Presets(path)
    assert presets.edited() == {}
    path.write_text(FILE.replace("contain", "stretch"))
    assert presets.edited() == presets.edited() == {"scene": {"fit": "stretch"}}
    presets.taken()
    assert presets.edited() == {}


def test_a_file_in_a_preset_is_kept_by_its_whole_path(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("beach.jpg", "logo.png"):
        (tmp_path / name).touch()
    Presets(path).save(Settings(scene=SceneSettings(background="beach.jpg", overlay="logo.png:1.0,-20,0.5")), "beach")
    scene = Presets(path).onto(Settings(), "beach").scene
    assert (scene.background, scene.overlay) == (f"{tmp_path / 'beach.jpg'}", f"{tmp_path / 'logo.png'}:1.0,-20,0.5")
