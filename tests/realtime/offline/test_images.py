"""Pictures off line: what is written for each kind of picture, and what happens to those that are none."""

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from realtime.errors import SettingsError
from realtime.frame import Matte
from realtime.matting.matter import Matter
from realtime.offline.images import matte_pictures
from realtime.settings.schema import SceneSettings
from tests.realtime.offline.outputs_of_images import HEIGHT_PX, RAMP, WIDTH_PX, grey, listing

Picture = npt.NDArray[np.uint8]


posix = pytest.mark.skipif(sys.platform != "linux", reason="other systems count and write names in another way")


AS_SEEN = SceneSettings(edge_colours="camera")


def read(path: Path) -> Picture:
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None, path
    return np.asarray(pixels, np.uint8)


def test_matte_and_cutout_of_a_picture(pictures: Path, out: Path, matter: Matter) -> None:
    report = matte_pictures([grey(pictures / "a.png")], out, matter, scene=AS_SEEN)
    assert listing(out) == ["a_alpha.png", "a_cutout.png"]
    assert report.matted == [pictures / "a.png"]
    assert report.written == [out / "a_alpha.png", out / "a_cutout.png"]
    assert report.failures == []
    assert np.array_equal(read(out / "a_alpha.png"), RAMP)
    cutout = read(out / "a_cutout.png")
    assert np.array_equal(cutout[..., 3], RAMP)
    assert np.array_equal(cutout[..., :3], np.dstack([RAMP] * 3)), "colours are straight, not multiplied by alpha"


def test_alpha_is_rounded(pictures: Path, out: Path, matter: Matter) -> None:
    Image.new("RGB", (1, 1), (10, 10, 12)).save(pictures / "a.png")  # mean 10.67
    matte_pictures([pictures / "a.png"], out, matter)
    assert read(out / "a_alpha.png").tolist() == [[11]]


def test_a_background_makes_a_composite(pictures: Path, out: Path, matter: Matter) -> None:
    matte_pictures([grey(pictures / "a.png")], out, matter, scene=AS_SEEN, background="#ff0000")
    assert listing(out) == ["a_alpha.png", "a_composite.png", "a_cutout.png"]
    alpha = RAMP[..., None] / 255
    expected = alpha * np.dstack([RAMP] * 3) + (1 - alpha) * np.array([0, 0, 255])
    assert np.abs(read(out / "a_composite.png") - expected).max() <= 2  # alpha up to 2 of 255 counts as room


def test_combined_shows_original_person_over_white_and_matte(pictures: Path, out: Path, matter: Matter) -> None:
    matte_pictures([grey(pictures / "a.png")], out, matter, scene=AS_SEEN, combined=True)
    combined = read(out / "a_combined.png").astype(float)
    assert combined.shape == (HEIGHT_PX, 3 * WIDTH_PX, 3)
    original, person, matte = np.split(combined, 3, axis=1)
    bgr, alpha = np.dstack([RAMP] * 3), RAMP[..., None] / 255
    assert np.array_equal(original, bgr)
    assert np.array_equal(matte, bgr)
    assert np.abs(person - (alpha * bgr + (1 - alpha) * 255)).max() <= 1.5


def test_combined_shows_a_transparent_picture_over_white(pictures: Path, out: Path, matter: Matter) -> None:
    Image.merge("LA", (Image.new("L", (6, 4), 40), Image.new("L", (6, 4), 51))).save(pictures / "a.png")
    matte_pictures([pictures / "a.png"], out, matter, combined=True)
    assert np.abs(read(out / "a_combined.png")[:, :WIDTH_PX] - (0.2 * 40 + 0.8 * 255)).max() <= 1.5


def palette() -> Image.Image:
    picture = Image.fromarray(RAMP).convert("P")
    picture.putpalette([level for i in range(256) for level in (i, i, i)][::-1])
    return picture


@pytest.mark.parametrize(
    ("picture", "suffix", "alpha"),
    [
        (lambda: Image.fromarray(RAMP), "png", RAMP),
        (lambda: Image.fromarray(RAMP).convert("RGB"), "bmp", RAMP),
        (palette, "png", 255 - RAMP),
        (palette, "tif", 255 - RAMP),
        (lambda: Image.fromarray(RAMP.astype(np.uint16) * 257), "png", RAMP),
        (lambda: Image.merge("LA", (Image.fromarray(RAMP), Image.new("L", (6, 4), 102))), "png", RAMP * 0.4),
        (lambda: Image.merge("RGBA", (*[Image.fromarray(RAMP)] * 3, Image.new("L", (6, 4), 0))), "png", RAMP * 0),
    ],
    ids=["grey", "colour", "palette png", "palette tif", "16 bit", "grey and alpha", "transparent"],
)
def test_every_kind_of_picture_is_read_as_it_looks(
    pictures: Path, out: Path, matter: Matter, picture: Callable[[], Image.Image], suffix: str, alpha: Picture
) -> None:
    picture().save(pictures / f"a.{suffix}")
    report = matte_pictures([pictures], out, matter)
    assert report.failures == []
    assert np.array_equal(read(out / "a_alpha.png"), np.rint(alpha))
    assert np.array_equal(read(out / "a_cutout.png")[..., 3], np.rint(alpha))


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_picture_is_turned_as_its_exif_says(pictures: Path, out: Path, matter: Matter, orientation: int) -> None:
    turned = {3: np.rot90(RAMP, 2), 6: np.rot90(RAMP, -1), 8: np.rot90(RAMP, 1)}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(RAMP).save(pictures / "a.png", exif=exif)
    matte_pictures([pictures / "a.png"], out, matter)
    assert np.array_equal(read(out / "a_alpha.png"), turned)


