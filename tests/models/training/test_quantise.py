"""A network of two convolutions, made here, whose int8 twin must give the same matte."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import numpy_helper  # noqa: E402

from models.errors import GreenlessError, WeightsError  # noqa: E402
from models.files import digest  # noqa: E402
from models.training import quantise  # noqa: E402
from models.training.quantise import Comparison  # noqa: E402


def run(path: Path, height_px: int, width_px: int) -> np.ndarray:
    image = np.random.default_rng(9).uniform(-1, 1, (1, 3, height_px, width_px)).astype(np.float32)
    return quantise._run(quantise._session(path), image)


def test_the_twin_gives_the_same_matte_at_any_size(network: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    twin = tmp_path / "twin.onnx"
    quantise.quantise(network, twin, quantise.picture_files(folders[0]))
    for size in ((64, 96), (32, 160)):
        assert np.abs(run(twin, *size) - run(network, *size)).mean() < 0.01


def test_weights_have_seven_bits_and_a_scale_per_channel(
    network: Path, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    twin = tmp_path / "twin.onnx"
    quantise.quantise(network, twin, quantise.picture_files(folders[0]))
    arrays = {i.name: numpy_helper.to_array(i) for i in onnx.load(twin).graph.initializer}
    kernels = [array for array in arrays.values() if array.ndim == 4]
    assert sorted(kernel.dtype.name for kernel in kernels) == ["float32", "int8"]  # the first one stays
    assert max(int(np.abs(kernel.astype(int)).max()) for kernel in kernels if kernel.dtype == np.int8) == 64
    assert any("head" in name and "scale" in name and array.shape == (4,) for name, array in arrays.items())


def test_logits_are_not_rounded(network: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    twin = tmp_path / "twin.onnx"
    quantise.quantise(network, twin, quantise.picture_files(folders[0]))
    assert len(np.unique(run(twin, 64, 96))) > 2000  # rounded ones would be 256 at most


def test_no_pictures_and_no_network_leave_no_file(network: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no pictures to calibrate on"):
        quantise.quantise(network, tmp_path / "twin.onnx", [])
    with pytest.raises(GreenlessError, match="no images in"):
        quantise.picture_files(tmp_path / "nowhere")
    assert not (tmp_path / "twin.onnx").exists()


def test_a_twin_says_at_its_end_what_it_was_made_of(network: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    twin = tmp_path / "twin.onnx"
    quantise.quantise(network, twin, quantise.picture_files(folders[0]))
    assert digest(network).encode() in twin.read_bytes()[-1024:]


def test_the_sum_of_the_twin_is_noted_where_sums_are_kept(tmp_path: Path) -> None:
    (tmp_path / "b.onnx").write_bytes(b"twin")
    quantise.note_sum(tmp_path / "b.onnx")
    assert not (tmp_path / "SHA256SUMS").exists()
    (tmp_path / "SHA256SUMS").write_text("old  b.onnx\nother  a.onnx\n")
    quantise.note_sum(tmp_path / "b.onnx")
    assert (tmp_path / "SHA256SUMS").read_text() == f"other  a.onnx\n{digest(tmp_path / 'b.onnx')}  b.onnx\n"


@pytest.mark.parametrize(
    ("mad_int8", "ms_int8", "why_not"),
    [
        (0.0102, 15.0, ""),
        (0.0105, 15.0, "MAD grows by 5.0%, allowed are 5%"),
        (0.0100, 20.0, "it takes 20.0 ms, the float network 20.0 ms"),
        (float("nan"), 15.0, "MAD grows by nan%, allowed are 5%"),
    ],
)
def test_the_gate(mad_int8: float, ms_int8: float, why_not: str) -> None:
    found = Comparison(mad_float=0.01, mad_int8=mad_int8, processor_ms_float=20.0, processor_ms_int8=ms_int8)
    assert found.refusal() == why_not


@pytest.mark.parametrize("faster", [True, False])
def test_the_command_writes_the_twin_only_if_it_is_worth_it(
    network: Path,
    folders: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    faster: bool,
) -> None:
    monkeypatch.setattr(quantise, "_processor_ms", lambda _: [20.0, 10.0 if faster else 30.0])
    images, mattes = folders
    output = tmp_path / "out" / "tiny-int8.onnx"
    words = [str(network), "--pictures", images, "--images", images, "--mattes", mattes, "--output", output]
    monkeypatch.setattr(sys, "argv", ["quantise", *map(str, words)])
    assert quantise.main() == (0 if faster else 1)
    assert output.exists() == faster
    said = json.loads(capsys.readouterr().out)
    assert said["kept"] == faster
    assert said["why_not"] == ("" if faster else "it takes 30.0 ms, the float network 20.0 ms")
