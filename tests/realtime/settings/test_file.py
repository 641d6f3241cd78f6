"""settings.toml: read strictly, written without losing what the user wrote."""

from dataclasses import replace
from pathlib import Path

import pytest

from realtime.errors import SettingsError
from realtime.settings.file import load, place, render, write
from realtime.settings.schema import CameraSettings, MattingSettings, SceneSettings, Settings

CHANGED = Settings(
    source='a "quoted" \\ name',
    camera=CameraSettings(camera="Logitech", width=640, fps=25.0),
    matting=MattingSettings(runtime="torch", threads=2),
    scene=SceneSettings(background="#00ff00"),
    sink=("null", "out.mp4"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "settings.toml"


@pytest.mark.parametrize("settings", [Settings(), CHANGED])
def test_what_is_written_is_read_back(file: Path, settings: Settings) -> None:
    write(file, settings)
    assert load(file).settings == settings
    assert [path.name for path in file.parent.iterdir()] == ["settings.toml"]


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").touch()
    assert load(tmp_path / "empty.toml").settings == Settings()


def test_a_whole_number_will_do_for_a_rate(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("[camera]\nfps = 25\n")
    assert load(tmp_path / "s.toml").settings.camera.fps == 25.0


def test_a_new_file_has_every_key_under_its_help_and_the_defaults_commented_out() -> None:
    text = render(CHANGED)
    assert '# Camera: its number, its path (/dev/video0) or a part of its name.\ncamera = "Logitech"\n' in text
    assert "# Requested height, in px. From 16 to 4320.\n# height = 720\n" in text
    assert max(map(len, text.splitlines())) <= 100


def test_an_old_file_keeps_its_comments_and_gets_only_what_changed(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('# mine\nsource = "sample"  # for now\n\n[camera]\nwidth = 640 # small\n')
    write(
        file,
        replace(load(file).settings, camera=CameraSettings(width=640, fps=25.0), scene=SceneSettings(fit="contain")),
    )
    assert file.read_text() == (
        '# mine\nsource = "sample"  # for now\n\n'
        "[camera]\nwidth = 640 # small\nfps = 25.0\n\n"
        '[scene]\nfit = "contain"\n'
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("widht = 640", r"unknown key widht\. Did you mean width in the table \[camera\]\?"),
        ("width = 640", r"unknown key width\. Did you mean width in the table \[camera\]\?"),
        ("[camera]\nwidht = 640", r"unknown key camera\.widht\. Did you mean width in the table \[camera\]\?"),
        ("[camera]\nsource = 'sample'", r"unknown key camera\.source\. Did you mean source, before the first table\?"),
        ("[camra]\nwidth = 640", r"unknown table \[camra\]\. Did you mean \[camera\]\?"),
        ("[scen]\nfit = 'cover'", r"unknown table \[scen\]\. Did you mean \[scene\]\?"),
        ("[zzz]\nfit = 'cover'", r"unknown table \[zzz\]\. Known tables: \[camera\], \[matting\], .*\[scene\]"),
        ("qqqq = 1", r"unknown key qqqq\. Known keys: source, "),
        ("[camera]\nwidth = '640'", r"expected camera\.width to be a whole number, got '640'"),
        ("[camera]\nwidth = true", r"expected camera\.width to be a whole number, got True"),
        ("[camera]\nwidth = 3", r"expected width from 16 to 7680 px, got 3"),
        ("camera = 3", r"expected a table \[camera\], got camera = 3"),
        ("[camera]\ncamera = 1", r"expected camera\.camera to be a string, got 1\. Type camera = \"1\", in quotes"),
        ("sink = 'null'", r"expected sink to be a list of strings, got 'null'\. Type sink = \[\"null\"\]"),
        ("sink = [1]", r"expected sink to be a list of strings, got \[1\]"),
        ("[scene]\nfit = 'zoom'", r"expected fit to be one of cover, contain, stretch, got 'zoom'"),
        ("[camera\nwidth = 3", r"is not valid TOML: .*line 1"),
    ],
)
def test_a_faulty_file_is_an_error_that_names_file_key_and_cure(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"faulty\.toml") as caught:
        load(path)
    assert caught.match(message)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"cannot read the settings file .*\. Create it with: greenless settings > "
    ):
        load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"cannot read the settings file .*\. Name a readable file"):
        load(tmp_path)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in-the-way").touch()
    with pytest.raises(SettingsError, match="cannot write the settings file"):
        write(tmp_path / "in-the-way" / "settings.toml", Settings())


def test_a_faulty_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text("widht = 1")
    with pytest.raises(SettingsError, match="widht"):
        write(path, CHANGED)
    assert path.read_text() == "widht = 1"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# a comment\n\n[camera]\nwidth = 640\nwidht = 3", 5),
        ("[scene]\nbackground = 'blur'\n[camera]\nbackground = 3\n", 4),
        ("camera.fps = 1000\n", 1),
        ("\n[ camera ] # mine\n 'fps' = 1000\n", 3),
        ("\n[camra]\nwidth = 1\n", 2),
        ("[presets.meeting.scene]\nbackground = 'blur'\nfit = 'zoom'\n", 3),
    ],
)
def test_an_error_is_reported_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=rf"faulty\.toml, line {line}: "):
        load(path)


@pytest.mark.parametrize(
    ("tables", "where"),
    [
        ({"scene": {"fit": "cover"}}, ", line 5"),
        ({"scene": {"fit": "cover"}, "source": "sample"}, ", line 1 or 5"),
        ({"scene": {"background": "blur"}}, ""),
        ({}, ""),
    ],
)
def test_where_something_stands(tmp_path: Path, tables: dict[str, object], where: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("source = 'sample'\n[presets.a.scene]\nfit = 'contain'\n[scene]\nfit = 'cover'\n")
    assert place(path, tables) == f"{path}{where}"
    path.unlink()
    assert place(path, tables) == str(path)


def test_presets_are_read_beside_the_settings_and_kept_when_these_are_written(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("source = 'sample'\n[presets.meeting.scene]\nbackground = 'blur' # calm\n")
    file = load(path)
    assert file.settings == Settings(source="sample")
    assert file.presets == {"meeting": {"scene": {"background": "blur"}}}
    write(path, replace(file.settings, scene=SceneSettings(fit="contain"), source="camera"))
    assert load(path).presets == file.presets
    assert load(path).settings == Settings(scene=SceneSettings(fit="contain"))
    assert "# calm" in path.read_text()


@pytest.mark.parametrize("text", ["presets = 3", "[presets]\nmeeting = 'blur'"])
def test_presets_that_are_no_tables_are_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"expected \[presets\.NAME\.TABLE\]"):
        load(tmp_path / "s.toml")
