"""greenless-lite stays as small as it was made to be, of layers that every runtime fuses, and wired like MODNet."""

import copy

import pytest
import torch
from torch import nn

from models.lite import Lite, deeper
from models.training.count import count_macs

FUSED = {nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.Sigmoid}


@pytest.fixture(scope="module")
def network() -> Lite:
    torch.manual_seed(0)
    return Lite().eval()


def test_it_is_small(network: Lite) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) <= 4e6
    assert count_macs(network, (288, 512)) <= 1.82e9  # 1.35 times its first design without the deeper blocks


def test_the_deeper_blocks_start_as_the_identity() -> None:
    features = torch.rand(1, 16, 8, 12) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(deeper(16, 2, hidden=32).eval()(features), features)


def test_the_coarse_outputs_train_the_coarse_layers_alone(network: Lite) -> None:
    network = copy.deepcopy(network).train()
    coarse = network.semantics(torch.rand(2, 3, 64, 96) * 2 - 1)
    assert [tuple(part.shape) for part in coarse] == [(2, 1, 4, 6), (2, 1, 8, 12)]
    torch.stack([part.sum() for part in coarse]).sum().backward()
    trained = {name.partition(".")[0] for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert not any(name.startswith(("hr_", "f_", "detail", "matte")) for name in trained)
    assert network.encoder.enc4x[0][0].weight.grad is None
    assert network.encoder.enc32x_deep[0].body[0][0].weight.grad is not None


def test_its_layers_are_those_that_runtimes_fuse(network: Lite) -> None:
    leaves = {type(layer) for layer in network.modules() if not list(layer.children())}
    assert leaves <= FUSED


@pytest.mark.parametrize("size", [(64, 96), (288, 512), (32, 32)])
def test_branches_agree_with_forward_and_have_their_sizes(network: Lite, size: tuple[int, int]) -> None:
    height, width = size
    image = torch.rand(2, 3, height, width) * 2 - 1
    with torch.no_grad():
        branches, matte = network.branches(image), network(image)
    assert branches.semantic.shape == (2, 1, height // 16, width // 16)
    assert branches.detail.shape == branches.matte.shape == matte.shape == (2, 1, height, width)
    torch.testing.assert_close(branches.matte, matte)
    for output in branches:
        assert output.min() >= 0
        assert output.max() <= 1


def test_pictures_of_a_batch_do_not_see_each_other(network: Lite) -> None:
    first, second = torch.rand(2, 1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(network(torch.cat([first, second]))[:1], network(first), rtol=1e-4, atol=1e-5)
