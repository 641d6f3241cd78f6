"""Where greenless keeps things, and what becomes of that without a home that can be written."""

import os
import sys
from pathlib import Path

import platformdirs
import pytest

from models import home, weights
from models.errors import WeightsError


@pytest.fixture
def without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user that the system does not know, as in a container."""
    pwd = pytest.importorskip("pwd", reason="Windows knows its users' homes by other means")

    def unknown(user: object) -> None:
        raise KeyError(user)

    for name in ("GREENLESS_HOME", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def test_a_home_that_is_named_is_taken_with_its_tilde_resolved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("GREENLESS_HOME", "~/of greenless")
    assert home.home() == tmp_path / "of greenless"
    assert weights.cache_folder() == tmp_path / "of greenless" / "weights"
    assert home.refusal(weights.cache_folder()) == ""
    assert not (tmp_path / "of greenless").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there every name of a user names a folder")
def test_the_home_of_nobody_is_nowhere_and_never_a_folder_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GREENLESS_HOME", "~nosuchuser/x")
    assert home.refusal(weights.cache_folder()) == "there is no user nosuchuser"
    assert home.made(weights.cache_folder()) is None
    assert list(tmp_path.iterdir()) == []


def test_a_user_without_a_home_has_nowhere_to_keep_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, without_a_home: None
) -> None:
    monkeypatch.chdir(tmp_path)
    assert home.refusal(weights.cache_folder()) == "this user has no home"
    assert home.made(weights.cache_folder()) is None
    assert list(tmp_path.iterdir()) == []


def test_a_system_folder_that_an_older_platformdirs_leaves_unresolved_is_nowhere(without_a_home: None) -> None:
    assert home.of_system(lambda *_, **__: Path("~/.cache/greenless")).is_relative_to(home.NOWHERE)
    assert home.of_system(platformdirs.user_cache_path).is_relative_to(home.NOWHERE)


def test_why_nothing_can_be_kept_is_said_of_the_folder_that_refuses(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert home.refusal(file / "a" / "b") == f"{file} is not a folder"
    assert home.refusal(tmp_path / ("x" * 300) / "a").endswith(": File name too long") or sys.platform == "win32"
    assert home.made(file / "a") is home.made(tmp_path / ("x" * 300)) is None
    assert home.entries(file / "a") == home.entries(tmp_path / ("x" * 300)) == []


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_folder_that_may_not_be_written_or_looked_into_refuses(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user may write everywhere")
        assert home.refusal(tmp_path / "a" / "b") == f"{tmp_path} is not writable"
        assert home.made(tmp_path / "a") is None
    finally:
        tmp_path.chmod(0o755)


def test_scratch_is_one_folder_that_goes_at_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(home.tempfile, "tempdir", str(tmp_path))
    home.scratch.cache_clear()
    home.tidy()
    assert list(tmp_path.iterdir()) == []
    (home.scratch() / "export").touch()
    assert home.scratch() == next(tmp_path.iterdir())
    home.tidy()
    assert list(tmp_path.iterdir()) == []


def test_the_export_of_a_checkpoint_that_cannot_be_kept_lasts_as_long_as_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    export = pytest.importorskip("models.export", reason="needs PyTorch")
    checkpoint = pytest.importorskip("models.checkpoint")
    monkeypatch.setattr(checkpoint, "load_network", lambda path: None)
    monkeypatch.setattr(export, "export_onnx", lambda network, path, size: path.write_bytes(b"network"))
    (tmp_path / "x.ckpt").write_bytes(b"weights")
    monkeypatch.setenv("GREENLESS_HOME", os.devnull)
    try:
        exported = weights.onnx_for(tmp_path / "x.ckpt")
        assert exported.read_bytes() == b"network"
        assert weights.onnx_for(tmp_path / "x.ckpt") == exported
    finally:
        home.tidy()
    assert not exported.exists()
    monkeypatch.setattr(home.tempfile, "tempdir", os.devnull)
    with pytest.raises(WeightsError, match=r"cannot write .*GREENLESS_HOME"):
        weights.onnx_for(tmp_path / "x.ckpt")
