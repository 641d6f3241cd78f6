"""A network between two."""

import sys

import pytest
import torch

from models.checkpoint import load_network, save_network
from models.errors import WeightsError
from models.lite import Lite
from models.modnet import MODNet
from models.training import mixed


@pytest.fixture
def two(tmp_path):
    """Two checkpoints of one network."""
    paths = tmp_path / "before.safetensors", tmp_path / "after.safetensors"
    for seed, path in enumerate(paths):
        torch.manual_seed(seed)
        save_network(Lite(), path, {})
    return paths


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_tensor_lies_between_the_two(two, share, tmp_path, monkeypatch):
    output = tmp_path / "mixed.safetensors"
    monkeypatch.setattr(sys, "argv", ["mixed", *map(str, two), str(output), "--share", str(share)])
    mixed.main()
    before, after, between = (load_network(path).state_dict() for path in (*two, output))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    for name, tensor in between.items():
        if tensor.dtype.is_floating_point:
            torch.testing.assert_close(tensor, (1 - share) * before[name] + share * after[name])


def test_different_networks_are_refused(two, tmp_path):
    other = tmp_path / "modnet.safetensors"
    save_network(MODNet(), other, {})
    with pytest.raises(WeightsError, match="different networks"):
        mixed.mixed(two[0], other, 0.5)
