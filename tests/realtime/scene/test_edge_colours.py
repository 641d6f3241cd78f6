"""The person's own colours, against persons whose colours are known."""

import cv2
import numpy as np
import pytest

from benchmarks.people.sample import Truth
from realtime.frame import Frame, Pixels
from realtime.scene.edge_colours import clean, cut_out
from realtime.scene.rim import Rim


def framed(pixels: Pixels) -> Frame:
    return Frame(pixels=pixels, index=0, captured_s=0.0)


def cleaned(pixels: Pixels, rim: Rim, reduced_px: int = 90) -> Pixels:
    return cut_out(pixels, rim, clean(framed(pixels), rim, reduced_px=reduced_px))


def colour_error(found: Pixels, truth: Truth, rim: Rim) -> float:
    """Mean error of the rim's colours as a composite shows it: by alpha."""
    error = np.abs(rim.runs.colours(found) - rim.runs.colours(truth.foreground))[:, :3].mean(1)
    return float((error * rim.alpha[:, 0])[rim.inside > 0].mean())


@pytest.mark.parametrize("reduced_px", [90, 180, 360])
def test_the_rooms_colour_is_at_least_halved_in_the_rim_of_a_drawn_person(hair: Truth, reduced_px: int) -> None:
    rim = Rim.of(hair.alpha)
    plain = colour_error(cut_out(hair.pixels, rim), hair, rim)
    found = cleaned(hair.pixels, rim, reduced_px=reduced_px)
    assert colour_error(found, hair, rim) < 0.5 * plain


def test_a_matte_with_small_faults_still_gives_better_colours_than_the_cameras(hair: Truth) -> None:
    rim = Rim.of(cv2.GaussianBlur(hair.alpha, (0, 0), 1.5))
    plain = colour_error(cut_out(hair.pixels, rim), hair, rim)
    found = cleaned(hair.pixels, rim)
    assert colour_error(found, hair, rim) < 0.7 * plain


def test_of_plain_colours_most_of_the_rooms_share_is_gone() -> None:
    alpha = np.zeros((180, 320), np.float32)
    cv2.circle(alpha, (160, 90), 50, 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 4)
    person, room = np.array([40, 90, 200], np.float32), np.array([180, 220, 30], np.float32)
    pixels = np.rint(alpha[..., None] * person + (1 - alpha[..., None]) * room).astype(np.uint8)
    rim = Rim.of(alpha)
    found = cleaned(pixels, rim)
    edge = (alpha > 0.1) & (alpha < 0.9)
    before, after = (np.abs(picture[edge] - person).mean() for picture in (pixels, found))
    assert after < 0.4 * before


def test_only_the_rim_is_touched(hair: Truth) -> None:
    rim = Rim.of(hair.alpha)
    found = cleaned(hair.pixels, rim)
    np.testing.assert_array_equal(found[rim.alpha8 == 255], hair.pixels[rim.alpha8 == 255])
    assert not found[rim.alpha8 == 0].any()


def test_a_veil_of_alpha_keeps_nothing_of_the_room() -> None:
    """A network's sigmoid hardly ever gives exactly 0."""
    room = np.full((9, 16, 3), 77, np.uint8)
    assert not cut_out(room, Rim.of(np.full((9, 16), 0.006, np.float32))).any()


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (17, 9)])
@pytest.mark.parametrize("level", [0.0, 0.01, 0.5, 1.0])
def test_any_size_and_any_share_of_person_is_taken(shape: tuple[int, int], level: float) -> None:
    pixels = np.full((*shape, 3), 77, np.uint8)
    rim = Rim.of(np.full(shape, level, np.float32))
    found = cleaned(pixels, rim)
    assert abs(found[rim.alpha8 > 0].astype(int) - 77).max(initial=0) <= 2
