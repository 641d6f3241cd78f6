"""greenless recover: what is said of unfinished recordings; how they are finished is tested beside the recorder."""

from pathlib import Path

import pytest

from realtime.cli import main
from realtime.commands import recover


@pytest.fixture
def left(tmp_path: Path) -> list[Path]:
    """Seven unfinished recordings, one with a space in its name."""
    paths = [tmp_path / f"{number} film.unfinished.mp4" for number in range(7)]
    for path in paths:
        path.write_bytes(b"something")
    return paths


def test_a_start_names_the_first_and_counts_the_rest(left: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    recover.list_unfinished([left[0].with_name("new.mp4"), left[0].with_name("other.mp4")])
    *lines, last = capsys.readouterr().err.splitlines()
    assert lines == [
        f"unfinished recording: {path} plays already. To finish it: greenless recover '{path}'" for path in left[:5]
    ]
    assert last == "and 2 more unfinished recordings: greenless recover lists them"


def test_where_none_was_left_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recover.list_unfinished([tmp_path / "new.mp4", tmp_path / "no folder" / "new.mp4"])
    assert capsys.readouterr().err == ""


def test_without_a_name_it_lists_those_of_this_folder_too(
    left: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(left[0].parent)
    assert main(["recover"]) == 0
    assert capsys.readouterr().out.splitlines() == list(map(str, left))


def test_one_that_fails_does_not_keep_the_others(left: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", str(left[0]), str(left[1])]) == 1
    assert capsys.readouterr().err.count("holds no frame. Delete it") == 2
    assert left[0].exists()
