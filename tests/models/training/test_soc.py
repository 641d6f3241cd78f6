"""SOC: its terms against values worked out by hand, and what an adaptation leaves alone."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.prediction import Prediction
from models.training import soc
from models.training.soc import adapt, disagreement, edges, freeze_norms, soc_loss


def full(value: float, size: int = 64) -> Tensor:
    return torch.full((1, 1, size, size), value)


def half(size: int = 64) -> Tensor:
    """A matte whose left half is a person."""
    matte = torch.zeros(1, 1, size, size)
    matte[..., : size // 2] = 1
    return matte


class Tiny(nn.Module):
    """Three branches of four channels, with both kinds of norm."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.InstanceNorm2d(4), nn.ReLU())
        self.heads = nn.Conv2d(4, 3, 1)

    def branches(self, image: Tensor) -> Prediction:
        semantic, detail, matte = torch.sigmoid(self.heads(self.body(image))).split(1, dim=1)
        return Prediction(F.avg_pool2d(semantic, 16), detail, matte)


class Threshold(nn.Module):
    """Takes light for the person; each branch has its own idea of how light a person is."""

    def __init__(self, semantic: float, matte: float) -> None:
        super().__init__()
        self.of_semantic, self.of_matte = nn.Parameter(torch.tensor(semantic)), nn.Parameter(torch.tensor(matte))

    def branches(self, image: Tensor) -> Prediction:
        grey = image.mean(1, keepdim=True)
        fine = torch.sigmoid(8 * (grey - self.of_matte))
        return Prediction(torch.sigmoid(8 * (F.avg_pool2d(grey, 16) - self.of_semantic)), fine, fine)


def pictures(count: int) -> list[Tensor]:
    torch.manual_seed(0)
    return [torch.rand(1, 3, 32, 48) * 2 - 1 for _ in range(count)]


def test_the_branches_are_drawn_towards_each_other() -> None:
    semantic, matte = full(0.3, 4).requires_grad_(), full(0.5).requires_grad_()
    value = disagreement(Prediction(semantic, matte, matte))
    assert float(value.detach()) == pytest.approx(100 * (0.2**2 + 0.2**2))
    torch.autograd.backward(value)
    assert semantic.grad is not None
    assert matte.grad is not None
    assert float(semantic.grad.sum()) == pytest.approx(-100 * 2 * 0.2, rel=1e-4)
    assert float(matte.grad.sum()) == pytest.approx(100 * 2 * 0.2, rel=1e-4)


def test_what_says_next_to_nothing_is_a_target_of_zero() -> None:
    value = disagreement(Prediction(full(0.005, 4), full(0.5), full(0.5)))
    assert float(value) == pytest.approx(100 * ((0.5 - 0.005) ** 2 + 0.5**2))


@pytest.mark.parametrize(("size", "columns"), [(64, [31, 32]), (80, [38, 39, 40, 41]), (16, [7, 8])])
def test_the_band_is_the_square_of_a_twentieth_round_the_edge(size: int, columns: list[int]) -> None:
    """Squares of 3, 4 and, where a twentieth is less than 2 px, 2; one of even side reaches further before."""
    band = edges(half(size), torch.ones(1, 1, size // 16, size // 16))
    found = band[0, 0, size // 2].nonzero().flatten().tolist()
    assert set(found) <= set(columns)
    assert len(found) == {64: 2, 80: 3, 16: 1}[size]
    assert torch.equal(band, band[:, :, :1].expand_as(band))


def test_only_what_both_branches_hold_for_a_person_has_an_edge() -> None:
    assert not edges(half(), torch.full((1, 1, 4, 4), 0.05)).any()


def test_the_frozen_copy_holds_detail_and_matte_within_the_band() -> None:
    semantic, matte = torch.ones(1, 1, 4, 4), half()
    band = edges(matte, semantic)
    near, far = matte - 0.2 * band, matte - 0.2 * (1 - band)
    terms = soc_loss(Prediction(semantic, matte, matte), Prediction(semantic, near, far))
    assert float(terms["detail"]) == pytest.approx(0.2)
    assert float(terms["matte"]) == 0


def test_a_picture_of_nobody_gives_numbers() -> None:
    nobody = Prediction(full(0.0, 4), full(0.0), full(0.0))
    terms = soc_loss(nobody, Prediction(full(0.0, 4), full(0.3), full(0.3)))
    assert {name: float(term) for name, term in terms.items()} == {"semantic": 0, "detail": 0, "matte": 0}


def test_norm_layers_stay_as_they_are_and_so_does_the_network_that_is_given() -> None:
    network = Tiny()
    given = copy.deepcopy(network.state_dict())
    adapted = adapt(network, pictures(2), epochs=2, learning_rate=0.01)
    torch.testing.assert_close(network.state_dict(), given)
    for name, tensor in adapted.state_dict().items():
        assert torch.equal(tensor, given[name]) == name.startswith("body.1"), name
    assert not adapted.training
    assert all(parameter.requires_grad for parameter in adapted.parameters())


def test_norm_layers_are_frozen_in_training() -> None:
    network = Tiny().train()
    freeze_norms(network)
    network.branches(pictures(1)[0])
    assert not network.body[1].running_mean.any()
    assert network.body[0].training


def test_the_frozen_copy_is_renewed_at_the_start_of_each_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    apart: list[float] = []

    def watched(prediction: Prediction, frozen: Prediction) -> dict[str, Tensor]:
        apart.append(float((prediction.matte - frozen.matte).abs().max().detach()))
        return soc_loss(prediction, frozen)

    monkeypatch.setattr(soc, "soc_loss", watched)
    adapt(Tiny(), pictures(2), epochs=3, learning_rate=0.01)
    assert apart[0::2] == pytest.approx([0, 0, 0], abs=1e-6)
    assert min(apart[1::2]) > 1e-4


def test_a_matte_that_a_dim_camera_broke_gets_better_by_what_the_semantic_branch_sees() -> None:
    """The person is at 0.2, the room at -0.6; the matte's branch is used to persons of 0.4 and more."""
    seen, met = torch.full((2, 1, 3, 64, 64), -0.6)
    seen[..., 16:48, 8:56], met[..., 8:56, 16:48] = 0.2, 0.2
    network = Threshold(-0.2, 0.4)
    adapted = adapt(network, [met], epochs=40, learning_rate=0.02)
    with torch.no_grad():
        before, after = network.branches(seen), adapted.branches(seen)  # type: ignore[operator]
    assert float(disagreement(after)) < 0.5 * float(disagreement(before))
    true = (seen[:, :1] > 0).float()
    assert float((after.matte - true).abs().mean()) < 0.95 * float((before.matte - true).abs().mean())


def test_progress_counts_every_step() -> None:
    told: list[tuple[int, int]] = []
    adapt(Tiny(), pictures(2), epochs=2, learning_rate=0.0, progress=lambda step, steps: told.append((step, steps)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
