"""Images that fail and outputs that cannot be written: the others are done, and nothing half stays."""

import errno
import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.errors import MatterError, SceneError, SettingsError, SinkError
from realtime.frame import CoarseMatte, Frame
from realtime.matting.matter import Matter
from realtime.media.failures import cannot_read
from realtime.media.image_file import open_image
from realtime.media.image_metadata import Keep
from realtime.media.still_image import StillImage
from realtime.offline import images as still_pictures
from realtime.offline.images import matte_pictures
from tests.realtime.offline.conftest import Brightness
from tests.realtime.offline.outputs_of_images import grey, listing


def test_what_is_no_picture_does_not_keep_the_others(pictures: Path, out: Path, matter: Matter) -> None:
    (pictures / "notes.txt").write_text("hello")
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    grey(pictures / "z.png")
    (pictures.parent / "named.txt").write_text("hello")
    report = matte_pictures([pictures.parent / "named.txt", pictures / "missing.png", pictures], out, matter)
    assert report.matted == [pictures / "z.png"]
    assert [Path(line.partition(": ")[0]).name for line in report.skipped] == ["notes.txt"]
    assert len(report.failures) == 3
    for failure, name in zip(report.failures, ["named.txt", "missing.png", "broken.jpg"], strict=True):
        assert name in failure.what
        assert failure.cure


def test_a_cut_off_picture_is_a_failure(pictures: Path, out: Path, matter: Matter) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(pictures / "a.png")
    (pictures / "a.png").write_bytes((pictures / "a.png").read_bytes()[:2000])
    report = matte_pictures([pictures], out, matter)
    assert [type(failure).__name__ for failure in report.failures] == ["SourceError"]
    assert listing(out) == []