def test_names_with_dots_and_equal_stems_keep_apart(pictures: Path, out: Path, matter: Matter) -> None:
    for name in ("a.1.jpg", "a.2.jpg", "b.jpg", "b.png"):
        grey(pictures / name)
    report = matte_pictures([pictures], out, matter)
    assert len(report.matted) == 4
    assert [name for name in listing(out) if "alpha" in name] == [
        *("a.1_alpha.png", "a.2_alpha.png", "b.jpg_alpha.png", "b.png_alpha.png")
    ]


def test_two_folders_with_the_same_names_keep_apart(tmp_path: Path, out: Path, matter: Matter) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        grey(tmp_path / folder / "a.png")
    matte_pictures([tmp_path / "x", tmp_path / "y"], out, matter)
    assert (out / "x" / "a_alpha.png").exists()
    assert (out / "y" / "a_alpha.png").exists()


def test_a_folder_may_be_its_own_output(pictures: Path, matter: Matter) -> None:
    grey(pictures / "a.png")
    before = (pictures / "a.png").read_bytes()
    first = matte_pictures([pictures], pictures, matter, background="#ffffff", combined=True)
    after_one = listing(pictures)
    second = matte_pictures([pictures], pictures, matter, background="#ffffff", combined=True)
    assert listing(pictures) == after_one
    assert first.matted == second.matted == [pictures / "a.png"]
    assert len(second.skipped) == 4
    assert (pictures / "a.png").read_bytes() == before


def test_zip_takes_everything_and_the_folder_only_when_named(
    pictures: Path, out: Path, tmp_path: Path, matter: Matter
) -> None:
    grey(pictures / "a.png")
    alone = matte_pictures([pictures], None, matter, combined=True, zip_path=tmp_path / "alone.zip")
    assert not out.exists()
    assert alone.written == [tmp_path / "alone.zip"]
    both = matte_pictures([pictures], out, matter, combined=True, zip_path=tmp_path / "both.zip")
    assert set(both.written[:-1]) == set(out.iterdir())
    assert both.written[-1] == tmp_path / "both.zip"
    for name in ("alone.zip", "both.zip"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            assert sorted(archive.namelist()) == listing(out)
            for entry in archive.namelist():
                decoded = cv2.imdecode(np.frombuffer(archive.read(entry), np.uint8), cv2.IMREAD_UNCHANGED)
                assert np.array_equal(decoded, read(out / entry))


def test_progress_counts_each_image(pictures: Path, out: Path, matter: Matter) -> None:
    told: list[tuple[int, int, str]] = []
    inputs = [grey(pictures / "b.png"), grey(pictures / "a.png")]
    matte_pictures(inputs, out, matter, progress=lambda *step: told.append(step))
    assert told == [(0, 2, "b.png"), (1, 2, "a.png"), (2, 2, "")]


WIDE = "\u5c71" * 80
"""A name of 240 bytes, which is legal."""


@posix
@pytest.mark.parametrize("name", [WIDE, "caf\udce9"], ids=["80 characters of 3 bytes", "no UTF-8"])
def test_names_of_every_kind_are_kept(pictures: Path, out: Path, tmp_path: Path, matter: Matter, name: str) -> None:
    inputs = [grey(pictures / f"{name}.png")]
    report = matte_pictures(inputs, out, matter, background="#ffffff", zip_path=tmp_path / "all.zip")
    assert report.failures == []
    assert listing(out) == [f"{name}_{kind}.png" for kind in ("alpha", "composite", "cutout")]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        plain = name.replace("\udce9", "%E9")
        assert archive.namelist() == [f"{plain}_{kind}.png" for kind in ("alpha", "cutout", "composite")]


def test_light_is_not_carried_from_one_picture_to_the_next(pictures: Path, tmp_path: Path, matter: Matter) -> None:
    Image.new("RGB", (64, 48), (230, 230, 230)).save(pictures / "a.png")
    Image.new("RGB", (64, 48), (40, 40, 40)).save(pictures / "b.png")

    def whole(matte: Matte) -> Matte:
        return Matte(alpha=np.ones_like(matte.alpha), frame=matte.frame)

    lifted: dict[str, Any] = {"scene": SceneSettings(low_light=1.0), "refine": whole}
    matte_pictures([pictures / "a.png", pictures / "b.png"], tmp_path / "both", matter, **lifted)
    matte_pictures([pictures / "b.png"], tmp_path / "one", matter, **lifted)
    assert read(tmp_path / "one" / "b_cutout.png")[..., :3].mean() > 60
    assert np.array_equal(read(tmp_path / "both" / "b_cutout.png"), read(tmp_path / "one" / "b_cutout.png"))


def test_a_matte_may_be_refined_and_what_cannot_be_is_a_failure(pictures: Path, out: Path, matter: Matter) -> None:
    def refine(matte: Matte) -> Matte:
        if matte.frame.pixels.max() == 0:
            raise SettingsError("the network found nobody")
        return Matte(alpha=np.ones_like(matte.alpha), frame=matte.frame)

    black = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    cv2.imwrite(str(pictures / "b.png"), black)
    report = matte_pictures([grey(pictures / "a.png"), pictures / "b.png"], out, matter, refine=refine)
    assert (read(out / "a_alpha.png") == 255).all()
    assert [str(failure) for failure in report.failures] == [f"{pictures / 'b.png'}: the network found nobody"]
