"""settings.toml as the editors and shells of every system leave it, saved by several processes at once."""

import codecs
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from realtime.errors import SettingsError
from realtime.settings.file import load, place, write
from realtime.settings.presets import Presets
from realtime.settings.schema import CameraSettings, LookSettings, SceneSettings, Settings

ROOT = Path(__file__).resolve().parents[3]
TEXT = "# mine: ä\r\nsource = 'sample' # for now\r\n\r\n[presets.meeting.scene]\r\nfit = 'contain'\r\n"
FORMS = {
    "UTF-8": TEXT.encode(),
    "with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16 LE": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16 BE": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
}
posix = pytest.mark.skipif(os.name != "posix", reason="modes and links are POSIX's")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_every_form_is_read_and_kept(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert load(path).settings == Settings(source="sample")
    assert place(path, {"source": "x"}) == f"{path}, line 2"
    write(path, Settings(source="camera", scene=SceneSettings(fit="contain")))
    Presets(path).save(Settings(source="camera"), "plain")
    assert load(path).settings == Settings(source="camera", scene=SceneSettings(fit="contain"))
    assert load(path).presets.keys() == {"meeting", "plain"}
    after = path.read_bytes()
    encoding = "utf-16" if data[:1] in (b"\xff", b"\xfe") else "utf-8-sig" if data[:1] == b"\xef" else "utf-8"
    assert after[:1] == data[:1] or encoding == "utf-16"
    text = after.decode(encoding)
    assert text.startswith('# mine: ä\r\nsource = "camera" # for now\r\n')
    assert text.count("\n") == text.count("\r\n") > 5
    assert "\r\r" not in text


def test_lines_that_end_in_lf_alone_stay_so(path: Path) -> None:
    path.write_bytes(TEXT.replace("\r", "").encode())
    write(path, Settings())
    assert b"\r" not in path.read_bytes()


def test_what_is_no_text_is_an_error(path: Path) -> None:
    for data in (TEXT.encode("latin-1"), TEXT.encode("utf-16-le"), codecs.BOM_UTF16_LE + b"odd", b"\xff"):
        path.write_bytes(data)
        with pytest.raises(SettingsError, match="not valid TOML"):
            load(path)
        assert place(path, {"source": "x"}) == str(path)


@posix
def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.toml"
    write(path, Settings(source="rtsp://me:hunter2@camera"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load(path).settings.source == "rtsp://me:hunter2@camera"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_a_dotfile_behind_a_link_stays_one_with_its_mode(path: Path, tmp_path: Path, mode: int) -> None:
    dotfile = tmp_path / "dotfiles" / "greenless.toml"
    dotfile.parent.mkdir()
    dotfile.write_text("# mine\nsource = 'sample'\n")
    dotfile.chmod(mode)
    path.symlink_to(dotfile)
    write(path, Settings())
    Presets(path).save(Settings(), "plain")
    assert path.is_symlink()
    assert dotfile.read_text().startswith("# mine\n")
    assert load(path).settings == Settings()
    assert stat.S_IMODE(dotfile.stat().st_mode) == mode
    assert [left.name for left in dotfile.parent.iterdir()] == ["greenless.toml"]


@pytest.mark.slow
def test_processes_that_save_at_once_lose_nothing(path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from realtime.settings.presets import Presets\n"
        "from realtime.settings.schema import LookSettings, Settings\n"
        "presets = Presets(Path(sys.argv[1]))\n"
        "for number in range(15):\n"
        "    presets.save(Settings(look=LookSettings(framing=True)), f'{sys.argv[2]} {number}')\n"
    )
    path.write_text("# mine\n")
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(path), name], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for name in "abc"
    ]
    assert [process.communicate()[1] for process in processes] == [""] * 3
    assert len(load(path).presets) == 45
    assert path.read_text().startswith("# mine\n")
    assert [left.name for left in path.parent.iterdir() if left.is_file()] == ["settings.toml"]


def test_a_masked_password_is_not_taken_for_one(path: Path) -> None:
    path.write_text('source = "sample"\n[scene]\n# \nbackground = "http://***@host/a.png"\n')
    with pytest.raises(
        SettingsError, match=r"line 4: background contains a masked password: .*\. Type the address with"
    ):
        load(path)


def test_what_a_file_says_beside_the_change_stays_secret_and_whole(path: Path) -> None:
    path.write_text('source = "rtsp://me:hunter2@camera/live?key=1"  # mine\n')
    write(path, replace(load(path).settings, camera=CameraSettings(width=640)))
    assert path.read_text().startswith('source = "rtsp://me:hunter2@camera/live?key=1"  # mine\n')


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("camera.width = 640\nsource = 'sample'\npresets.a.scene.fit = 'contain'", True),
        ("scene = {fit = 'contain'} # mine\n[presets.d]\nscene = {fit = 'cover'}", True),
        ("[presets.a.scene]\nfit = 'contain'\n[camera]\nwidth = 640 # mine\n[presets.b.look]\nframing = true\n", True),
        ("presets.a.scene.fit = 'contain'\n# mine\nsource = 'sample'\n", False),
    ],
)
def test_what_was_written_by_hand_is_kept_or_the_change_is_refused(path: Path, text: str, kept: bool) -> None:
    path.write_text(text)
    before = load(path)
    write(path, replace(before.settings, look=LookSettings(framing=True)))
    assert load(path) == replace(before, settings=replace(before.settings, look=LookSettings(framing=True)))
    path.write_text(text)
    look = replace(before.settings, look=LookSettings(framing=True))
    if not kept:
        with pytest.raises(SettingsError, match=r"this change would break its layout\. Write each preset as tables"):
            Presets(path).save(look, "new")
        assert path.read_text() == text
        return
    Presets(path).save(look, "new")
    assert load(path).settings == before.settings
    assert load(path).presets == {**before.presets, "new": {"look": {"framing": True}}}
    assert ("# mine" in path.read_text()) == ("# mine" in text)