def test_a_disk_that_is_full_for_one_is_a_failure_of_it_with_nothing_half_there(
    pictures: Path, out: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = [grey(pictures / name) for name in ("a.png", "b.png", "c.png")]
    replace = os.replace

    def full(part: Path, target: Path) -> None:
        if "b_cutout" in target.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        replace(part, target)

    monkeypatch.setattr(os, "replace", full)
    report = matte_pictures(inputs, out, matter, zip_path=tmp_path / "all.zip")
    (failure,) = report.failures
    assert failure.what == f"{inputs[1]}: cannot write {out / 'b_cutout.png'}: the disk is full"
    assert report.matted == [inputs[0], inputs[2]]
    written = ["a_alpha.png", "a_cutout.png", "b_alpha.png", "c_alpha.png", "c_cutout.png"]
    assert listing(out) == written
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == written


def test_one_bad_picture_does_not_keep_the_others_in_any_way_of_failing(
    pictures: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pictures / "bad").mkdir()
    inputs = [grey(pictures / name) for name in ("a.png", "bad/vanished.png", "bad/decoder.png", "bad/network.png")]
    inputs += [grey(pictures / name) for name in ("bad/memory.png", "bad/bug.png", "bad/locked.png")]
    inputs += [grey(pictures / f"{'n' * 249}.png"), Path("m" * 300 + ".png"), grey(pictures / "z.png")]

    class Matter(Brightness):
        def matte_batch(self, frames: Sequence[Frame]) -> list[CoarseMatte]:
            raised = failing.get(reading[-1])
            if raised is not None:
                raise raised
            return super().matte_batch(frames)

    failing = {
        "network.png": MatterError("the network failed"),
        "bug.png": RuntimeError("what?"),
        "memory.png": MemoryError(),
    }
    reading: list[str] = []
    open_one = open_image

    def opens(path: Path, keep: Keep) -> StillImage:
        reading.append(path.name)
        if path.name == "vanished.png":
            path.unlink()
        if path.name == "decoder.png":
            raise MemoryError
        if path.name == "locked.png":
            raise cannot_read(path, PermissionError(13, "Permission denied"), "")
        return open_one(path, keep)

    monkeypatch.setattr(still_pictures, "open_image", opens)
    report = matte_pictures(inputs, out, Matter())
    assert report.matted == [inputs[0], inputs[-1]]
    for failure, words in zip(
        report.failures,
        (
            *("there is no file .*vanished", "decoder.png needs more memory", "network.png: the network failed"),
            *("memory.png needs more memory", "bug.png failed: RuntimeError: what", "locked.png may not be read"),
            *("nnn_cutout.png: File name too long", "mmm.png: .*File name too long"),
        ),
        strict=True,
    ):
        assert re.search(words, failure.what), failure.what
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_a_folder_of_outputs_that_cannot_be_made_is_a_failure_of_its_pictures(
    tmp_path: Path, out: Path, matter: Matter
) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        grey(tmp_path / folder / "a.png")
    out.mkdir()
    (out / "x").touch()
    report = matte_pictures([tmp_path / "x", tmp_path / "y"], out, matter)
    assert report.matted == [tmp_path / "y" / "a.png"]
    assert "cannot write" in report.failures[0].what


def test_an_archive_that_fails_does_not_keep_the_folder(
    pictures: Path, out: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = [grey(pictures / name) for name in ("a.png", "b.png")]

    def full(self: zipfile.ZipFile, *entry: object, **how: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(zipfile.ZipFile, "open", full)
    report = matte_pictures(inputs, out, matter, zip_path=tmp_path / "all.zip")
    assert [failure.what for failure in report.failures] == [f"cannot write {tmp_path / 'all.zip'}: the disk is full"]
    assert report.matted == inputs
    assert len(listing(out)) == 4
    assert listing(tmp_path) == ["in", "out"]
    alone = matte_pictures(inputs, None, matter, zip_path=tmp_path / "all.zip")
    assert (len(alone.failures), alone.written) == (1, [])


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MatterError("the network failed")], ids=["Ctrl-C", "network"])
def test_a_run_that_is_stopped_leaves_whole_pictures_and_no_archive(
    pictures: Path, out: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def second(done: int, total: int, name: str) -> None:
        if done == 1:
            raise error

    inputs = [grey(pictures / "a.png"), grey(pictures / "b.png")]
    with pytest.raises(type(error)):
        matte_pictures(inputs, out, matter, zip_path=tmp_path / "all.zip", progress=second)
    assert listing(out) == ["a_alpha.png", "a_cutout.png"]
    assert listing(tmp_path) == ["in", "out"]


def test_a_missing_background_is_reported_before_anything_is_written(pictures: Path, out: Path, matter: Matter) -> None:
    with pytest.raises(SceneError, match=r"nothing\.jpg"):
        matte_pictures([grey(pictures / "a.png")], out, matter, background=str(pictures / "nothing.jpg"))
    assert not out.exists()


def test_an_input_is_never_overwritten(pictures: Path, out: Path, matter: Matter) -> None:
    (pictures / "sub").mkdir()
    inputs = [grey(pictures / "a.png"), grey(pictures / "sub" / "a_alpha.png")]
    with pytest.raises(SinkError, match=r"a_alpha\.png is an input"):
        matte_pictures(inputs, pictures / "sub", matter)
    with pytest.raises(SinkError, match=r"a\.png is an input"):
        matte_pictures(inputs, out, matter, zip_path=pictures / "a.png")
    assert listing(pictures / "sub") == ["a_alpha.png"]


def test_what_contradicts_itself_is_refused(pictures: Path, out: Path, matter: Matter) -> None:
    grey(pictures / "a.png")
    with pytest.raises(SettingsError, match="transparent"):
        matte_pictures([pictures], out, matter, background="transparent")
    with pytest.raises(SinkError, match="no folder and no archive"):
        matte_pictures([pictures], None, matter)
    with pytest.raises(SinkError, match="folder"):
        matte_pictures([pictures], pictures / "b.png", matter)
