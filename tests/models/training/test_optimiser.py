import copy

import torch
from torch import nn

from models.training.optimiser import Optimiser


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(8, 16, 3, bias=False), nn.BatchNorm2d(16), nn.Conv2d(16, 16, 3, groups=16), nn.Conv2d(16, 1, 1)
    )
    return layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def backward(layers: nn.Module) -> None:
    layers(torch.rand(2, 8, 16, 16)).square().mean().backward()


def test_every_parameter_moves_and_a_matrix_moves_evenly_in_all_directions() -> None:
    layers = network()
    before = [p.detach().clone() for p in layers.parameters()]
    optimiser = Optimiser(layers, 0.0)
    backward(layers)
    optimiser.step(0.01)
    moved = [now.detach() - old for now, old in zip(layers.parameters(), before, strict=True)]
    assert all(
        step.abs().max() > 0 for step, p in zip(moved, layers.parameters(), strict=True) if p.grad.abs().max() > 0
    )
    strengths = torch.linalg.svdvals(moved[0].flatten(1))
    assert strengths.max() < 2.5 * strengths[:8].min()


def test_without_gradients_nothing_moves() -> None:
    layers = network()
    optimiser = Optimiser(layers, 0.0)
    backward(layers)
    optimiser.clear()
    before = [p.detach().clone() for p in layers.parameters()]
    optimiser.step(0.1)
    assert all(torch.equal(now, old) for now, old in zip(layers.parameters(), before, strict=True))


def test_a_resumed_optimiser_steps_like_the_one_that_was_saved() -> None:
    first, second = network(), network()
    one, other = Optimiser(first, 0.01), Optimiser(second, 0.01)
    torch.manual_seed(1)
    backward(first)
    one.step(0.01)
    second.load_state_dict(first.state_dict())
    other.load_state_dict(copy.deepcopy(one.state_dict()))  # PyTorch would share the momenta
    for layers, optimiser in ((first, one), (second, other)):
        torch.manual_seed(2)
        optimiser.clear()
        backward(layers)
        optimiser.step(0.01)
    torch.testing.assert_close(first.state_dict(), second.state_dict())
