"""Weights are found by name and by path, fetched whole or not at all, and never taken for others."""

import errno
import io
import subprocess
import sys
from pathlib import Path

import pytest

from models import weights
from models.errors import WeightsError
from models.known import KNOWN, Known
from tests.models.weights_server import CONTENT, SHA256, Table


def test_fetched_weights_are_found_and_verified(table: Table, cache: Path) -> None:
    told: list[tuple[int, int]] = []
    path = weights.fetch("net", progress=lambda done, total: told.append((done, total)))
    assert path == cache / "net.onnx"
    assert path.read_bytes() == CONTENT
    assert weights.find("net") == weights.verify("net") == path
    assert list(cache.iterdir()) == [path]
    assert told[0][0] < told[-1][0] == len(CONTENT)
    assert {total for _, total in told} == {len(CONTENT)}


def test_a_redirect_is_followed(table: Table) -> None:
    table.serve("/moved")
    assert weights.fetch("net").read_bytes() == CONTENT


def test_what_is_there_is_not_fetched_again_and_what_is_damaged_is(table: Table, cache: Path) -> None:
    weights.fetch("net")
    table.serve("/missing")
    weights.fetch("net")
    (cache / "net.onnx").write_bytes(CONTENT[:-1])
    with pytest.raises(WeightsError, match="255999 bytes, expected"):
        weights.verify("net")
    with pytest.raises(WeightsError, match="404"):
        weights.fetch("net")
    table.serve("/file")
    assert weights.fetch("net").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/wrong", "differs from the pinned digest"),
        ("/cut", "the connection was lost"),
        ("/missing", "404 Client Error: Not Found"),
        ("http://127.0.0.1:1/file", "no connection to 127.0.0.1:1 .offline"),
    ],
)
def test_a_failed_fetch_leaves_nothing_and_says_how_to_go_on(
    table: Table, cache: Path, path: str, message: str
) -> None:
    table.serve(path)
    with pytest.raises(WeightsError, match=message) as caught:
        weights.fetch("net")
    assert "greenless weights import" in caught.value.cure
    assert not list(cache.glob("*"))
    with pytest.raises(WeightsError, match="greenless weights fetch net"):
        weights.find("net")
    table.serve("/file")
    assert weights.fetch("net").read_bytes() == CONTENT


def test_a_failed_fetch_keeps_what_was_there(table: Table, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "net.onnx").write_bytes(b"old")
    table.serve("/cut")
    with pytest.raises(WeightsError, match="cut"):
        weights.fetch("net")
    assert [(path.name, path.read_bytes()) for path in cache.iterdir()] == [("net.onnx", b"old")]


class FullDisk(io.FileIO):
    """Takes one write, then no more."""

    def write(self, content: object) -> int:
        if self.tell():
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(content)  # type: ignore[arg-type]


