"""The evaluation protocol on small folders of pictures."""

import math
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import GreenlessError
from models.evaluation import Figures, Pixels, evaluate, evaluation_size, measure, network_input
from models.metrics import Alpha, mean_of_rows
from models.pairs import Pair


@pytest.mark.parametrize(
    ("size_px", "expected"),
    [
        ((1280, 720), (512, 288)),
        ((384, 384), (384, 384)),
        ((640, 480), (448, 320)),
        ((250, 250), (384, 384)),
        ((300, 400), (320, 448)),
        ((4000, 10), (7680, 32)),
    ],
)
def test_the_network_sees_about_147456_pixels_in_multiples_of_32(
    size_px: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert evaluation_size(*size_px) == expected


def test_the_input_is_rgb_in_minus_one_to_one() -> None:
    pixels = np.zeros((2, 4, 3), np.uint8)
    pixels[..., 0] = 255
    blob = network_input(pixels, (4, 2))
    assert blob.shape == (1, 3, 2, 4)
    assert blob.dtype == np.float32
    assert [float(channel.mean()) for channel in blob[0]] == pytest.approx([-1, -1, 1])


@pytest.mark.parametrize(
    ("row", "size_px", "expected"),
    [
        # Each half has the mean 153; a bilinear step to two pixels would see less of it.
        ([0, 255, 255, 102, 102, 255, 0, 255], (2, 2), [0.2, 0.2]),
        ([0, 51, 204, 255], (8, 4), [-1, -0.9, -0.7, -0.3]),
    ],
)
def test_pictures_shrink_by_area_and_grow_bilinear(
    row: list[int], size_px: tuple[int, int], expected: list[float]
) -> None:
    pixels = np.tile(np.array(row, np.uint8)[None, :, None], (4, 1, 3))
    assert network_input(pixels, size_px)[0, 0, 0, : len(expected)] == pytest.approx(expected, abs=0.01)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two pictures whose brightness is their matte: a white square on black, and nobody at all."""
    images, mattes = tmp_path / "images", tmp_path / "mattes"
    images.mkdir()
    mattes.mkdir()
    square = np.zeros((128, 128), np.uint8)
    square[32:96, 32:96] = 255
    for name, matte in (("square", square), ("nobody", np.zeros((64, 96), np.uint8))):
        cv2.imwrite(str(images / f"{name}.png"), cv2.merge([matte] * 3))
        cv2.imwrite(str(mattes / f"{name}.png"), matte)
    return images, mattes


def brightness(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
    return np.asarray((network_input(pixels, size_px)[0, 0] + 1) / 2, np.float32)


def nobody(_pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
    return np.zeros(size_px[::-1], np.float32)


def test_a_good_matte_is_measured_as_good(folders: tuple[Path, Path]) -> None:
    evaluation = evaluate(brightness, *folders)
    assert list(evaluation.pictures) == ["nobody", "square"]
    assert evaluation.mean.iou == 1
    assert evaluation.mean.mad < 0.01
    assert math.isnan(evaluation.pictures["nobody"].band_mad)
    assert evaluation.mean.band_mad == evaluation.pictures["square"].band_mad


def test_an_empty_matte_misses_the_person(folders: tuple[Path, Path]) -> None:
    evaluation = evaluate(nobody, *folders)
    square = evaluation.pictures["square"]
    assert (square.iou, square.mad, square.mse) == pytest.approx((0, 0.25, 0.25))
    assert square.sad == pytest.approx(64 * 64 / 1000)
    assert square.conn == pytest.approx(64 * 64 / 1000)
    assert square.band_mad == pytest.approx(0.5, abs=0.05)
    # The band reaches one pixel into the person.
    assert square.band_sad == square.band_conn == pytest.approx((64 * 64 - 62 * 62) / 1000)
    assert 0 < square.band_grad < square.grad
    assert evaluation.mean.iou == pytest.approx(0.5)
    assert evaluation.mean.mad == pytest.approx(0.125)


def test_the_network_is_asked_for_the_size_of_the_protocol(folders: tuple[Path, Path]) -> None:
    asked: list[tuple[tuple[int, ...], tuple[int, int]]] = []

    def predict(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        asked.append((pixels.shape, size_px))
        return nobody(pixels, size_px)

    evaluate(predict, *folders)
    assert asked == [((64, 96, 3), (480, 320)), ((128, 128, 3), (384, 384))]


def test_the_mean_leaves_out_what_could_not_be_measured() -> None:
    nothing = dict.fromkeys((field.name for field in fields(Figures)), math.nan)
    row = Figures(**{**nothing, "iou": 1, "mad": 0.5})
    other = Figures(**{**nothing, "iou": 0, "mad": 0.1, "band_mad": 0.25})
    average = mean_of_rows([row, other])
    assert (average.iou, average.mad, average.band_mad) == pytest.approx((0.5, 0.3, 0.25))
    assert math.isnan(average.band_mse)


def test_the_network_can_be_shown_fewer_pixels() -> None:
    asked: list[tuple[int, int]] = []

    def predict(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        asked.append(size_px)
        return nobody(pixels, size_px)

    pair = Pair(name="one", pixels=np.zeros((90, 160, 3), np.uint8), alpha=np.zeros((90, 160), np.float32))
    assert measure(predict, [pair], area_px=384 * 224).mean.iou == 1
    assert asked == [(384, 224)]


def test_no_picture_at_all_is_an_error() -> None:
    with pytest.raises(GreenlessError, match="no image"):
        measure(nobody, [])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("no matte", "is missing"),
        ("no picture", "not an image that OpenCV"),
        ("size", "its image"),
        ("empty", "no images"),
    ],
)
def test_a_folder_that_does_not_fit_is_named(folders: tuple[Path, Path], damage: str, message: str) -> None:
    images, mattes = folders
    match damage:
        case "no matte":
            (mattes / "square.png").unlink()
        case "no picture":
            (images / "nobody.png").write_text("hello")
        case "size":
            cv2.imwrite(str(mattes / "square.png"), np.zeros((4, 4), np.uint8))
        case "empty":
            images = mattes / "none"
            images.mkdir()
    with pytest.raises(GreenlessError, match=message):
        evaluate(nobody, images, mattes)
