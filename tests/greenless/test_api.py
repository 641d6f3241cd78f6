"""The Python API: every kind of image in and out, the same pixels as the command, and its frozen names."""

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import greenless
from realtime.cli import main
from tests.greenless.conftest import Array, encoded

ROOT = Path(__file__).resolve().parent.parent.parent

FIXED: dict[str, Any] = {"runtime": "onnx", "precision": "float32", "threads": 1}
"""With ``auto``, two starts may choose differently."""


@pytest.fixture(scope="module")
def matting() -> Iterator[greenless.Matting]:
    with greenless.Matting(**FIXED) as opened:
        yield opened


def test_the_names_are_those_that_people_rely_on() -> None:
    assert sorted(greenless.__all__) == ["GreenlessError", "Matting", "__version__", "remove"]
    assert all(hasattr(greenless, name) for name in greenless.__all__)
    public = {name for name in vars(greenless.Matting) if not name.startswith("_")}
    assert public == {"alpha", "close", "composite", "cutout", "name", "stream"}


def test_an_unknown_name_is_no_attribute() -> None:
    assert not hasattr(greenless, "matting")


def test_importing_it_imports_nothing_heavy() -> None:
    script = "import greenless, sys; print(sorted({'av', 'cv2', 'numpy', 'onnxruntime', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_runs_as_a_command_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "greenless", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert greenless.__version__ in done.stdout


def test_the_matte_is_the_persons(matting: greenless.Matting, truth: tuple[Array, npt.NDArray[np.float32]]) -> None:
    pixels, exact = truth
    alpha = matting.alpha(pixels)
    assert (alpha.shape, alpha.dtype) == (pixels.shape[:2], np.float32)
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    both, either = np.sum((alpha > 0.5) & (exact > 0.5)), np.sum((alpha > 0.5) | (exact > 0.5))
    assert both / either > 0.9


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(lambda rgb, folder: Image.fromarray(rgb), id="pillow"),
        pytest.param(lambda rgb, folder: encoded(rgb), id="bytes"),
        pytest.param(lambda rgb, folder: memoryview(encoded(rgb)), id="memoryview"),
        pytest.param(lambda rgb, folder: written(rgb, folder), id="path"),
        pytest.param(lambda rgb, folder: str(written(rgb, folder)), id="string"),
    ],
)
def test_every_kind_of_image_gives_the_same_matte(
    kind: Callable[[Array, Path], Any], matting: greenless.Matting, person: Array, tmp_path: Path
) -> None:
    np.testing.assert_array_equal(matting.alpha(kind(person, tmp_path)), matting.alpha(person))


def written(rgb: Array, folder: Path) -> Path:
    path = folder / "person.png"
    path.write_bytes(encoded(rgb))
    return path


def test_opencvs_order_comes_back_in_opencvs_order(matting: greenless.Matting, person: Array) -> None:
    bgr = np.ascontiguousarray(person[..., ::-1])
    np.testing.assert_array_equal(matting.alpha(bgr, bgr=True), matting.alpha(person))
    np.testing.assert_array_equal(matting.cutout(bgr, bgr=True)[..., [2, 1, 0, 3]], matting.cutout(person))
    plate = np.full((5, 5, 3), (10, 20, 200), np.uint8)
    np.testing.assert_array_equal(
        matting.composite(bgr, plate[..., ::-1], bgr=True)[..., ::-1], matting.composite(person, plate)
    )


def test_results_come_in_the_kind_of_the_image(matting: greenless.Matting, person: Array, tmp_path: Path) -> None:
    array = matting.cutout(person)
    assert (array.shape, array.dtype) == ((*person.shape[:2], 4), np.uint8)
    pillow = matting.cutout(Image.fromarray(person))
    assert (pillow.mode, pillow.size) == ("RGBA", (person.shape[1], person.shape[0]))
    np.testing.assert_array_equal(pillow, array)
    np.testing.assert_array_equal(matting.cutout(written(person, tmp_path)), array)
    with Image.open(BytesIO(matting.cutout(encoded(person)))) as decoded:
        assert decoded.format == "PNG"
        np.testing.assert_array_equal(decoded, array)
    assert matting.composite(Image.fromarray(person)).mode == "RGB"
    assert matting.composite(person).shape == person.shape


