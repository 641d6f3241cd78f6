"""Where pictures go: a folder, an archive, or both; whole or not at all."""

import errno
import os
import time
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.media import png
from realtime.offline.outputs import Outputs

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)
CUTOUT = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)


def put(outputs: Outputs, name: str, pixels: np.ndarray) -> None:
    with outputs.file(name) as file:
        file.write(png.encoded(pixels))


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_pictures_stand_in_folder_and_archive_alike(tmp_path: Path) -> None:
    with Outputs(tmp_path / "out", tmp_path / "zips" / "all.zip") as outputs:
        put(outputs, "x/a_alpha.png", GREY)
        put(outputs, "ö_cutout.png", CUTOUT)
    assert everything(tmp_path) == ["out/x/a_alpha.png", "out/ö_cutout.png", "zips/all.zip"]
    assert outputs.written == [tmp_path / name for name in everything(tmp_path)]
    assert np.array_equal(cv2.imread(str(tmp_path / "out/x/a_alpha.png"), cv2.IMREAD_UNCHANGED), GREY)
    with zipfile.ZipFile(tmp_path / "zips" / "all.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["x/a_alpha.png", "ö_cutout.png"]
        data = np.frombuffer(archive.read("ö_cutout.png"), np.uint8)
    assert np.array_equal(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), CUTOUT)


def test_without_a_folder_only_the_archive_is_written(tmp_path: Path) -> None:
    with Outputs(None, tmp_path / "all.zip") as outputs:
        put(outputs, "a_alpha.png", GREY)
    assert everything(tmp_path) == ["all.zip"]


def test_an_archive_with_nothing_in_it_is_not_written(tmp_path: Path) -> None:
    with Outputs(None, tmp_path / "all.zip"):
        pass
    assert everything(tmp_path) == []


def test_an_existing_output_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a_alpha.png").write_text("old")
    (tmp_path / "all.zip").write_text("old")
    with Outputs(tmp_path, tmp_path / "all.zip") as outputs:
        put(outputs, "a_alpha.png", GREY)
        assert (tmp_path / "all.zip").read_text() == "old"
    assert (tmp_path / "a_alpha.png").read_bytes().startswith(b"\x89PNG")
    assert zipfile.is_zipfile(tmp_path / "all.zip")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SinkError])
def test_after_an_error_the_old_archive_stands(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "all.zip").write_text("old")

    def stop() -> None:
        with Outputs(None, tmp_path / "all.zip") as outputs:
            put(outputs, "a_alpha.png", GREY)
            raise error("stop")

    with pytest.raises(error):
        stop()
    assert everything(tmp_path) == ["all.zip"]
    assert (tmp_path / "all.zip").read_text() == "old"


def test_a_full_disk_leaves_whole_pictures_only(tmp_path: Path) -> None:
    (tmp_path / "b_alpha.png").write_text("old")

    def fill(outputs: Outputs) -> None:
        with outputs.file("b_alpha.png") as file:
            file.write(b"\x89PNG")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    outputs = Outputs(tmp_path, None)
    put(outputs, "a_alpha.png", GREY)
    with pytest.raises(SinkError, match=r"b_alpha\.png: the disk is full") as caught:
        fill(outputs)
    assert "space" in caught.value.cure
    assert everything(tmp_path) == ["a_alpha.png", "b_alpha.png"]
    assert (tmp_path / "b_alpha.png").read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (part := tmp_path / "part").symlink_to("/dev/full")
    monkeypatch.setattr("realtime.offline.outputs.beside", lambda path: part)
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    outputs = Outputs(tmp_path, tmp_path / "all.zip")
    put(outputs, "a_alpha.png", noise)
    put(outputs, "b_alpha.png", noise)
    with pytest.raises(SinkError, match=r"all\.zip: the disk is full"):
        outputs.close()
    outputs.close()
    assert everything(tmp_path) == ["a_alpha.png", "b_alpha.png"]


def test_names_that_meet_in_the_archive_alone_are_numbered(tmp_path: Path) -> None:
    with Outputs(None, tmp_path / "all.zip") as outputs:
        for name in ("x/a\udce9.png", "x/a%E9.png", "x/a\udce9.png"):
            put(outputs, name, GREY)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["x/a%E9.png", "x/a%E9-2.png", "x/a%E9-3.png"]


def test_a_clock_that_was_lost_does_not_keep_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A board without a battery begins in 1970; a zip file knows no time before 1980."""
    monkeypatch.setattr("time.localtime", lambda *at_s: time.gmtime(0))
    with Outputs(None, tmp_path / "all.zip") as outputs:
        put(outputs, "a_alpha.png", GREY)
    assert zipfile.is_zipfile(tmp_path / "all.zip")


@pytest.mark.parametrize("kind", ["output", "archive", "picture"])
def test_a_path_of_the_wrong_kind_is_reported(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    folder = tmp_path / ("file" if kind == "output" else ".")
    archive = tmp_path / ("folder.png" if kind == "archive" else "all.zip")
    with pytest.raises(SinkError, match="cannot write"), Outputs(folder, archive) as outputs:
        put(outputs, "folder.png" if kind == "picture" else "a_alpha.png", GREY)
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "all.zip").exists()
