"""greenless image in a pipe: an image on standard input, a PNG on standard output, lists of files."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.cli import main
from realtime.commands import offline

SCREEN = (0, 177, 64)


def image(folder: Path, *words: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """A run without a network: the chroma key takes the green away."""
    environment = os.environ | {"PYTHONPATH": str(Path(offline.__file__).parents[2])}
    command = [sys.executable, "-m", "realtime", "image", "--weights", "chroma", *words]
    return subprocess.run(command, cwd=folder, env=environment, input=stdin, capture_output=True)


def photo() -> bytes:
    """A grey square before a green screen, as a JPEG."""
    picture = Image.new("RGB", (96, 64), SCREEN)
    picture.paste((120, 110, 130), (30, 16, 66, 48))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=95)
    return data.getvalue()


def decoded(data: bytes) -> np.ndarray:  # type: ignore[type-arg]
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "PNG"
        return np.asarray(opened)


def test_bytes_in_png_out(tmp_path: Path) -> None:
    done = image(tmp_path, "-", "-o", "-", stdin=photo())
    assert done.returncode == 0, done.stderr
    cutout = decoded(done.stdout)
    assert cutout.shape == (64, 96, 4)
    assert cutout[32, 48, 3] > 250
    assert cutout[3, 3, 3] < 5
    assert done.stderr.splitlines()[-1] == b"1 done, 1 file written, 0 failed"
    assert list(tmp_path.iterdir()) == []


def test_with_a_background_the_composite_comes_out(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo())
    done = image(tmp_path, "a.jpg", "-o", "-", "--background", "#0000ff")
    composite = decoded(done.stdout)
    assert composite.shape == (64, 96, 3)
    assert composite[3, 3].tolist() == [0, 0, 255]


def test_standard_input_into_a_folder(tmp_path: Path) -> None:
    done = image(tmp_path, "-", "-o", "out", stdin=photo())
    assert done.stdout.split() == [os.fsencode(Path("out", f"stdin_{kind}.png")) for kind in ("alpha", "cutout")]


@pytest.mark.parametrize(
    ("stdin", "says"), [(b"", b"standard input is empty"), (b"no image", b"standard input is not an image")]
)
def test_what_is_no_image_says_standard_input_and_writes_nothing(tmp_path: Path, stdin: bytes, says: bytes) -> None:
    done = image(tmp_path, "-", "-o", "-", stdin=stdin)
    assert done.returncode in (1, 2)
    assert done.stdout == b""
    assert says in done.stderr
    assert b"greenless-" not in done.stderr, "no name of a temporary file"


@pytest.mark.slow
@pytest.mark.parametrize("separator", [b"\n", b"\0"])
@pytest.mark.parametrize("from_file", [False, True])
def test_a_list_of_files(tmp_path: Path, separator: bytes, from_file: bool) -> None:
    names = ["a b.jpg", "ü.jpg"]
    for name in names:
        (tmp_path / name).write_bytes(photo())
    listed = separator.join(map(os.fsencode, names)) + separator
    (tmp_path / "list.txt").write_bytes(listed)
    words = ["--files-from", "list.txt"] if from_file else ["--files-from", "-"]
    done = image(tmp_path, *words, "-o", "out", stdin=b"" if from_file else listed)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(tmp_path / "out")) == [*("a b_alpha.png", "a b_cutout.png", "ü_alpha.png", "ü_cutout.png")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-", "a.jpg", "-o", "out"], "- is one image on standard input"),
        (["-", "--files-from", "-", "-o", "out"], "- is one image on standard input"),
        (["a.jpg", "b.jpg", "-o", "-"], "-o - writes one image"),
        (["a.jpg", "-o", "-", "--zip", "a.zip"], "-o - writes one PNG"),
        (["a.jpg", "-o", "-", "--combined"], "-o - writes one PNG"),
        (["--files-from", "missing.txt", "-o", "out"], "cannot read the list missing.txt"),
    ],
)
def test_contradictions_are_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["image", *words]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_gets_no_png(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["image", "a.jpg", "-o", "-"]) == 2
    assert "-o - writes a PNG, and a terminal cannot show it. Type -o - > FILE.png" in capsys.readouterr().err


def test_an_empty_list_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.txt").touch()
    assert main(["image", "--files-from", str(tmp_path / "list.txt"), "-o", "out"]) == 2
    assert "expected at least one image" in capsys.readouterr().err


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo())
    environment = os.environ | {"PYTHONPATH": str(Path(offline.__file__).parents[2])}
    command = [sys.executable, "-m", "realtime", "image", "--weights", "chroma", "a.jpg", "-o", "-"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert b"Traceback" not in said
