"""The figures against cases that were worked out by hand."""

import math
import subprocess
import sys

import numpy as np
import pytest

from models import metrics
from models.metrics import Alpha


def alpha(*rows: list[float]) -> Alpha:
    return np.array(rows, np.float32)


TRUE = alpha([0, 0, 1, 1], [0, 0.5, 1, 1])
PREDICTED = alpha([0, 0.25, 1, 1], [0, 1, 1, 0])
EDGE = np.array([[0, 1, 0, 0], [0, 1, 0, 0]], bool)
NOWHERE = np.zeros((2, 4), bool)


@pytest.mark.parametrize(
    ("name", "overall", "at_the_edge"),
    [
        ("mad", (0.25 + 0.5 + 1) / 8, 0.75 / 2),
        ("mse", (0.0625 + 0.25 + 1) / 8, 0.3125 / 2),
        ("sad", 1.75 / 1000, 0.75 / 1000),
        ("iou", 3 / 5, 0.0),
    ],
)
def test_pixel_figures_are_those_worked_out_by_hand(name: str, overall: float, at_the_edge: float) -> None:
    figure = getattr(metrics, name)
    assert figure(PREDICTED, TRUE) == pytest.approx(overall)
    assert figure(PREDICTED, TRUE, EDGE) == pytest.approx(at_the_edge)


@pytest.mark.parametrize("name", ["mad", "mse", "sad", "grad", "conn", "iou"])
def test_an_empty_band_has_nothing_to_measure(name: str) -> None:
    assert math.isnan(getattr(metrics, name)(PREDICTED, TRUE, NOWHERE))


@pytest.mark.parametrize("name", ["mad", "mse", "sad", "grad", "conn"])
def test_a_perfect_matte_has_no_error(name: str) -> None:
    matte = np.random.default_rng(0).random((20, 30), np.float32)
    assert getattr(metrics, name)(matte, matte) == pytest.approx(0, abs=1e-12)


def test_iou_of_two_empty_mattes_is_one_and_of_one_empty_matte_zero() -> None:
    empty, full = np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32)
    assert metrics.iou(empty, empty) == 1
    assert metrics.iou(empty, full) == 0


def test_gradient_of_a_ramp_is_its_slope_times_the_first_moment_of_the_kernel() -> None:
    ramp = np.tile(np.linspace(0, 1, 41, dtype=np.float32), (41, 1))
    middle = np.zeros(ramp.shape, bool)
    middle[20, 20] = True
    offsets = np.arange(-4, 5)
    bell = np.exp(-(offsets**2) / (2 * 1.4**2))
    moment = bell.sum() * (offsets**2 * bell).sum() / np.sqrt((bell**2).sum() * ((offsets * bell) ** 2).sum())
    expected = (moment / 40) ** 2 / 1000
    assert metrics.grad(ramp, np.zeros_like(ramp), middle) == pytest.approx(expected, rel=1e-4)
    assert metrics.grad(ramp.T.copy(), np.zeros_like(ramp), middle) == pytest.approx(expected, rel=1e-4)


def test_conn_counts_an_island_and_forgives_the_connected() -> None:
    true = np.zeros((5, 9), np.float32)
    true[1:4, 1:4] = 1
    island = true.copy()
    island[2, 7] = 1
    assert metrics.conn(island, true) == pytest.approx(1 / 1000)
    softer = true.copy()
    softer[2, 2] = 0.9
    assert metrics.conn(softer, true) == 0


def test_conn_measures_the_height_above_the_connected_level() -> None:
    true = np.ones((3, 3), np.float32)
    predicted = true.copy()
    predicted[1, 1] = 0.35
    # Connected up to 0.3; the truth stands 0.7 above that, the prediction 0.05, which is forgiven.
    assert metrics.conn(predicted, true) == pytest.approx(0.7 / 1000, rel=1e-5)


def test_conn_follows_only_the_four_neighbours() -> None:
    true = np.zeros((4, 4), np.float32)
    true[0:2, 0:2] = true[2, 2] = 1
    fainter = true.copy()
    fainter[2, 2] = 0.9
    # The corner touches the square across a diagonal only, so nothing connects it and its whole height counts.
    assert metrics.conn(fainter, true) == pytest.approx(0.1 / 1000, rel=1e-5)


@pytest.mark.parametrize(
    ("height", "half_width"), [(50, 1), (66, 1), (100, 1), (167, 2), (200, 3)], ids=lambda value: f"{value}"
)
def test_the_band_is_a_square_of_3_percent_round_the_edge(height: int, half_width: int) -> None:
    true = np.zeros((height, 2 * height), np.float32)
    true[:, height:] = 1
    band = metrics.unknown_band(true)
    expected = np.zeros_like(band)
    expected[:, height - half_width : height + half_width] = True
    assert np.array_equal(band, expected)


def test_the_band_leaves_out_differences_up_to_the_threshold() -> None:
    true = np.zeros((40, 40), np.float32)
    true[:, 20:] = 0.05
    assert not metrics.unknown_band(true).any()
    true[:, 20:] = 0.06
    assert metrics.unknown_band(true).any()


def test_dtssd_sees_flicker_but_no_steady_error() -> None:
    true, next_true = alpha([0, 0, 0, 0]), alpha([0, 0, 0, 1])
    assert metrics.dtssd(true + 0.2, true, next_true + 0.2, next_true) == pytest.approx(0, abs=1e-6)
    assert metrics.dtssd(true, true, alpha([0.4, 0, 0, 1]), next_true) == pytest.approx(math.sqrt(0.16 / 4))


