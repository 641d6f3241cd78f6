import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch

from models.checkpoint import load_network, save_network
from models.errors import ParityError, WeightsError
from models.export import Parity
from models.lite import Lite
from models.network_size import on_grid
from models.training import supervised
from models.training.settings import TrainSettings
from models.training.supervised import rate, train

SMALL = (32, 64)


@pytest.fixture
def settings(people: Path, rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSettings:
    monkeypatch.setattr(supervised, "SIDES", SMALL)
    monkeypatch.setattr(supervised, "FIRST_SIDES", SMALL)
    return TrainSettings(
        people=(people,), rooms=(rooms,), output=tmp_path / "run", steps=4, batch=2, report_every=2, workers=0
    )


@pytest.fixture
def unexported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings end without the ONNX file, which takes longer than they do."""
    monkeypatch.setattr(supervised, "export", lambda run: run.settings.output / "weights.onnx")


def stop_after(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a training die, as from a lost machine, right after it saved at ``step``."""
    save = supervised.Run.save

    def saving(run: supervised.Run) -> None:
        save(run)
        if run.step == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(supervised.Run, "save", saving)


@pytest.mark.slow
@pytest.mark.usefixtures("unexported")
def test_a_resumed_training_ends_like_an_undisturbed_one(
    settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(settings)
    broken = dataclasses.replace(settings, output=tmp_path / "broken")
    with monkeypatch.context() as patch:
        stop_after(2, patch)
        with pytest.raises(KeyboardInterrupt):
            train(broken)
    train(broken)
    whole, resumed = (load_network(folder / "weights.safetensors") for folder in (settings.output, broken.output))
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], tensor)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["another network", "cut short"])
def test_a_checkpoint_that_does_not_fit_is_an_error_that_names_it(settings: TrainSettings, damage: str) -> None:
    settings.output.mkdir()
    run = supervised.Run(settings)
    run.save()
    if damage == "cut short":
        run.checkpoint.write_bytes(run.checkpoint.read_bytes()[:1000])
    else:
        settings = dataclasses.replace(settings, network="modnet")
    with pytest.raises(WeightsError, match=rf"checkpoint\.pt is damaged, or no checkpoint of .* {settings.network}"):
        supervised.Run(settings).resume()


