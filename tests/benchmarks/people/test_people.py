"""The brushes of the rendered sample: what the truth of its alpha rests on."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.people.appearance import KINDS, look
from benchmarks.people.hair import BOX, Strands, draw, grow
from benchmarks.people.motion import pose
from benchmarks.people.paint import Light, curve, grid, lit, noise, over, ramp, size_px, sprite, srgb
from benchmarks.people.room import room
from benchmarks.people.styles import style

LIGHT = Light(side=1.0, key=(1, 1, 1), fill=(0.1, 0.1, 0.1), ambient=(0.1, 0.1, 0.1))


def test_a_grid_fills_its_box_however_the_size_rounds() -> None:
    u, v = grid((-0.5, -0.3, 0.5, 0.4), 33.3)
    assert u.shape == v.shape == size_px((-0.5, -0.3, 0.5, 0.4), 33.3)[::-1]
    assert u.mean() == pytest.approx(0, abs=1e-6)
    assert v.mean() == pytest.approx(0.05, abs=1e-6)
    assert v[0, 0] - (v[1, 0] - v[0, 0]) / 2 == pytest.approx(-0.3)


@pytest.mark.parametrize("scale", [10, 7])
def test_a_sprite_keeps_coverage_and_straight_colour(scale: int) -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[33:71, 20:47] = 1
    colour = np.full((100, 100, 3), 0.25, np.float32)
    layer = sprite(colour, alpha, (0, 0, 1, 1), scale).layer
    assert layer.shape == (scale, scale, 4)
    assert layer[..., 3].mean() == pytest.approx(alpha.mean(), rel=1e-4)
    assert np.allclose(layer[..., :3], 0.25 * layer[..., 3:], atol=1e-6)


def test_over_is_porter_and_duffs() -> None:
    back = np.array([[[0.5, 0.5, 0.5, 0.5]]], np.float32)
    over(back, np.array([[[0.3, 0.0, 0.0, 0.4]]], np.float32))
    assert np.allclose(back, [[[0.6, 0.3, 0.3, 0.7]]])


def test_a_curve_goes_through_its_points_and_does_not_overshoot() -> None:
    points = ((0.0, 0.0), (1.0, 1.0), (2.0, 1.0), (3.0, 0.2))
    x = np.linspace(0, 3, 301).astype(np.float32)
    y = curve(points, x)
    assert np.allclose([y[0], y[100], y[200], y[300]], [0, 1, 1, 0.2], atol=1e-5)
    assert y.max() <= 1 + 1e-5
    assert y.min() >= -1e-5


def test_ramps_fall_where_low_is_above_high() -> None:
    x = np.array([-1, 0.5, 2], np.float32)
    assert np.allclose(ramp(0, 1, x), [0, 0.5, 1])
    assert np.allclose(ramp(1, 0, x), [1, 0.5, 0])


def test_noise_is_smooth_even_and_repeatable() -> None:
    x, y = np.meshgrid(*2 * [np.linspace(0, 40, 160).astype(np.float32)])
    values = noise(x, y, 3, 2)
    assert np.array_equal(values, noise(x, y, 3, 2))
    assert 0.4 < values.mean() < 0.6
    assert np.abs(np.diff(values, axis=1)).max() < 0.5


def test_light_falls_from_its_side() -> None:
    grey = np.full((1, 2, 3), 0.5, np.float32)
    normals = np.array([[[0.7, 0, 0.7], [-0.7, 0, 0.7]]], np.float32)
    towards, away = lit(grey, normals, LIGHT)[0, :, 1]
    assert towards > 2 * away


def test_srgb_never_burns_out() -> None:
    assert srgb(np.array([0, 1, 10], np.float32)).max() <= 1


def test_strands_start_and_end_at_the_given_points() -> None:
    knots = np.array([[[0, 0]], [[0, 1]], [[1, 1]], [[2, 0]]], np.float32)
    strand = grow(knots)[0]
    assert np.allclose(strand[0], [0, 0], atol=1e-3)
    assert np.allclose(strand[-1], [2, 0], atol=0.02)


def test_a_strand_thinner_than_a_pixel_covers_its_share() -> None:
    line = np.array([[[-0.5, 0.0], [0.5, 0.0]]], np.float32)
    covered = []
    for width in (0.004, 0.001):
        strand = Strands(points=line, width=width, shade=np.ones(1, np.float32))
        covered.append(draw(look(0), [strand], 300)[1].mean())
    assert covered[1] == pytest.approx(covered[0] * 0.001 / 0.004, rel=0.35)


def test_a_strand_takes_nothing_from_what_it_lies_on() -> None:
    line = np.array([[[-0.5, 0.0], [0.5, 0.0]]], np.float32)
    thick = Strands(points=line, width=0.05, shade=np.ones(1, np.float32), flat=True)
    thin = Strands(points=line, width=0.0005, shade=np.ones(1, np.float32), flat=True)
    assert np.array_equal(draw(look(0), [thick, thin], 200)[1], draw(look(0), [thick], 200)[1])


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_hair_stays_on_its_canvas_and_is_the_same_every_time(seed: int) -> None:
    hair, again = style(look(seed)), style(look(seed))
    for strands, same in zip(hair.behind + hair.before, again.behind + again.before, strict=True):
        assert np.array_equal(strands.points, same.points)
        inside = (strands.points > BOX[:2]).all(-1) & (strands.points < BOX[2:]).all(-1)
        assert inside.mean() > 0.999
    assert hair.before or look(seed).hair == "bald"


def test_later_seeds_vary_the_kinds() -> None:
    assert len({look(8 * i).skin.tobytes() for i in range(12)}) == 12
    assert {look(i).clothes for i in range(8, 60)} == {"tee", "shirt", "hoodie", "turtleneck", "blazer"}


@pytest.mark.parametrize("seed", range(20))
def test_poses_stay_human_and_smooth(seed: int) -> None:
    poses = [pose(seed, t / 30) for t in range(300)]
    assert max(abs(p.head[0]) for p in poses) < 0.2
    assert max(abs(p.roll) for p in poses) < 0.15
    assert max(abs(a.head[0] - b.head[0]) for a, b in pairwise(poses)) < 0.02


@pytest.mark.parametrize(("width_px", "height_px"), [(160, 90), (120, 90), (90, 160)])
def test_a_room_fills_any_shape_and_has_its_window_where_the_light_comes_from(width_px: int, height_px: int) -> None:
    left, right = (room(3, width_px, height_px, side) for side in (-1.0, 1.0))
    assert left.shape == right.shape == (height_px, width_px, 3)
    half = width_px // 2
    assert left[:, :half].mean() > left[:, half:].mean() + 10
    assert right[:, half:].mean() > right[:, :half].mean() + 10
