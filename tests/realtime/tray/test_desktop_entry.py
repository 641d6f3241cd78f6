"""The entry of the applications menu: written, understood by the desktop's own programs, removed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from realtime.cli import main
from realtime.tray import desktop_entry, icons
from tests.realtime.stand_ins import until


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a user."""
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path / "home"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed greenless that notes its words, in a folder whose name a desktop could take wrongly."""
    program = tmp_path / 'my "tools" $HOME `a` \\b' / "greenless"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho \"$@\" > '{tmp_path / 'words'}'\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    return program


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_it_writes_the_entry_and_the_icons_and_removes_them(home: Path, program: Path) -> None:
    assert main(["service", "--desktop", "--at-login"]) == 0
    sizes = sorted(f"{size}x{size}" for size in (16, 22, 32, 48, 64, 128, 256))
    assert files(home) == [
        ".config/autostart/greenless.desktop",
        ".local/share/applications/greenless.desktop",
        *(f".local/share/icons/hicolor/{size}/apps/greenless.png" for size in sizes),
        ".local/share/icons/hicolor/scalable/apps/greenless.svg",
    ]
    assert main(["service", "--desktop", "--remove"]) == 0
    assert files(home) == []
    assert main(["service", "--desktop", "--remove"]) == 0


def test_it_goes_where_the_user_keeps_such_files(
    home: Path, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative paths count as unset")
    assert main(["service", "--desktop", "--at-login"]) == 0
    assert (tmp_path / "data/applications/greenless.desktop").exists()
    assert files(home) == [".config/autostart/greenless.desktop"]


def test_only_who_asks_for_it_gets_the_start_at_login(home: Path, program: Path) -> None:
    assert main(["service", "--desktop"]) == 0
    assert not (home / ".config").exists()


@pytest.mark.parametrize("flag", ["--at-login", "--remove"])
def test_a_flag_without_its_fellow_is_an_error(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", flag]) == 2
    assert f"{flag} needs --desktop. Type: greenless service --desktop {flag}" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_an_error(
    home: Path, program: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".local").parent.mkdir()
    (home / ".local").write_text("a file")
    assert main(["service", "--desktop"]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_percent_sign_is_doubled() -> None:
    """The specification wants it. GLib starts no program with one in its path, so the next test has none."""
    assert desktop_entry.quoted("/opt/100%/greenless") == '"/opt/100%%/greenless"'


@pytest.mark.skipif(shutil.which("gio") is None, reason="no gio; on Debian: sudo apt install libglib2.0-bin")
def test_a_desktop_starts_it(home: Path, program: Path, tmp_path: Path) -> None:
    assert main(["service", "--desktop", "--at-login"]) == 0
    for entry, words in (
        (".local/share/applications/greenless.desktop", "app\n"),
        (".config/autostart/greenless.desktop", "app --quiet\n"),
    ):
        (tmp_path / "words").unlink(missing_ok=True)
        subprocess.run(["gio", "launch", str(home / entry)], check=True)
        until(lambda words=words: (tmp_path / "words").exists() and (tmp_path / "words").read_text() == words)


def test_the_words_of_the_entry_are_commands(home: Path, program: Path) -> None:
    from realtime.cli import parse
    from realtime.commands import app, ctl

    text = (icons.FOLDER / "greenless.desktop").read_text()
    starts = [line.removeprefix("Exec=greenless ").split() for line in text.splitlines() if line.startswith("Exec=")]
    assert [words[0] for words in starts] == ["app", "ctl", "app"]
    for name, *words in starts:
        parse({"app": app, "ctl": ctl}[name], name, words)


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="no desktop-file-validate")
def test_the_entries_are_valid(home: Path, program: Path) -> None:
    assert main(["service", "--desktop", "--at-login"]) == 0
    for path in home.rglob("*.desktop"):
        done = subprocess.run(["desktop-file-validate", path], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "")


def test_icons_have_their_sizes() -> None:
    for path in icons.FOLDER.glob("*.png"):
        with Image.open(path) as image:
            size_px = int(path.stem.rpartition("-")[2])
            assert (image.size, image.mode in ("RGBA", "P")) == ((size_px, size_px), True)
