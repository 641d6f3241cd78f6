"""The encoder has the depth, widths, strides and names of the released one."""

import pytest
import torch
from torch import nn

from models.backbone import Backbone, InvertedResidual, initialise


def test_it_counts_as_the_released_backbone() -> None:
    backbone = Backbone()
    assert len(backbone.state_dict()) == 312
    assert len(backbone.model["features"]) == 19
    assert sum(isinstance(module, nn.Conv2d) for module in backbone.modules()) == 52


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("features.0.0.weight", (32, 3, 3, 3)),
        ("features.0.1.running_var", (32,)),
        ("features.1.conv.0.weight", (32, 1, 3, 3)),
        ("features.1.conv.3.weight", (16, 32, 1, 1)),
        ("features.2.conv.0.weight", (96, 16, 1, 1)),
        ("features.2.conv.3.weight", (96, 1, 3, 3)),
        ("features.2.conv.7.bias", (24,)),
        ("features.17.conv.6.weight", (320, 960, 1, 1)),
        ("features.18.0.weight", (1280, 320, 1, 1)),
    ],
)
def test_names_and_shapes_are_the_released_ones(name: str, shape: tuple[int, ...]) -> None:
    with torch.device("meta"):
        assert tuple(Backbone().model.state_dict()[name].shape) == shape


def test_taps_have_their_strides_and_widths() -> None:
    with torch.device("meta"):
        taps = Backbone()(torch.empty(2, 3, 64, 96))
    assert [tuple(tap.shape) for tap in taps] == [(2, 16, 32, 48), (2, 24, 16, 24), (2, 1280, 2, 3)]


@pytest.mark.parametrize(("stride", "outputs", "residual"), [(1, 8, True), (2, 8, False), (1, 16, False)])
def test_a_block_adds_its_input_only_where_the_shape_stays(stride: int, outputs: int, residual: bool) -> None:
    block = InvertedResidual(8, outputs, stride=stride, expansion=6).eval()
    last_norm = block.conv[-1]
    assert isinstance(last_norm, nn.BatchNorm2d)
    nn.init.zeros_(last_norm.weight)
    image = torch.randn(1, 8, 6, 6)
    out = block(image)
    assert torch.equal(out, image if residual else torch.zeros_like(out))


def test_initialise_zeroes_biases_and_spreads_weights_by_fan_in() -> None:
    layer = nn.Conv2d(24, 16, 3)
    initialise(layer)
    assert layer.bias is not None
    assert not layer.bias.any()
    bound = (6 / (24 * 9)) ** 0.5
    assert 0.95 * bound < layer.weight.abs().max().item() <= bound