def test_an_images_own_alpha_multiplies_the_matte(matting: greenless.Matting, person: Array) -> None:
    own = np.full(person.shape[:2], 255, np.uint8)
    own[:, : person.shape[1] // 2] = 51
    rgba = np.dstack((person, own))
    np.testing.assert_allclose(matting.alpha(rgba), matting.alpha(person) * (own / np.float32(255)), atol=1e-6)
    np.testing.assert_array_equal(matting.alpha(Image.fromarray(rgba)), matting.alpha(rgba))
    composite = matting.composite(rgba, "#0000ff")
    assert composite.shape == rgba.shape
    assert composite[..., 3].min() == 255


def test_a_colour_fills_what_is_not_the_person(matting: greenless.Matting, person: Array) -> None:
    composite, alpha = matting.composite(person, "#102030"), matting.alpha(person)
    assert (composite[alpha < 0.5 / 255] == (0x10, 0x20, 0x30)).all()
    assert (composite[alpha > 1 - 0.4 / 255] == person[alpha > 1 - 0.4 / 255]).all()


@pytest.mark.parametrize("kind", [lambda rgb: rgb, Image.fromarray, encoded], ids=["array", "pillow", "bytes"])
def test_any_kind_of_image_is_a_background(
    kind: Callable[[Array], Any], matting: greenless.Matting, person: Array, tmp_path: Path
) -> None:
    plate = np.zeros((90, 160, 3), np.uint8)
    plate[..., 0] = np.arange(160)
    path = written(plate, tmp_path)
    np.testing.assert_array_equal(matting.composite(person, kind(plate)), matting.composite(person, path))


def test_a_caller_may_write_to_its_image_afterwards(matting: greenless.Matting, person: Array) -> None:
    image = person.copy()
    stream = matting.stream([image, image])
    first = next(stream)
    image[:] = 0
    assert first.max() > 0.9
    assert next(stream).mean() < first.mean()


def test_the_command_gives_the_same_pixels(person: Array, tmp_path: Path) -> None:
    path = written(person, tmp_path)
    words = ["image", str(path), "-o", str(tmp_path / "out"), "--background", "#102030"]
    assert main([*words, "--runtime", "onnx", "--precision", "float32", "--threads", "1"]) == 0
    with greenless.Matting(**FIXED) as matting:
        expected = {
            "alpha": np.asarray(cv2.convertScaleAbs(matting.alpha(path), alpha=255)),
            "cutout": np.asarray(matting.cutout(path)),
            "composite": np.asarray(matting.composite(path, "#102030")),
        }
    for name, pixels in expected.items():
        with Image.open(tmp_path / "out" / f"person_{name}.png") as image:
            np.testing.assert_array_equal(image, pixels, err_msg=name)


def test_each_stream_has_its_own_state(matting: greenless.Matting, person: Array) -> None:
    dark = np.zeros_like(person)
    alone = list(matting.stream([person, person, person]))
    first, second = matting.stream([person, person, person]), matting.stream([dark, dark, dark])
    mixed = [matte for pair in zip(first, second, strict=True) for matte in pair]
    np.testing.assert_array_equal(mixed[::2], alone)


def test_a_stream_keeps_its_order_and_length(matting: greenless.Matting, person: Array) -> None:
    frames = [np.ascontiguousarray(np.roll(person, 8 * step, axis=1)) for step in range(4)]
    mattes = list(matting.stream(iter(frames), fps=10))
    assert len(mattes) == 4
    for frame, matte in zip(frames, mattes, strict=True):
        assert np.abs(matte - matting.alpha(frame)).mean() < 0.05


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((4, 4), np.uint8), r"got \(4, 4\) uint8"),
        (np.zeros((4, 4, 3), np.float32), r"got \(4, 4, 3\) float32"),
        (np.zeros((4, 4, 2), np.uint8), r"got \(4, 4, 2\) uint8"),
        (np.zeros((0, 4, 3), np.uint8), r"got \(0, 4, 3\) uint8"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"got \(1, 4, 4, 3\) uint8"),
        (Image.new("RGB", (0, 4)), "got a PIL.Image of 0x4"),
        (7, "got int"),
        (None, "got NoneType"),
    ],
)
def test_what_is_no_image_is_a_value_error(image: Any, words: str, matting: greenless.Matting) -> None:
    for method in (matting.alpha, matting.cutout, matting.composite, lambda bad: list(matting.stream([bad]))):
        with pytest.raises(ValueError, match=words):
            method(image)


@pytest.mark.parametrize("data", [b"", b"not an image", encoded(np.zeros((9, 9, 3), np.uint8))[:40]])
def test_bytes_that_are_no_image_are_an_error_with_a_fix(data: bytes, matting: greenless.Matting) -> None:
    with pytest.raises(greenless.GreenlessError, match="not an image") as caught:
        matting.alpha(data)
    assert caught.value.cure


@pytest.mark.parametrize(
    "arguments",
    [{"quality": "good"}, {"runtime": "tflite"}, {"precision": "int4"}, {"reference_size": -1}, {"weights": "no-such"}],
)
def test_unknown_choices_are_an_error_at_once(arguments: dict[str, Any]) -> None:
    with pytest.raises(greenless.GreenlessError):
        greenless.Matting(**arguments)


def test_a_pickled_copy_gives_the_same_matte(matting: greenless.Matting, person: Array) -> None:
    with pickle.loads(pickle.dumps(matting)) as copy:
        np.testing.assert_array_equal(copy.alpha(person), matting.alpha(person))


@pytest.mark.slow
def test_many_threads_share_one_network(matting: greenless.Matting, person: Array) -> None:
    frames = [np.ascontiguousarray(np.roll(person, 16 * step, axis=1)) for step in range(6)]
    expected = [matting.alpha(frame) for frame in frames]
    with ThreadPoolExecutor(6) as threads:
        for alpha, right in zip(threads.map(matting.alpha, frames), expected, strict=True):
            np.testing.assert_array_equal(alpha, right)


def test_a_closed_one_says_so(person: Array) -> None:
    matting = greenless.Matting(**FIXED)
    matting.close()
    matting.close()
    with pytest.raises(ValueError, match="closed"):
        matting.alpha(person)


def test_remove_writes_a_file_whole(person: Array, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "cutout.png"
    assert greenless.remove(person, path) == path
    with Image.open(path) as image:
        np.testing.assert_array_equal(image, greenless.remove(person))
    assert [entry.name for entry in folder.iterdir()] == ["cutout.png"]


def test_remove_wants_a_format_with_alpha(person: Array, tmp_path: Path) -> None:
    with pytest.raises(greenless.GreenlessError, match="keeps the alpha"):
        greenless.remove(person, tmp_path / "cutout.jpg")
    assert not (tmp_path / "cutout.jpg").exists()
