"""What image and video say of files whose names are out of the ordinary, as a terminal and another program see it."""

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from realtime.cli import main
from realtime.commands import offline
from realtime.offline.report import Report
from realtime.scale import footage_jobs

SCREEN = (0, 177, 64)


def image(folder: Path, encoding: str, *words: str) -> "subprocess.CompletedProcess[bytes]":
    """A run with no network: everything is a green screen."""
    environment = os.environ | {"PYTHONIOENCODING": f"{encoding}:strict"}
    command = [sys.executable, "-m", "realtime", "image", "--weights", "chroma", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(offline.__file__).parents[2]))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no names but Unicode ones")
def test_a_name_that_is_no_utf8_is_printed_as_its_bytes(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), SCREEN).save(os.fsencode(tmp_path) + b"/caf\xe9.png")
    Image.new("RGB", (64, 48), (9, 9, 9)).save(os.fsencode(tmp_path) + b"/no screen \xe9.png")
    words = ("-o", "out", "--zip", "all.zip", "--log-file", "log.txt")
    done = image(tmp_path, "utf-8", os.fsdecode(b"caf\xe9.png"), os.fsdecode(b"no screen \xe9.png"), *words)
    assert done.stdout.splitlines() == [b"out/caf\xe9_alpha.png", b"out/caf\xe9_cutout.png", b"all.zip"]
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == b"1 done, 3 files written, 1 failed, 1 without a person"
    assert b"Traceback" not in done.stderr
    assert sorted(os.listdir(os.fsencode(tmp_path / "out"))) == [b"caf\xe9_alpha.png", b"caf\xe9_cutout.png"]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["caf%E9_alpha.png", "caf%E9_cutout.png"]


@pytest.mark.slow
def test_a_terminal_of_few_letters_gets_escapes(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), SCREEN).save(tmp_path / "山ö.png")
    done = image(tmp_path, "cp1252", "山ö.png", "-o", "out")
    alpha = os.path.join("out", "\\u5c71ö_alpha.png").encode("cp1252")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, alpha), done.stderr


@pytest.mark.parametrize("name", ["[/x].png", "[red]a[/blue].mp4", "caf\udce9.png"])
def test_the_progress_bar_takes_any_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    class Matter:
        def __init__(self, settings: Any) -> None: ...

        def close(self) -> None: ...

    def matte_pictures(*inputs: Any, progress: Callable[[int, int, str], None], **options: Any) -> Report:
        progress(1, 2, name)
        return Report(matted=(), written=(), skipped=(), failures=())

    screen = io.BytesIO()
    monkeypatch.setattr(footage_jobs, "matte_pictures", matte_pictures)
    monkeypatch.setattr("realtime.commands.offline.open_matter", Matter)
    monkeypatch.setattr(sys, "stderr", Terminal(screen, "utf-8", "backslashreplace"))
    monkeypatch.setenv("TERM", "xterm")
    assert main(["image", "a.png", "-o", "out"]) == 0
    sys.stderr.flush()
    assert name.encode("utf-8", "backslashreplace") in screen.getvalue()
