"""One grid for the product, the evaluation and the export."""

import pytest

from models.evaluation import evaluation_size
from models.network_size import GRID_PX, on_grid
from realtime.matting import resize
from realtime.matting.saving import skip_and_crop


@pytest.mark.parametrize(
    ("side_px", "expected"), [(0.1, 32), (47.9, 32), (48, 64), (79, 64), (80, 96), (112, 128), (288, 288), (4095, 4096)]
)
def test_a_side_goes_to_the_nearest_multiple_halves_up(side_px: float, expected: int) -> None:
    assert on_grid(side_px) == expected


def test_the_evaluation_rounds_every_side_as_the_product_does() -> None:
    assert resize.on_grid is skip_and_crop.on_grid is on_grid
    for side_px in range(1, 4097):
        found = evaluation_size(side_px, side_px, area_px=side_px * side_px)
        assert found == (on_grid(side_px), on_grid(side_px))
        assert found[0] % GRID_PX == 0
