"""Weights are found by name and by path, fetched whole or not at all, and never taken for others."""

import errno
import hashlib
import http.server
import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models import weights
from models.errors import WeightsError
from models.known import KNOWN, Known

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the path: the file, other bytes, half of it, a redirect, or 404."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/file")
            self.end_headers()
            return
        bodies = {"/file": CONTENT, "/wrong": CONTENT[::-1], "/cut": CONTENT}
        if self.path not in bodies:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        body = bodies[self.path]
        self.wfile.write(body[: len(body) // 2] if self.path == "/cut" else body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http_server.server_port}"
        http_server.shutdown()
        thread.join()


class Table:
    """A table of known weights that a test writes itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, server: str) -> None:
        self._monkeypatch = monkeypatch
        self._row = Known(name="net", file="net.onnx", url=f"{server}/file", sha256=SHA256, bytes=1, summary="")

    def set(self, *rows: Known) -> None:
        self._monkeypatch.setattr("models.known.KNOWN", rows)
        self._monkeypatch.setattr("models.weights.KNOWN", rows)

    def serve(self, path: str) -> None:
        """Make the one known file come from ``path`` of the server."""
        base = self._row.url.rpartition("/")[0]
        self.set(replace(self._row, url=path if path.startswith("http") else base + path))


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, server: str) -> Table:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Table(monkeypatch, server)
    made.serve("/file")
    return made


@pytest.fixture
def cache(greenless_home: Path) -> Path:
    return greenless_home / "weights"


def onnx_file(path: Path, *, channels: int = 3, outputs: int = 1) -> Path:
    """Write a network whose matte is the mean of its channels."""
    names = ["output", "second"][:outputs]
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["input"], [name], axes=[1]) for name in names],
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", channels, "H", "W"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 1, "H", "W"]) for name in names],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


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
        ("/missing", "the server answered 404 Not Found"),
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


def test_both_pinned_digests_count(table: Table, server: str) -> None:
    row = Known(name="net", file="net.ckpt", url=f"{server}/file", sha256=SHA256, bytes=1, summary="")
    table.set(replace(row, sha384=hashlib.sha384(b"").hexdigest()))
    with pytest.raises(WeightsError, match="sha384"):
        weights.fetch("net")
    table.set(replace(row, sha384=hashlib.sha384(CONTENT).hexdigest()))
    assert weights.fetch("net").read_bytes() == CONTENT


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


def test_known_weights_are_imported_by_their_digest_whatever_they_are_called(
    table: Table, cache: Path, tmp_path: Path
) -> None:
    got_elsewhere = tmp_path / "model (1).onnx"
    got_elsewhere.write_bytes(CONTENT)
    assert weights.import_file(got_elsewhere) == cache / "net.onnx" == weights.verify("net")


def test_own_weights_are_imported_under_their_name(cache: Path, tmp_path: Path) -> None:
    own = onnx_file(tmp_path / "own.onnx")
    assert weights.import_file(own) == cache / "own.onnx"
    own.unlink()
    assert weights.find("own.onnx") == cache / "own.onnx"
    assert weights.import_file(cache / "own.onnx") == cache / "own.onnx"


def test_own_weights_that_lie_in_a_second_file_are_not_imported(cache: Path, tmp_path: Path) -> None:
    weight = onnx.numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float32), "weight")
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input", "weight"], ["output"])],
        "two files",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 1, "H", "W"])],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "own.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="own.onnx.data", size_threshold=0)
    assert (tmp_path / "own.onnx.data").exists()
    with pytest.raises(WeightsError, match=r"in another file beside it.*--weights .*own\.onnx"):
        weights.import_file(path)
    assert list(cache.glob("*")) == []


@pytest.mark.parametrize("home", ["file", "file/below"])
def test_a_cache_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GREENLESS_HOME", str(tmp_path / home))
    with pytest.raises(WeightsError, match=r"cannot write .*GREENLESS_HOME"):
        weights.import_file(onnx_file(tmp_path / "own.onnx"))


@pytest.mark.parametrize("name", ["net.onnx", "NET.onnx"])
def test_a_stranger_under_a_known_name_is_refused(table: Table, cache: Path, tmp_path: Path, name: str) -> None:
    stranger = onnx_file(tmp_path / name)
    with pytest.raises(WeightsError, match="has the name of net, but"):
        weights.import_file(stranger)
    assert not cache.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("text.onnx", "damaged or not an ONNX file"),
        ("grey.onnx", r"not a matting network: .* found input \('N', 1, 'H', 'W'\)"),
        ("two.onnx", "not a matting network: .* second"),
        ("text.ckpt", "damaged or no checkpoint"),
        ("text.safetensors", "damaged or no checkpoint"),
        ("text.txt", "expected a .onnx"),
        ("none.onnx", "there is no weights file"),
    ],
)
def test_what_is_no_matting_network_is_not_imported(cache: Path, tmp_path: Path, name: str, message: str) -> None:
    path = tmp_path / name
    match path.stem:
        case "text":
            path.write_text("hello")
        case "grey":
            onnx_file(path, channels=1)
        case "two":
            onnx_file(path, outputs=2)
    with pytest.raises(WeightsError, match=message):
        weights.import_file(path)
    assert not cache.exists()


def test_a_checkpoint_is_exported_once_and_kept_by_its_digest(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports: list[Path] = []

    def export_onnx(network: str, path: Path, *, size: None) -> None:
        exports.append(path)
        onnx_file(path)

    monkeypatch.setattr("models.checkpoint.load_network", lambda path: f"network of {path}")
    monkeypatch.setattr("models.export.export_onnx", export_onnx)
    checkpoint = tmp_path / "own.ckpt"
    checkpoint.write_bytes(CONTENT)
    exported = weights.onnx_for(checkpoint)
    assert exported == cache / "exported" / f"own-{SHA256}.onnx"
    assert weights.onnx_for(checkpoint) == exported
    assert len(exports) == 1
    checkpoint.write_bytes(CONTENT[::-1])
    assert weights.onnx_for(checkpoint) != exported
    assert weights.onnx_for(exported) == exported


def test_a_checkpoint_without_pytorch_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("models.checkpoint", "models.export"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    for module in ("torch", "safetensors", "onnx"):
        monkeypatch.setitem(sys.modules, module, None)
    checkpoint = tmp_path / "own.ckpt"
    checkpoint.write_bytes(CONTENT)
    for use in (weights.onnx_for, weights.import_file):
        with pytest.raises(WeightsError, match=r"is not installed\. Install it with: pip install 'greenless\[torch\]'"):
            use(checkpoint)


def test_the_table_is_sound() -> None:
    assert [row.name for row in KNOWN if row.on_board] == ["greenless-lite", "greenless-lite-int8"]
    fetched = [row for row in KNOWN if not row.on_board]
    assert len({row.name for row in KNOWN}) == len({row.file for row in KNOWN}) == len(KNOWN)
    for row in fetched:
        assert row.url.startswith("https://")
        assert len(bytes.fromhex(row.sha256)) == 32
        assert len(bytes.fromhex(row.sha384)) == (48 if "openvinotoolkit" in row.url else 0)
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