def test_messddt_follows_the_motion() -> None:
    true, predicted = alpha([0, 1, 0, 0]), alpha([0, 0.5, 0, 0])
    next_true, next_predicted = alpha([0, 0, 1, 0]), alpha([0, 0, 0.5, 0])
    still, moving = np.zeros((1, 4, 2), np.float32), np.zeros((1, 4, 2), np.float32)
    moving[..., 0] = 1
    assert metrics.messddt(predicted, true, next_predicted, next_true, moving) == pytest.approx(0, abs=1e-6)
    assert metrics.messddt(predicted, true, next_predicted, next_true, still) == pytest.approx((0.25 + 0.25) / 4)


def test_messddt_leaves_out_what_moves_out_of_the_picture() -> None:
    true = alpha([0, 0, 0, 1])
    away = np.zeros((1, 4, 2), np.float32)
    away[..., 0] = 1
    wrong = alpha([0, 0, 0, 0])
    assert metrics.messddt(wrong, true, true, true, away) == pytest.approx(0, abs=1e-6)


def test_the_warp_error_sees_a_matte_that_stays_behind_its_picture() -> None:
    matte, moved = alpha([0, 1, 0, 0]), alpha([0, 0, 1, 0])
    right = np.zeros((1, 4, 2), np.float32)
    right[..., 0] = 1
    assert metrics.warp_error(matte, moved, right) == pytest.approx(0, abs=1e-6)
    # Followed to the right the matte is 0, 0, 0, and the last pixel leaves the picture.
    assert metrics.warp_error(matte, matte, right) == pytest.approx((1 + 1) / 3)
    assert metrics.warp_error(matte, matte, right, np.array([[1, 0, 0, 0]], bool)) == pytest.approx(1)
    assert math.isnan(metrics.warp_error(matte, matte, right, np.array([[0, 0, 0, 1]], bool)))


def test_grad_is_that_of_a_plain_slow_loop() -> None:
    predicted, true = np.random.default_rng(1).random((2, 9, 11), np.float32)
    reach = range(-4, 5)
    bell = {i: math.exp(-i * i / (2 * 1.4**2)) for i in reach}
    length = math.sqrt(sum((bell[v] * u * bell[u]) ** 2 for u in reach for v in reach))

    def slope(matte: Alpha, y: int, x: int) -> float:
        along = {"x": 0.0, "y": 0.0}
        for v in reach:
            for u in reach:
                value = float(matte[min(max(y + v, 0), 8), min(max(x + u, 0), 10)])
                along["x"] += value * bell[v] * u * bell[u] / length
                along["y"] += value * bell[u] * v * bell[v] / length
        return math.hypot(along["x"], along["y"])

    expected = sum((slope(predicted, y, x) - slope(true, y, x)) ** 2 for y in range(9) for x in range(11)) / 1000
    assert metrics.grad(predicted, true) == pytest.approx(expected, rel=1e-4)


def test_conn_is_that_of_a_plain_slow_loop() -> None:
    noise = np.random.default_rng(2).random((2, 12, 14)).astype(np.float32)
    # Smoothed a little, so that regions join and part from level to level.
    predicted, true = ((m + np.roll(m, 1, 0) + np.roll(m, 1, 1)) / 3 for m in noise)
    lower = np.minimum(predicted, true)

    def largest_region(reached: float) -> set[tuple[int, int]]:
        left = {(y, x) for y in range(12) for x in range(14) if lower[y, x] >= np.float32(reached)}
        regions: list[set[tuple[int, int]]] = []
        for start in sorted(left):
            if start not in left:
                continue
            region, edge = set(), [start]
            while edge:
                y, x = edge.pop()
                if (y, x) in left:
                    left.remove((y, x))
                    region.add((y, x))
                    edge += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
            regions.append(region)
        return max(regions, key=len, default=set())

    regions = [largest_region(step / 10) for step in range(1, 11)]
    expected = 0.0
    for y in range(12):
        for x in range(14):
            level = next((step for step, region in enumerate(regions) if (y, x) not in region), 10) / 10
            heights = [float(matte[y, x]) - level for matte in (predicted, true)]
            ours, theirs = (1 - height if height >= 0.15 else 1.0 for height in heights)
            expected += abs(ours - theirs)
    assert expected > 1
    assert metrics.conn(predicted, true) == pytest.approx(expected / 1000, rel=1e-4)


def test_messddt_is_that_of_a_plain_slow_loop() -> None:
    rng = np.random.default_rng(3)
    predicted, true, next_predicted, next_true = rng.random((4, 8, 9)).astype(np.float32)
    flow = rng.uniform(-2, 2, (8, 9, 2)).astype(np.float32)
    error, next_error = (predicted - true) ** 2, (next_predicted - next_true) ** 2
    changes = []
    for y in range(8):
        for x in range(9):
            u, v = x + float(flow[y, x, 0]), y + float(flow[y, x, 1])
            if not (0 <= u <= 8 and 0 <= v <= 7):
                continue
            left, top = min(int(u), 7), min(int(v), 6)
            p, q = u - left, v - top
            upper = (1 - p) * next_error[top, left] + p * next_error[top, left + 1]
            lower = (1 - p) * next_error[top + 1, left] + p * next_error[top + 1, left + 1]
            changes.append(abs(error[y, x] - ((1 - q) * upper + q * lower)))
    # OpenCV rounds the places between pixels to 1/32.
    assert metrics.messddt(predicted, true, next_predicted, next_true, flow) == pytest.approx(
        float(np.mean(changes)), rel=0.02
    )


def test_metrics_need_no_torch() -> None:
    code = "import sys, models.evaluation, models.shake, models.steadiness; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
