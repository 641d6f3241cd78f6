"""greenless weights: what it says and returns; the work itself is tested with models.weights."""

from pathlib import Path

import pytest

from models import weights
from models.errors import DigestMismatch
from realtime.cli import main


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network that is fetched in the course of a test."""
    path = tmp_path / "fetched.onnx"
    path.write_bytes(b"network")
    return path


def test_list_tells_what_is_here_and_what_is_to_fetch(capsys: pytest.CaptureFixture[str]) -> None:
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
            raise DigestMismatch("it is damaged", cure="Fetch it anew")
        return network

    monkeypatch.setattr(weights, "verify", verify)
    assert main(["weights", "verify"]) == 1
    assert capsys.readouterr().out == f"ok    {network}\n" * 2 + "fail  it is damaged. Fetch it anew\n"
    assert main(["weights", "verify", "greenless-lite"]) == 0


def test_import_tells_the_name_to_use(
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
