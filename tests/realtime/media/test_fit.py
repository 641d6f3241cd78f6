import numpy as np
import pytest

from realtime.media.fit import fit


def quarters(width: int, height: int) -> np.ndarray:
    """Left half blue, right half red; upper half with green."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = 200
    picture[:, width // 2 :, 2] = 200
    picture[: height // 2, :, 1] = 100
    return picture


@pytest.mark.parametrize("how", ["cover", "contain", "stretch"])
@pytest.mark.parametrize("size", [(64, 48), (48, 64), (31, 17), (200, 10), (1, 1)])
def test_the_result_has_the_size_asked_for(how: str, size: tuple[int, int]) -> None:
    fitted = fit(quarters(40, 30), width_px=size[0], height_px=size[1], how=how)
    assert fitted.shape == (size[1], size[0], 3)
    assert fitted.dtype == np.uint8


def test_a_picture_of_the_right_size_is_passed_on_as_it_is() -> None:
    picture = quarters(40, 30)
    assert fit(picture, width_px=40, height_px=30, how="cover") is picture


def test_contain_shows_all_between_black_bars() -> None:
    fitted = fit(quarters(40, 40), width_px=80, height_px=40, how="contain")
    assert not fitted[:, :20].any()
    assert not fitted[:, 60:].any()
    np.testing.assert_array_equal(fitted[:, 20:60], quarters(40, 40))


def test_cover_fills_all_and_cuts_both_sides_alike() -> None:
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 20:60] = 255
    assert (fit(wide, width_px=40, height_px=40, how="cover") == 255).all()


def test_stretch_bends_the_picture() -> None:
    fitted = fit(quarters(40, 40), width_px=80, height_px=20, how="stretch")
    np.testing.assert_array_equal(fitted[2, [5, 75]], [[200, 100, 0], [0, 100, 200]])
    np.testing.assert_array_equal(fitted[17, [5, 75]], [[200, 0, 0], [0, 0, 200]])


@pytest.mark.parametrize("how", ["cover", "contain", "stretch"])
def test_a_line_of_pixels_fits_a_tall_frame(how: str) -> None:
    assert fit(np.full((1, 1000, 3), 9, np.uint8), width_px=10, height_px=1000, how=how).shape == (1000, 10, 3)


def test_what_is_made_smaller_is_averaged_and_does_not_flicker() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (abs(fit(stripes, width_px=16, height_px=16, how="cover").astype(int) - 100) <= 1).all()


@pytest.mark.parametrize(("width_px", "height_px"), [(64, 64), (8, 8), (40, 8)])
def test_what_is_transparent_does_not_tint_the_rim(width_px: int, height_px: int) -> None:
    person = np.zeros((17, 17, 4), np.uint8)
    person[4:12, 4:12] = (30, 90, 210, 255)
    fitted = fit(person, width_px=width_px, height_px=height_px, how="stretch")
    assert set(np.unique(fitted[..., 3])) > {0, 255}
    seen = fitted[fitted[..., 3] > 0].astype(int)
    assert abs(seen[:, :3] - (30, 90, 210)).max() <= 1
    assert fitted[..., 3].mean() == pytest.approx(person[..., 3].mean(), rel=0.05)


def test_a_side_that_keeps_its_length_does_not_spoil_the_averaging() -> None:
    stripes = np.zeros((16, 64, 3), np.uint8)
    stripes[:, ::4] = 200
    assert (fit(stripes, width_px=16, height_px=16, how="stretch") == 50).all()
