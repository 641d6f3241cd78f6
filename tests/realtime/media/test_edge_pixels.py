import cv2
import numpy as np
import pytest

from realtime.media.edge_pixels import PixelRuns

RNG = np.random.default_rng(5)
SHAPES = [(1, 1), (30, 64), (7, 12), (9, 6), (40, 33)]


def spots(shape: tuple[int, int]) -> np.ndarray:
    """A few pixels here and there."""
    return (RNG.random(shape) < 0.1).astype(np.uint8)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_pixel_of_the_mask_is_taken_in_its_order(shape: tuple[int, int]) -> None:
    mask = spots(shape)
    runs = PixelRuns.of(mask)
    places = np.arange(mask.size, dtype=np.float32).reshape(shape)
    taken = runs.take(places)
    assert len(taken) == len(runs)
    assert set(np.flatnonzero(mask)) <= set(taken.astype(int).tolist())
    assert (np.diff(taken) > 0).all()
    assert len(runs) <= runs.length * mask.sum()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels", [(), (3,), (4,)])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_what_is_put_stands_where_it_was_taken_and_nowhere_else(shape, channels, kind) -> None:
    runs = PixelRuns.of(spots(shape))
    picture = RNG.integers(1, 255, (*shape, *channels)).astype(kind)
    copy = np.zeros_like(picture)
    runs.put(copy, runs.take(picture))
    seen = copy != 0
    assert seen.sum() == len(runs) * int(np.prod(channels))
    np.testing.assert_array_equal(copy[seen], picture[seen])


def test_colours_come_in_four_channels() -> None:
    picture = RNG.integers(0, 256, (20, 32, 3), np.uint8)
    runs = PixelRuns.of(np.ones((20, 32), np.uint8))
    colours = runs.colours(picture)
    assert colours.dtype == np.float32
    np.testing.assert_array_equal(colours[:, :3], picture.reshape(-1, 3))
    assert (colours[:, 3] == 255).all()


def test_under_a_coarse_mask_lie_the_runs_in_its_place() -> None:
    mask = np.zeros((9, 16), np.uint8)
    mask[3:5, 4:8] = 1
    covered = np.zeros((90, 160), np.uint8)
    runs = PixelRuns.under(mask, covered.shape)
    runs.put(covered, np.ones(len(runs), np.uint8))
    assert covered[30:50, 44:76].all()
    assert not covered[:29].any()
    assert not covered[51:].any()
    assert not covered[:, :36].any()
    assert not covered[:, 84:].any()


@pytest.mark.parametrize("width", [120, 123])
def test_reduced_pictures_are_sampled_where_their_pixels_stand(width: int) -> None:
    y, x = np.mgrid[:90, :width].astype(np.float32)
    mask = np.zeros((90, width), np.uint8)
    mask[2:88, 2 : width - 2] = 1
    runs = PixelRuns.of(mask)
    reduced = [cv2.resize(plane, (width // 3, 30), interpolation=cv2.INTER_AREA) for plane in (x, y)]
    for found, plane in zip(runs.sample(*reduced), (x, y), strict=True):
        far = (runs.take(x) > 1) & (runs.take(x) < width - 2)
        np.testing.assert_allclose(found[far], runs.take(plane)[far], atol=0.06)


def test_no_runs_at_all_are_taken_sampled_and_put() -> None:
    nothing, picture = PixelRuns.of(np.zeros((20, 32), np.uint8)), np.ones((20, 32, 3), np.uint8)
    assert len(nothing) == 0
    assert nothing.colours(picture).shape == (0, 4)
    assert [len(found) for found in nothing.sample(np.ones((5, 8, 4), np.float32))] == [0]
    nothing.put(picture, nothing.take(picture))
