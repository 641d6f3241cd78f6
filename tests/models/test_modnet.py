"""MODNet has the released network's size, cost, names and wiring."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.modnet import CIR, IBNorm, MODNet
from models.training.count import count_macs


@pytest.fixture(scope="module")
def network() -> MODNet:
    torch.manual_seed(0)
    return MODNet().eval()


def test_it_has_the_published_number_of_parameters(network: MODNet) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) == 6_487_075
    assert len(network.state_dict()) == 439


@pytest.mark.parametrize(
    ("size_px", "gmac"),
    [
        ((512, 512), 15.47),
        ((288, 512), 8.70),
        ((512, 896), 27.06),
    ],
)
def test_it_costs_the_published_operations(network: MODNet, size_px: tuple[int, int], gmac: float) -> None:
    assert count_macs(network, size_px) / 1e9 == pytest.approx(gmac, abs=0.0055)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("backbone.model.features.18.1.weight", (1280,)),
        ("lr_branch.se_block.fc.0.weight", (320, 1280)),
        ("lr_branch.se_block.fc.2.weight", (1280, 320)),
        ("lr_branch.conv_lr16x.layers.0.weight", (96, 1280, 5, 5)),
        ("lr_branch.conv_lr8x.layers.1.bnorm.running_mean", (16,)),
        ("lr_branch.conv_lr.layers.0.bias", (1,)),
        ("hr_branch.tohr_enc2x.layers.0.weight", (32, 16, 1, 1)),
        ("hr_branch.conv_enc2x.layers.0.weight", (32, 35, 3, 3)),
        ("hr_branch.tohr_enc4x.layers.0.weight", (32, 24, 1, 1)),
        ("hr_branch.conv_enc4x.layers.1.bnorm.num_batches_tracked", ()),
        ("hr_branch.conv_hr4x.0.layers.0.weight", (64, 99, 3, 3)),
        ("hr_branch.conv_hr4x.2.layers.0.weight", (32, 64, 3, 3)),
        ("hr_branch.conv_hr2x.3.layers.0.weight", (32, 32, 3, 3)),
        ("hr_branch.conv_hr.1.layers.0.weight", (1, 32, 1, 1)),
        ("f_branch.conv_lr4x.layers.0.weight", (32, 32, 5, 5)),
        ("f_branch.conv_f2x.layers.0.weight", (32, 64, 3, 3)),
        ("f_branch.conv_f.0.layers.0.weight", (16, 35, 3, 3)),
        ("f_branch.conv_f.1.layers.0.bias", (1,)),
    ],
)
def test_names_and_shapes_are_the_released_ones(network: MODNet, name: str, shape: tuple[int, ...]) -> None:
    assert tuple(network.state_dict()[name].shape) == shape


@torch.no_grad()
def test_branches_agree_with_forward_and_have_their_sizes(network: MODNet) -> None:
    image = torch.rand(2, 3, 64, 96) * 2 - 1
    semantic, detail, matte = network.branches(image)
    assert [tuple(part.shape) for part in (semantic, detail, matte)] == [(2, 1, 4, 6), (2, 1, 64, 96), (2, 1, 64, 96)]
    assert torch.equal(network(image), matte)
    assert all(part.min() >= 0 and part.max() <= 1 for part in (semantic, detail, matte))


@torch.no_grad()
def test_forward_leaves_the_training_heads_out(network: MODNet) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a training head ran")

    heads = (network.lr_branch.conv_lr, network.hr_branch.conv_hr)
    handles = [head.register_forward_pre_hook(refuse) for head in heads]
    try:
        network(torch.zeros(1, 3, 32, 32))
        with pytest.raises(AssertionError, match="training head"):
            network.branches(torch.zeros(1, 3, 32, 32))
    finally:
        for handle in handles:
            handle.remove()


def half(image: Tensor) -> Tensor:
    """A bilinear halving without aligned corners: the mean of each 2x2."""
    return F.avg_pool2d(image, 2)


def quarter(image: Tensor) -> Tensor:
    """A bilinear quartering: the mean of the middle 2x2 of each 4x4."""
    return F.avg_pool2d(image[:, :, 1:-1, 1:-1], 2, stride=4)


def whole(image: Tensor) -> Tensor:
    return image


@pytest.mark.parametrize(
    ("layer", "channels", "picture"),
    [
        ("hr_branch.conv_enc2x", slice(0, 3), half),
        ("hr_branch.conv_hr4x.0", slice(96, 99), quarter),
        ("hr_branch.conv_hr.0", slice(32, 35), whole),
        ("f_branch.conv_f.0", slice(32, 35), whole),
    ],
)
def test_the_picture_joins_in_the_released_order(
    network: MODNet, layer: str, channels: slice, picture: Callable[[Tensor], Tensor]
) -> None:
    image = torch.rand(1, 3, 32, 64)
    seen = _inputs(network, image, layer)
    torch.testing.assert_close(seen[:, channels], picture(image))


@pytest.mark.parametrize(
    ("layer", "channels", "source"),
    [
        ("hr_branch.conv_enc4x", slice(0, 32), "hr_branch.conv_enc2x"),
        ("hr_branch.conv_enc4x", slice(32, 64), "hr_branch.tohr_enc4x"),
        ("hr_branch.conv_hr4x.0", slice(0, 64), "hr_branch.conv_enc4x"),
        ("hr_branch.conv_hr2x.0", slice(32, 64), "hr_branch.tohr_enc2x"),
        ("f_branch.conv_f2x", slice(32, 64), "hr_branch.conv_hr2x"),
    ],
)
def test_features_join_in_the_released_order(network: MODNet, layer: str, channels: slice, source: str) -> None:
    image = torch.rand(1, 3, 32, 64)
    made: list[Tensor] = []
    handle = network.get_submodule(source).register_forward_hook(lambda _layer, _inputs, output: made.append(output))
    seen = _inputs(network, image, layer)
    handle.remove()
    assert torch.equal(seen[:, channels], made[0])


@torch.no_grad()
def _inputs(network: MODNet, image: Tensor, layer: str) -> Tensor:
    seen: list[Tensor] = []
    handle = network.get_submodule(layer).register_forward_pre_hook(
        lambda _layer, inputs: seen.append(inputs[0].clone())
    )
    network.branches(image)
    handle.remove()
    return seen[0]


@torch.no_grad()
def test_ibnorm_norms_the_first_half_by_batch_statistics_and_the_rest_by_the_picture() -> None:
    norm = IBNorm(6).eval()
    assert norm.bnorm.running_mean is not None
    norm.bnorm.running_mean.fill_(2)
    features = torch.randn(1, 6, 8, 8) * 5 + 2
    out = norm(features)
    torch.testing.assert_close(out[:, :3], (features[:, :3] - 2) / (1 + 1e-5) ** 0.5)
    torch.testing.assert_close(out[:, 3:].mean(dim=(2, 3)), torch.zeros(1, 3), atol=1e-5, rtol=0)
    assert set(norm.state_dict()) == {f"bnorm.{name}" for name in nn.BatchNorm2d(3).state_dict()}


def test_a_head_is_the_convolution_alone() -> None:
    assert [type(layer) for layer in CIR(4, 1, 1, head=True).layers] == [nn.Conv2d]


def test_counting_leaves_the_network_as_it_is(network: MODNet) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    count_macs(network, (32, 32))
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert not any(layer._forward_hooks for layer in network.modules())
