"""Checkpoints in the released form and our own load; what is wrong with others is said."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from models.checkpoint import NETWORKS, load_network, save_network
from models.errors import WeightsError
from models.lite import Lite
from models.modnet import MODNet

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def modnet() -> MODNet:
    """A network none of whose tensors stands at its initial value."""
    torch.manual_seed(0)
    network = MODNet().eval()
    for name, tensor in network.state_dict().items():
        tensor.copy_(torch.randint(1, 9, ()) if name.endswith("tracked") else torch.rand(tensor.shape) / 8 + 0.01)
    return network


@pytest.fixture(scope="module")
def released(modnet: MODNet) -> State:
    """The state as the authors saved it: under DataParallel, the backbone twice."""
    state = {f"module.{name}": tensor for name, tensor in modnet.state_dict().items()}
    twice = {
        name.replace("module.", "module.lr_branch.", 1): tensor for name, tensor in state.items() if ".model." in name
    }
    return state | twice


def same(network: nn.Module, expected: nn.Module) -> bool:
    ours, theirs = network.state_dict(), expected.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("zipped", [False, True], ids=["legacy", "zip"])
def test_a_checkpoint_in_the_released_form_loads(tmp_path: Path, modnet: MODNet, released: State, zipped: bool) -> None:
    assert len(released) == 751
    path = tmp_path / "released.ckpt"
    torch.save(released, path, _use_new_zipfile_serialization=zipped)
    network = load_network(path)
    assert same(network, modnet)
    assert not any(module.training for module in network.modules())


@pytest.mark.parametrize("kept", ["backbone.", "lr_branch.backbone."])
def test_either_copy_of_the_backbone_is_enough(tmp_path: Path, modnet: MODNet, released: State, kept: str) -> None:
    one = {
        name: tensor for name, tensor in released.items() if ".model." not in name or name.startswith(f"module.{kept}")
    }
    assert len(one) == 439
    torch.save(one, tmp_path / "one.pth")
    assert same(load_network(tmp_path / "one.pth"), modnet)


@pytest.mark.parametrize("kind", NETWORKS.values(), ids=NETWORKS)
def test_a_saved_network_loads_with_its_metadata(tmp_path: Path, kind: type[nn.Module]) -> None:
    network, path = kind(), tmp_path / "own.safetensors"
    save_network(network, path, {"steps": "12"})
    assert same(load_network(path), network)
    with safetensors.safe_open(path, "pt") as file:
        assert file.metadata() == {"network": {MODNet: "modnet", Lite: "lite"}[kind], "steps": "12"}
    assert list(tmp_path.iterdir()) == [path]


def test_half_precision_is_read_as_single(tmp_path: Path) -> None:
    network = Lite().half()
    torch.save(network.state_dict(), tmp_path / "half.pt")
    loaded = load_network(tmp_path / "half.pt")
    assert {tensor.dtype for tensor in loaded.parameters()} == {torch.float32}
    assert same(loaded, network.float())


def without(state: State, name: str) -> State:
    return {key: tensor for key, tensor in state.items() if not key.endswith(name)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda state: without(state, "f_branch.conv_f2x.layers.0.bias"),
            r'Missing key.*"f_branch\.conv_f2x\.layers\.0\.bias"\.',
        ),
        (lambda state: without(state, "running_var"), r"Missing key.*running_var.*\.\.\."),
        (lambda state: state | {"module.f_branch.extra": torch.zeros(1)}, r'Unexpected key.*"f_branch\.extra"'),
        (
            lambda state: state | {"module.f_branch.conv_f.0.layers.0.bias": torch.zeros(3)},
            r"size mismatch for f_branch\.conv_f\.0\.layers\.0\.bias: .*\[3\].*\[16\]",
        ),
        (
            lambda state: state | {"module.backbone.model.features.0.1.bias": torch.zeros(32)},
            r"the two copies of backbone\.model\.features\.0\.1\.bias .* differ",
        ),
        (
            lambda _: {"conv1.weight": torch.zeros(1)},
            r"an unknown network: \['conv1\.weight'\]\. Known networks are modnet, lite",
        ),
        (lambda state: {"state_dict": state, "epoch": 3}, r"got \['state_dict', 'epoch'\]"),
        (lambda _: {}, r"got \[\]"),
        (lambda _: torch.zeros(3), r"got tensor\("),
        (lambda state: {**state, 7: torch.zeros(1)}, r"a network's tensors by name .*, got \['"),
    ],
    ids=[
        "missing key",
        "many missing",
        "extra key",
        "wrong shape",
        "copies differ",
        "stranger",
        "nested",
        "empty",
        "tensor",
        "number for a name",
    ],
)
def test_tensors_that_do_not_fit_are_named(
    tmp_path: Path, released: State, change: Callable[[State], object], message: str
) -> None:
    path = tmp_path / "odd.ckpt"
    torch.save(change(released), path)
    with pytest.raises(WeightsError, match=message) as caught:
        load_network(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5, 0.99, 0.9999])
@pytest.mark.parametrize("kind", ["legacy", "zip", "safetensors"])
def test_a_truncated_file_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    path = tmp_path / ("cut.safetensors" if kind == "safetensors" else "cut.ckpt")
    if kind == "safetensors":
        save_network(Lite(), path, {})
    else:
        torch.save(Lite().state_dict(), path, _use_new_zipfile_serialization=kind == "zip")
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(WeightsError, match="damaged or no checkpoint"):
        load_network(path)


@pytest.mark.parametrize("suffix", [".ckpt", ".safetensors"])
@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"<!DOCTYPE html>\n<html></html>",
        b"\x80\x02}q\x00.",
        bytes(1000),
        bytes(range(256)) * 8,
        b"PK\x03\x04nozip",
    ],
    ids=["text", "html", "small pickle", "zeros", "bytes", "zip start"],
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"other{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=f"other{suffix}"):
        load_network(path)


class Trap:
    """Touches a file when it is unpickled by a reader that trusts it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("zipped", [False, True], ids=["legacy", "zip"])
def test_code_in_a_pickle_is_never_run(tmp_path: Path, zipped: bool) -> None:
    path, touched = tmp_path / "trap.ckpt", tmp_path / "touched"
    torch.save({"weight": Trap(touched)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match="more than tensors"):
        load_network(path)
    assert not touched.exists()


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.ckpt", tmp_path):
        with pytest.raises(WeightsError, match=f"no weights file {path}"):
            load_network(path)