@pytest.mark.slow
def test_training_leaves_weights_an_onnx_file_and_a_log(settings: TrainSettings, people: Path) -> None:
    path = train(dataclasses.replace(settings, validation=people, validate_every=4))
    assert path == settings.output / "weights.onnx"
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    [matte] = session.run(None, {"input": np.zeros((1, 3, 64, 96), np.float32)})
    assert matte.shape == (1, 1, 64, 96)
    with (settings.output / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(float(row["total"]) > 0 for row in rows)
    assert [bool(row["iou"]) for row in rows] == [False, True]


def test_training_starts_from_given_weights_of_the_same_network_only(settings: TrainSettings, tmp_path: Path) -> None:
    torch.manual_seed(5)
    given, path = Lite(), tmp_path / "given.safetensors"
    save_network(given, path, {})
    run = supervised.Run(dataclasses.replace(settings, start=path))
    torch.testing.assert_close(run.network.state_dict(), given.state_dict())
    with pytest.raises(WeightsError, match="another network than modnet"):
        supervised.Run(dataclasses.replace(settings, start=path, network="modnet"))


@pytest.mark.parametrize(("side", "square_px"), [(10, 32), (79, 64), (80, 96), (144, 160), (320, 320)])
def test_images_have_the_sizes_at_which_a_network_runs(side: int, square_px: int) -> None:
    """Halves go up, as in ``models.network_size``."""
    assert supervised.shapes(side)[0] == (square_px, square_px)
    assert supervised.shapes(side)[1] == (on_grid(side / (16 / 9) ** 0.5), on_grid(side * (16 / 9) ** 0.5))


@pytest.mark.slow
@pytest.mark.usefixtures("unexported")
def test_pairs_of_sequences_train_against_flicker(settings: TrainSettings, sequences: Path) -> None:
    train(dataclasses.replace(settings, sequences=(sequences,), pairs_from=0.5))
    with (settings.output / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [bool(row["flicker"]) for row in rows] == [False, True]
    assert list((settings.output / "cache").glob("sequences-*.pack"))


@pytest.mark.slow
def test_steps_on_one_batch_lower_its_loss(settings: TrainSettings) -> None:
    run = supervised.Run(dataclasses.replace(settings, learning_rate=0.2, steps=10_000, pairs_from=1.0))
    image = torch.randint(0, 255, (2, 3, 32, 64), dtype=torch.uint8)
    matte = (image[:, :1] > 127).to(torch.uint8) * 255
    totals = [float(sum(run.advance(image, matte, torch.ones_like(matte)).values())) for _ in range(30)]
    assert totals[-1] < 0.9 * totals[0]


def test_the_rate_rises_then_falls_to_nothing(settings: TrainSettings) -> None:
    settings = dataclasses.replace(settings, steps=1000)
    rates = [rate(step, settings) for step in range(1001)]
    assert max(rates) == pytest.approx(settings.learning_rate, rel=0.2)
    assert rates[0] < rates[100] < rates[190] > rates[500] > rates[999] > rates[1000] == 0


def test_a_file_that_half_precision_would_spoil_is_stored_in_single(
    settings: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    halved: list[bool] = []

    def strict(_network: Any, path: Path, *, fp16_weights: bool = False, **_: Any) -> Parity:
        halved.append(fp16_weights)
        if fp16_weights:
            raise ParityError("too far")
        path.write_bytes(b"single")
        return Parity(max=0, mean=0, p99=0)

    monkeypatch.setattr(supervised, "export_onnx", strict)
    settings.output.mkdir()
    assert supervised.export(supervised.Run(settings)).read_bytes() == b"single"
    assert halved == [True, False]


@pytest.mark.slow
@pytest.mark.usefixtures("unexported")
def test_the_semantic_phase_leaves_the_fine_layers_as_they_are(settings: TrainSettings, tmp_path: Path) -> None:
    given, path = Lite(), tmp_path / "given.safetensors"
    save_network(given, path, {})
    train(dataclasses.replace(settings, start=path, phase="semantic"))
    trained, given_state = load_network(settings.output / "weights.safetensors").state_dict(), given.state_dict()
    changed = {name for name in trained if not torch.equal(trained[name], given_state[name])}
    assert any(name.startswith("encoder.enc32x_deep") for name in changed)
    assert not any(name.startswith(("encoder.enc2x", "encoder.enc4x", "hr_", "f_", "matte_head")) for name in changed)


@pytest.mark.slow
@pytest.mark.usefixtures("unexported")
def test_a_log_says_how_fast_it_goes_and_what_memory_it_takes(settings: TrainSettings) -> None:
    train(settings)
    with (settings.output / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert all(float(row["samples_per_s"]) > 0 for row in rows)
    assert all(float(row["memory_mb"]) > 10 for row in rows if row["memory_mb"] != "nan")


@pytest.mark.parametrize("supported", [True, False])
def test_warns_of_a_cpu_that_is_slow_in_bf16(
    settings: TrainSettings, supported: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: supported)
    supervised.Run(dataclasses.replace(settings, precision="bf16"))
    assert ("Use --precision f32" in caplog.text) is not supported


def test_depthwise_convolutions_stay_in_float32_under_bf16(settings: TrainSettings) -> None:
    """oneDNN computes them backwards in bfloat16 at half the speed."""
    run = supervised.Run(dataclasses.replace(settings, precision="bf16"))
    seen: dict[bool, set[torch.dtype]] = {True: set(), False: set()}
    for module in run.network.modules():
        if isinstance(module, torch.nn.Conv2d):
            depthwise = module.groups > 1
            module.register_forward_hook(lambda _, __, out, depthwise=depthwise: seen[depthwise].add(out.dtype))
    image = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    matte = torch.randint(0, 256, (2, 1, 64, 64), dtype=torch.uint8)
    run.advance(image, matte, torch.ones(2, 1, 64, 64, dtype=torch.uint8))
    assert seen == {True: {torch.float32}, False: {torch.bfloat16}}
