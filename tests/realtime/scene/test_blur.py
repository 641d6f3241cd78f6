from collections.abc import Callable

import cv2
import numpy as np
import pytest

from benchmarks.people.sample import Truth
from realtime.frame import Matte
from realtime.scene.blur import Blur

MakeMatte = Callable[..., Matte]
HEIGHT, WIDTH = 360, 640
DARK, BRIGHT = 40, 240


def bright_person_on_a_dark_wall(edge_px: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(alpha, (320, 150), 70, 1.0, -1)
    cv2.ellipse(alpha, (320, 360), (150, 140), 0, 0, 360, 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), edge_px)
    grey = alpha * BRIGHT + (1 - alpha) * DARK
    return np.repeat(grey.round().astype(np.uint8)[..., None], 3, axis=2), alpha


@pytest.mark.parametrize("strength", [0.0, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("edge_px", [0.5, 3.0])
def test_no_light_of_the_person_stands_round_the_silhouette(
    make_matte: MakeMatte, strength: float, edge_px: float
) -> None:
    pixels, alpha = bright_person_on_a_dark_wall(edge_px)
    plate = Blur(strength).plate(make_matte(pixels, alpha))
    assert plate[alpha < 0.5].max() <= DARK + 4
    halo = cv2.GaussianBlur(pixels, (0, 0), 10)[alpha < 0.02].max()
    assert halo > DARK + 40, "a plain blur would show the halo that is looked for"


def test_a_matte_that_is_a_little_too_tight_brings_no_halo_either(make_matte: MakeMatte) -> None:
    pixels, alpha = bright_person_on_a_dark_wall()
    tight = cv2.erode(alpha, np.ones((5, 5), np.uint8))
    assert Blur(0.5).plate(make_matte(pixels, tight))[alpha < 0.01].max() <= DARK + 12


@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_what_stands_in_the_room_is_smeared(make_matte: MakeMatte, strength: float) -> None:
    stripes = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    stripes[:, ::8] = stripes[:, 1::8] = 255
    nobody = np.zeros((HEIGHT, WIDTH), np.float32)
    plate = Blur(strength).plate(make_matte(stripes, nobody))
    assert plate.std() < stripes.std() / 10
    assert abs(plate.mean() - stripes.mean()) < 3


def test_more_strength_is_more_blur(make_matte: MakeMatte) -> None:
    room = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    room[:, WIDTH // 2 :] = 255
    nobody = np.zeros((HEIGHT, WIDTH), np.float32)
    widths = [
        int(((plate > 25) & (plate < 230))[100, :, 0].sum())
        for plate in (Blur(strength).plate(make_matte(room, nobody)) for strength in (0.0, 0.3, 0.6, 1.0))
    ]
    assert widths == sorted(widths)
    assert 0 < widths[0] < widths[-1] / 4


def test_the_blur_is_as_wide_in_the_picture_whatever_its_size(make_matte: MakeMatte) -> None:
    shares = []
    for height, width in ((360, 640), (720, 1280), (1080, 1920)):
        room = np.zeros((height, width, 3), np.uint8)
        room[:, width // 2 :] = 255
        plate = Blur(0.5).plate(make_matte(room, np.zeros((height, width), np.float32)))
        shares.append(((plate > 25) & (plate < 230))[height // 2, :, 0].sum() / width)
    assert max(shares) < 1.25 * min(shares)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (17, 9), (480, 640)])
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_any_size_and_any_share_of_person_gives_a_plate(
    make_matte: MakeMatte, shape: tuple[int, int], alpha: float
) -> None:
    pixels = np.full((*shape, 3), 77, np.uint8)
    plate = Blur(0.5).plate(make_matte(pixels, np.full(shape, alpha, np.float32)))
    assert plate.shape == pixels.shape
    if alpha == 0:
        assert abs(plate.astype(int) - 77).max() <= 1


@pytest.mark.parametrize("lens", [False, True])
@pytest.mark.parametrize("strength", [0.2, 0.5, 1.0])
def test_nine_tenths_of_the_halo_of_a_plain_blur_are_gone(
    make_matte: MakeMatte, hair: Truth, strength: float, lens: bool
) -> None:
    """The halo is what a drawn person's light changes in the plate: the empty room behind is known."""
    blur = Blur(strength, lens=lens)

    def halo(left_out: np.ndarray) -> float:
        plate, empty = (blur.plate(make_matte(p, left_out)).astype(float) for p in (hair.pixels, hair.background))
        return float(np.square(plate - empty)[hair.alpha < 0.5].sum())

    assert halo(hair.alpha) < 0.1 * halo(np.zeros_like(hair.alpha))


def test_a_blur_comes_nearer_to_the_empty_rooms_than_a_plain_one(make_matte: MakeMatte, hair: Truth) -> None:
    nobody, seen = np.zeros(hair.alpha.shape, np.float32), 1 - hair.alpha[..., None]
    truth = Blur(0.5).plate(make_matte(hair.background, nobody)).astype(float)
    plain, plate = (
        float((np.square(Blur(0.5).plate(make_matte(hair.pixels, alpha)) - truth) * seen).sum())
        for alpha in (nobody, hair.alpha)
    )
    assert plate < 0.4 * plain


def test_a_lens_makes_a_disc_of_a_lamp_and_a_gaussian_a_cloud(make_matte: MakeMatte) -> None:
    night = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    night[176:184, 316:324] = 255
    nobody = np.zeros((HEIGHT, WIDTH), np.float32)
    soft, disc = (Blur(0.6, lens=lens).plate(make_matte(night.copy(), nobody))[180, :, 0] for lens in (False, True))
    assert disc.max() > 1.5 * soft.max()
    lit = disc > 20 + (int(disc.max()) - 20) / 2
    flat = disc[lit]
    assert 30 < lit.sum() < 80
    assert flat.min() > 0.7 * flat.max()


def test_a_lens_leaves_an_even_room_as_it_is(make_matte: MakeMatte) -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), (40, 130, 220), np.uint8)
    plate = Blur(0.5, lens=True).plate(make_matte(pixels, np.zeros((HEIGHT, WIDTH), np.float32)))
    assert abs(plate.astype(int) - pixels).max() <= 1
