"""greenless weights: what it says and returns; the work itself is tested with models.weights."""

from pathlib import Path

import pytest

from models import as_onnx, weights
from models.errors import WeightsError
from realtime.cli import main


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network that is fetched in the course of a test."""
    path = tmp_path / "fetched.onnx"
    path.write_bytes(b"network")
    return path


def test_list_shows_what_is_here_and_what_can_be_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    folder = weights.cache_folder()
    folder.mkdir(parents=True)
    (folder / "modnet-webcam.onnx").touch()
    (folder / "mine.onnx").touch()
    assert main(["weights", "list"]) == 0
    states = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert states.keys() == {row.name for row in weights.KNOWN} | {"mine.onnx"}
    assert " here " in states["modnet-webcam"]
    assert " to fetch " in states["modnet-photographic"]
    assert " imported " in states["mine.onnx"]
    for row in filter(lambda row: row.on_board, weights.KNOWN):  # megabytes of the file itself
        assert f" {weights.place(row).stat().st_size / 1e6:.1f} MB " in states[row.name]
    assert " 25.9 MB " in states["modnet-photographic"]


def test_the_size_of_bundled_weights_is_that_of_their_file(capsys: pytest.CaptureFixture[str]) -> None:
    size = weights.find("greenless-lite").stat().st_size
    assert main(["weights", "fetch", "greenless-lite"]) == 0
    assert f"greenless-lite: {size / 1e6:.1f} MB, licence" in capsys.readouterr().err


def test_fetch_says_size_licence_and_source_before_it_starts(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch(name: str, *, progress: weights.Progress) -> Path:
        assert "25.9 MB, licence Apache-2.0, from https://" in capsys.readouterr().err
        progress(1, 2)
        return network

    monkeypatch.setattr(weights, "fetch", fetch)
    assert main(["weights", "fetch", "modnet-webcam"]) == 0
    assert capsys.readouterr().out == f"{network}\n"


def test_fetching_an_unknown_name_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "fetch", "modnet-webcan"]) == 2
    assert "Did you mean modnet-webcam" in capsys.readouterr().err


def test_verify_goes_through_all_that_are_here_and_fails_if_one_is_damaged(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = weights.cache_folder() / "modnet-webcam.onnx"
    damaged.parent.mkdir(parents=True)
    damaged.touch()

    def verify(name: str) -> Path:
        if name == "modnet-webcam":
            raise WeightsError("it is damaged", cure="Fetch it anew")
        return network

    monkeypatch.setattr(weights, "verify", verify)
    assert main(["weights", "verify"]) == 1
    assert capsys.readouterr().out == f"ok    {network}\n" * 2 + "fail  it is damaged. Fetch it anew\n"
    assert main(["weights", "verify", "greenless-lite"]) == 0


def test_import_prints_the_name_to_use(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(weights, "import_file", lambda path: weights.cache_folder() / path.name)
    assert main(["weights", "import", str(network)]) == 0
    assert capsys.readouterr().out == "imported; use it with: --weights fetched.onnx\n"


def test_importing_what_is_missing_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "import", str(tmp_path / "none.onnx")]) == 2
    err = capsys.readouterr().err
    assert "greenless: error: there is no weights file" in err
    assert "Check the path" in err


def test_export_copies_what_is_onnx_already(
    tiny_network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "new" / "mine.onnx"
    assert main(["weights", "export", str(tiny_network), "-o", str(output)]) == 0
    assert output.read_bytes() == tiny_network.read_bytes()
    assert capsys.readouterr() == (f"{output}\n", f"use it with: --weights {output}\n")
    assert main(["weights", "export", "greenless-lite", "-o", str(tmp_path / "lite.onnx")]) == 0
    assert capsys.readouterr().err == f"use it with: --weights {tmp_path / 'lite.onnx'} --reference-size 288\n"
    assert (tmp_path / "lite.onnx").read_bytes() == weights.find("greenless-lite").read_bytes()


def test_export_turns_a_checkpoint_into_onnx_and_says_what_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="a checkpoint is PyTorch's")
    from models import checkpoint, export

    monkeypatch.setattr(checkpoint, "load_network", lambda path: f"the network in {path.name}")
    monkeypatch.setattr(export, "export_onnx", lambda network, path, *, size: path.write_text(f"{network} at {size}"))
    own, output = tmp_path / "own.ckpt", tmp_path / "mine.onnx"
    own.touch()
    assert main(["weights", "export", str(own), "-o", str(output), "--size", "512x288"]) == 0
    assert output.read_text() == "the network in own.ckpt at (288, 512)"
    assert capsys.readouterr().err.startswith("greenless: reading own.ckpt with PyTorch\n")


@pytest.mark.slow
def test_an_exported_checkpoint_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch = pytest.importorskip("torch", reason="a checkpoint is PyTorch's")
    from models.lite import Lite
    from models.structure import check_onnx

    torch.save(Lite().state_dict(), tmp_path / "own.ckpt")
    output = tmp_path / "mine.onnx"
    assert main(["weights", "export", str(tmp_path / "own.ckpt"), "-o", str(output)]) == 0
    check_onnx(output)
    said = capsys.readouterr().err
    assert "greenless: PyTorch exports the network to ONNX\n" in said
    assert "greenless: comparing ONNX Runtime with PyTorch on images\n" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "mine.txt"], "expected a .onnx file to write, got mine.txt. Type -o mine.txt.onnx"),
        (["-o", "there.onnx"], "there.onnx already exists. Name another file, or replace it: --force"),
        (["-o", "light.onnx", "--force"], "light.onnx is the file to export. Name another file: -o FILE"),
        (["-o", "mine.onnx", "--size", "512"], "expected --size WIDTHxHEIGHT, got '512'. Type --size 512x288"),
        (["-o", "mine.onnx", "--size", "500x288"], "expected a size in multiples of 32 px, got 500x288"),
        (["-o", "mine.onnx", "--size", "0x0"], "expected a size in multiples of 32 px, got 0x0"),
        (["-o", "mine.onnx", "--size", "64x64"], "is an ONNX file, so its size cannot be set"),
    ],
)
def test_what_cannot_be_exported_is_an_error_and_writes_nothing(
    words: list[str],
    message: str,
    tiny_network: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.onnx").write_text("mine")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert main(["weights", "export", str(tiny_network), *words]) == 2
    assert message in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_export_replaces_a_file_if_forced(tiny_network: Path, tmp_path: Path) -> None:
    output = tmp_path / "mine.onnx"
    output.write_text("old")
    as_onnx.write_onnx(tiny_network, output, replace=True)
    assert output.read_bytes() == tiny_network.read_bytes()


def test_a_network_that_needs_a_file_beside_it_is_not_copied_alone(
    tiny_network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_network.with_suffix(".toml").touch()
    assert main(["weights", "export", str(tiny_network), "-o", str(tmp_path / "mine.onnx")]) == 2
    assert "needs light.toml beside it. Copy both files" in capsys.readouterr().err