def test_a_full_disk_is_said_and_leaves_nothing(table: Table, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.download.open", FullDisk, raising=False)
    with pytest.raises(WeightsError, match=r"cannot write .*net\.onnx: No space left on device\. Free some space"):
        weights.fetch("net")
    assert not list(cache.glob("*"))


def test_an_interrupted_fetch_leaves_nothing(table: Table, cache: Path) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.fetch("net", progress=stop)
    assert not list(cache.glob("*"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nett", "no weights are called 'nett'. Did you mean net?"),
        ("xyz", "no weights are called 'xyz'. Known are net"),
        ("net", "net is not on this machine yet. greenless weights fetch net"),
        ("none.onnx", "there is no weights file none.onnx"),
        ("no/such.ckpt", "there is no weights file no/such.ckpt"),
        ("folder/file.txt", r"expected a .onnx, .* file, got folder/file.txt"),
    ],
)
def test_what_cannot_be_found_is_said(table: Table, name: str, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        weights.find(name)


@pytest.mark.parametrize("suffix", [".onnx", ".ckpt", ".pt", ".pth", ".safetensors"])
def test_a_path_is_found_as_it_is(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"own{suffix}"
    path.touch()
    assert weights.find(str(path)) == path
    monkeypatch.chdir(tmp_path)
    assert weights.find(path.name) == Path(path.name)


@pytest.fixture
def on_board(table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network on board, in a folder of the test's own."""
    folder = tmp_path / "pretrained"
    folder.mkdir()
    monkeypatch.setattr("models.weights._pretrained_folder", lambda: folder)
    table.set(Known(name="lite", file="lite.onnx", bytes=1, reference_size_px=288, summary=""))
    (folder / "lite.onnx").write_bytes(CONTENT)
    return folder


def test_the_network_on_board_is_found_without_a_fetch_and_verified_by_the_sums(on_board: Path) -> None:
    assert weights.find("lite") == weights.fetch("lite") == on_board / "lite.onnx"
    with pytest.raises(WeightsError, match=r"SHA256SUMS contains no sha256 of lite\.onnx"):
        weights.verify("lite")
    (on_board / "SHA256SUMS").write_text(f"{'0' * 64}  lite.safetensors\n{SHA256}  lite.onnx\n")
    assert weights.verify("lite") == on_board / "lite.onnx"
    (on_board / "lite.onnx").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="Reinstall greenless"):
        weights.verify("lite")


def test_a_missing_network_on_board_is_a_broken_installation(on_board: Path) -> None:
    (on_board / "lite.onnx").unlink()
    with pytest.raises(WeightsError, match="lite is missing from this installation"):
        weights.find("lite")


def test_the_wheel_folder_comes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "models"
    package.mkdir()
    monkeypatch.setattr("models.weights.__file__", str(package / "weights.py"))
    row = Known(name="lite", file="lite.onnx", bytes=1, summary="")
    assert weights.place(row) == tmp_path / "pretrained" / "lite.onnx"
    (package / "_pretrained").mkdir()
    assert weights.place(row) == package / "_pretrained" / "lite.onnx"


@pytest.mark.parametrize(
    ("name", "size_px"),
    [
        ("greenless-lite", 288),
        ("/any/where/greenless-lite.safetensors", 288),
        ("modnet-webcam", 512),
        ("modnet-photographic-ckpt", 512),
        ("my/own.onnx", 512),
    ],
)
def test_the_reference_size_is_the_trained_one_or_512(name: str, size_px: int) -> None:
    assert weights.reference_size(name) == size_px


@pytest.mark.parametrize(
    ("head", "size_px"),
    [
        (b'{"__metadata__": {"network": "lite"}}', 288),
        (b'{"__metadata__": {"network": "modnet"}}', 512),
        (b'{"__metadata__": {"network": "unheard of"}}', 512),
        (b'{"__metadata__": null}', 512),
        (b"[]", 512),
        (b"no JSON \xff", 512),
    ],
)
@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_own_weights_have_the_reference_size_of_their_network(
    head: bytes, size_px: int, suffix: str, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    assert weights.reference_size(str(tmp_path / f"mine{suffix}")) == size_px
    cache.mkdir(parents=True, exist_ok=True)
    (tmp_path / "mine.safetensors").rename(cache / "imported.safetensors")
    assert weights.reference_size(f"imported{suffix}") == size_px


def test_the_table_is_sound() -> None:
    assert [row.name for row in KNOWN if row.on_board] == ["greenless-lite", "greenless-lite-int8"]
    fetched = [row for row in KNOWN if not row.on_board]
    assert len({row.name for row in KNOWN}) == len({row.file for row in KNOWN}) == len(KNOWN)
    for row in fetched:
        assert row.url.startswith("https://")
        assert len(bytes.fromhex(row.sha256)) == 32
        assert row.bytes > 1_000_000
        assert Path(row.file).suffix == Path(row.url).suffix


def test_the_module_needs_neither_torch_nor_numpy() -> None:
    code = "import sys, models.weights; sys.exit(len({'torch', 'numpy', 'onnxruntime', 'requests'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("home", ["", "/elsewhere"])
def test_the_cache_is_the_users_unless_greenless_home_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("GREENLESS_HOME", home)
    folder = weights.cache_folder()
    assert folder == Path("/elsewhere/weights") if home else folder.parent.name == "greenless"
