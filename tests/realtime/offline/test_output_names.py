"""Which inputs are meant, and what their outputs are called."""

import errno
import os
from pathlib import Path

import pytest

from realtime.errors import SinkError
from realtime.offline.output_names import Kind, OutputPlan, plan, spare, unique

PICTURES = Kind(noun="picture", suffixes=frozenset({".jpg", ".png"}), endings=("_alpha.png", "_cutout.png"))


def planned(*inputs: Path, output: Path | None = None) -> OutputPlan:
    return plan(inputs, PICTURES, output)


def names(todo: OutputPlan) -> list[str]:
    return [job.name for job in todo.jobs]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder ``pictures`` to be filled by ``fill``."""
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def fill(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("files", "outputs"),
    [
        (["a.jpg", "b.png"], ["a", "b"]),
        (["a.1.jpg", "a.2.jpg"], ["a.1", "a.2"]),
        (["a.jpg", "a.png", "b.jpg"], ["a.jpg", "a.png", "b"]),
        (["a.jpg", "a.png", "a.jpg.png"], ["a.jpg", "a.png", "a.jpg.png"]),
        (["a.jpg", "A.png"], ["a.jpg", "A.png"]),
        (["a.jpg", "A.JPG"], ["a.jpg", "A.JPG-2"]),
        (["a.jpg", "a.jpg", "a.jpg-2.png"], ["a.jpg", "a.jpg-2", "a.jpg-2-2"]),
        (["x/a.jpg", "y/a.jpg"], ["x/a", "y/a"]),
        (["noext", ".jpg"], ["noext", ".jpg"]),
    ],
)
def test_every_input_has_a_separate_output_name(files: list[str], outputs: list[str]) -> None:
    assert unique(files) == outputs


def test_a_folder_stands_for_its_own_pictures_in_order_and_the_rest_is_spoken_of(folder: Path) -> None:
    fill(folder, "b.jpg", "a.PNG", "notes.txt", ".DS_Store", "._a.jpg", "sub/c.jpg")
    todo = planned(folder)
    assert names(todo) == ["a", "b"]
    assert [Path(line.split(": ")[0]).name for line in todo.skipped] == ["notes.txt", "sub"]


def test_an_unfinished_recording_is_no_clip_yet(folder: Path) -> None:
    fill(folder, "a.mp4", "b.unfinished.mp4", "c.unfinished-2.MP4")
    todo = plan([folder], Kind(noun="clip", suffixes=frozenset({".mp4"}), endings=("_cutout.mov",)), None)
    assert names(todo) == ["a"]
    assert f"greenless recover {folder / 'b.unfinished.mp4'}" in todo.skipped[0]
    assert len(todo.skipped) == 2


def test_a_file_is_named_by_itself_whatever_its_suffix(folder: Path) -> None:
    assert [job.path for job in planned(folder / "missing.xyz").jobs] == [folder / "missing.xyz"]


def test_an_input_that_is_named_twice_is_done_once(folder: Path) -> None:
    fill(folder, "a.jpg", "b.jpg")
    assert names(planned(folder / "b.jpg", folder, folder / ".." / "pictures" / "a.jpg", folder)) == ["b", "a"]


def test_several_folders_keep_their_names(tmp_path: Path) -> None:
    fill(tmp_path, "x/a.jpg", "y/a.jpg", "p/y/a.jpg", "c.jpg")
    todo = planned(tmp_path / "x", tmp_path / "y", tmp_path / "p" / "y", tmp_path / "c.jpg")
    assert names(todo) == ["x/a", "y/a.jpg", "y/a.jpg-2", "c"]


def test_the_current_folder_has_a_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "x/a.jpg", "y/a.jpg")
    monkeypatch.chdir(tmp_path / "x")
    assert names(planned(Path(), Path("../y"))) == ["x/a", "y/a"]


def test_results_of_an_earlier_run_are_left_out(folder: Path) -> None:
    fill(folder, "a.jpg", "a_alpha.png", "b.jpg", "b.png", "b.jpg_alpha.png", "b.png-2_cutout.png", "c_alpha.png")
    todo = planned(folder, output=folder)
    assert names(todo) == ["a", "b.jpg", "b.png", "c_alpha"]
    assert len([line for line in todo.skipped if "earlier run" in line]) == 3


def test_a_matte_that_is_named_alone_is_a_picture(folder: Path) -> None:
    fill(folder, "a.jpg", "a_alpha.png")
    assert names(planned(folder / "a_alpha.png")) == ["a_alpha"]


def test_an_output_folder_inside_the_input_is_not_spoken_of(folder: Path) -> None:
    fill(folder, "a.jpg", "out/a_alpha.png")
    assert planned(folder, output=folder / "out").skipped == ()


def test_an_output_that_would_overwrite_an_input_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, "x/a.jpg", "y/a_alpha.png")
    jobs = planned(tmp_path / "x" / "a.jpg", tmp_path / "y" / "a_alpha.png").jobs
    spare([job.path for job in jobs], [tmp_path / "x" / "a_alpha.png"])
    with pytest.raises(SinkError, match=r"a_alpha\.png is an input"):
        spare([job.path for job in jobs], [tmp_path / "x" / "a_alpha.png", tmp_path / "x" / ".." / "y" / "a_alpha.png"])


def test_a_folder_without_images_is_reported(folder: Path) -> None:
    fill(folder, "notes.txt")
    assert "holds no picture" in str(planned(folder).barren[0])


def test_an_unreadable_folder_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert "cannot read" in str(planned(folder).barren[0])
