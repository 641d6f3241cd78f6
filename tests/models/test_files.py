"""The one way to write a file: whole or not at all, in the place and with the rights that it had."""

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import WeightsError
from models.files import named, replacing

posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """What most systems have."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "file"


def write(path: Path, text: str = "new", **how: bool) -> None:
    with replacing(path, **how) as part:  # type: ignore[arg-type]
        part.write_text(text)


def test_a_file_and_its_folder_are_made(path: Path) -> None:
    write(path)
    assert path.read_text() == "new"
    assert [left.name for left in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("error", "raised"), [(RuntimeError("odd"), RuntimeError), (OSError("the disk is full"), WeightsError)]
)
def test_what_goes_wrong_leaves_what_was_there(path: Path, error: Exception, raised: type[Exception]) -> None:
    def fail() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise error

    write(path, "old")
    with pytest.raises(raised, match=str(error)):
        fail()
    assert path.read_text() == "old"
    assert [left.name for left in path.parent.iterdir()] == ["file"]


@posix
@pytest.mark.parametrize(("private", "modes"), [(False, (0o644, 0o755)), (True, (0o600, 0o700))])
def test_a_new_file_is_for_all_or_for_its_owner(path: Path, private: bool, modes: tuple[int, int]) -> None:
    with replacing(path, private=private) as part:
        assert mode(part) == modes[0]
    assert (mode(path), mode(path.parent)) == modes


@posix
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("before", [0o600, 0o640, 0o644, 0o444])
def test_one_that_is_there_keeps_its_mode(path: Path, private: bool, before: int) -> None:
    write(path)
    path.chmod(before)
    with replacing(path, private=private) as part:
        assert mode(part) == 0o600  # nobody else reads it on the way
    assert mode(path) == before


@posix
def test_one_that_must_be_private_becomes_so(path: Path) -> None:
    write(path)
    write(path, private=True, keep_mode=False)
    assert mode(path) == 0o600


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_one_that_is_there_keeps_its_owner(path: Path) -> None:
    write(path)
    os.chown(path, 1234, 4321)
    write(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


@posix
def test_where_the_group_cannot_be_kept_its_rights_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    write(path)
    path.chmod(0o664)
    there = path.stat()
    monkeypatch.setattr(os, "chown", refused)
    monkeypatch.setattr(
        "models.files.check_replaceable", lambda _: os.stat_result((*there[:5], there.st_gid + 1, *there[6:]))
    )
    write(path)
    assert mode(path) == 0o604


@posix
def test_a_link_stays_and_what_it_points_to_is_replaced(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "file"
    write(target, "old")
    path.parent.mkdir()
    path.symlink_to(os.path.relpath(target, path.parent))
    write(path, "new")
    assert path.is_symlink()
    assert target.read_text() == "new"
    assert [left.name for left in path.parent.iterdir()] == ["file"]
    assert [left.name for left in target.parent.iterdir()] == ["file"]


@posix
def test_a_link_to_nothing_yet_is_filled(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "dotfiles" / "file")
    write(path)
    assert (tmp_path / "dotfiles" / "file").read_text() == "new"
    assert path.is_symlink()


@pytest.mark.parametrize("name", ["n" * 255, "画" * 85, "\U0001f984" * 63])
def test_the_longest_name_can_be_written(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert (tmp_path / name).read_text() == "new"


@pytest.mark.parametrize("name", ["n" * 256, "", "folder"])
def test_what_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(WeightsError, match="cannot write"):
        write(tmp_path / name)


@posix
def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WeightsError, match="it is a FIFO, not a regular file"):
        write(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_two_writers_do_not_meet(path: Path) -> None:
    faults: list[Exception] = []

    def many(text: str) -> None:
        for _ in range(50):
            try:
                write(path, text * 1000)
                assert set(path.read_text()) in ({"a"}, {"b"})
            except Exception as error:
                faults.append(error)

    threads = [threading.Thread(target=many, args=[text]) for text in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [left.name for left in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("text", ["", "a", "/a/b", "a\0", "~nosuchuser/a", "n" * 300, "\ud800"])
def test_a_name_that_means_nothing_else_stays_as_it_is(text: str) -> None:
    assert named(text) == Path(text)


def test_a_home_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert named("~/a") == tmp_path / "a"
