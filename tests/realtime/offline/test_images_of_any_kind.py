"""Images as people bring them, through the whole off-line run: colours, bits, metadata, size."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from realtime.errors import SettingsError
from realtime.matting.matter import Matter
from realtime.media import image_decoding, large_image, memory
from realtime.offline.images import matte_pictures
from realtime.offline.report import Report
from realtime.settings.schema import SceneSettings
from tests.realtime.media import profiles
from tests.realtime.media.test_image_kinds import dng, photo
from tests.realtime.offline.outputs_of_images import grey, listing
from tests.realtime.offline.test_images import AS_SEEN, read


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image of 0.1 megapixels counts as large, is reduced to a quarter, and has several strips."""
    monkeypatch.setattr(large_image, "LARGE_PX", 50_000)
    monkeypatch.setattr(large_image, "REDUCED_PX", 25_000)
    monkeypatch.setattr(large_image, "STRIP_PX", 20_000)


def portrait(width: int = 401, height: int = 303, deep: bool = False) -> np.ndarray:  # type: ignore[type-arg]
    """A light disc before a dark wall, in BGR; the matter of these tests takes light for the person."""
    y, x = np.mgrid[:height, :width]
    inside = np.clip((0.33 * height - np.hypot(x - width / 2, y - height / 2)) / 8 + 0.5, 0, 1)[..., None]
    texture = 12 * np.sin(x / 3)[..., None] * np.array([1.0, 0.5, -1.0])
    colours = inside * (np.array([225.0, 235, 240]) + texture) + (1 - inside) * np.array([20.0, 30, 10])
    return np.rint(colours * 257).astype(np.uint16) if deep else np.rint(colours).astype(np.uint8)


def test_display_p3_is_converted_and_the_outputs_say_srgb(pictures: Path, out: Path, matter: Matter) -> None:
    """Red 200 of Display P3 is over 200 in sRGB, by its primaries."""
    p3 = profiles.matrix(profiles.DISPLAY_P3, profiles.D65_XY, profiles.SRGB_CURVE)
    Image.new("RGB", (40, 30), (200, 120, 100)).save(pictures / "a.png", icc_profile=p3)
    matte_pictures([pictures / "a.png"], out, matter, scene=AS_SEEN, background="#000000")
    light = ((np.array([200, 120, 100]) / 255 + 0.055) / 1.055) ** 2.4
    to_srgb = np.linalg.inv(profiles.rgb_to_xyz(profiles.SRGB, profiles.D65_XY))
    there = to_srgb @ profiles.rgb_to_xyz(profiles.DISPLAY_P3, profiles.D65_XY) @ light
    right = (1.055 * there ** (1 / 2.4) - 0.055) * 255
    assert right[0] > 205
    assert np.abs(read(out / "a_cutout.png")[5, 5, 2::-1] - right).max() <= 1
    for name in ("a_cutout.png", "a_composite.png"):
        with Image.open(out / name) as opened:
            opened.load()
            assert "srgb" in opened.info


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bits_stay_in_the_cutout(pictures: Path, out: Path, matter: Matter, suffix: str) -> None:
    deep = portrait(deep=True) + np.uint16(3)
    cv2.imwrite(str(pictures / f"a{suffix}"), deep)
    matte_pictures([pictures], out, matter, scene=AS_SEEN, background="#102030", combined=True)
    cutout = cv2.imread(str(out / "a_cutout.png"), cv2.IMREAD_UNCHANGED)
    assert cutout is not None
    assert cutout.dtype == np.uint16
    person = cutout[..., 3] > 0.99 * 65535
    wall = cutout[..., 3] <= 2 * 257
    assert person.sum() == 0 or np.array_equal(cutout[person][:, :3], deep[person])
    assert np.array_equal(cutout[150, 200, :3], deep[150, 200])
    assert not cutout[wall][:, :3].any(), "no colour behind transparent pixels"
    assert len(np.unique(cutout[..., 3])) > 256, "alpha has more than 8 bits"
    for name in ("a_alpha.png", "a_composite.png", "a_combined.png"):
        assert cv2.imread(str(out / name), cv2.IMREAD_UNCHANGED).dtype == np.uint8  # type: ignore[union-attr]


def test_a_float_image_is_as_bright_as_it_says(pictures: Path, out: Path, matter: Matter) -> None:
    ramp = np.linspace(0, 1, 60, dtype=np.float32)[None].repeat(40, 0)
    Image.fromarray(ramp).save(pictures / "a.tif")
    Image.fromarray(ramp * 300).save(pictures / "radiance.tif")
    report = matte_pictures([pictures], out, matter)
    assert np.abs(read(out / "a_alpha.png") - ramp * 255).max() <= 1
    (failure,) = report.failures
    assert "radiance.tif: its values reach from 0 to 300, and floats are read from 0 to 1" in failure.what


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("own_alpha", [False, True])
@pytest.mark.parametrize("orientation", [1, 6])
def test_strips_give_what_the_whole_gives(
    pictures: Path, tmp_path: Path, matter: Matter, large: None, monkeypatch: pytest.MonkeyPatch, deep: bool,
    own_alpha: bool, orientation: int,
) -> None:  # fmt: skip
    pixels = portrait(deep=deep)
    if own_alpha:
        top = 65535 if deep else 255
        share = np.linspace(top // 2, top, pixels.shape[1]).astype(pixels.dtype)[None].repeat(len(pixels), 0)
        pixels = np.dstack((pixels, share))
    cv2.imwrite(str(pictures / "a.tif"), pixels)
    if orientation != 1 and shutil.which("exiftool"):
        turned = ["exiftool", "-q", "-overwrite_original", "-n", f"-Orientation={orientation}", pictures / "a.tif"]
        subprocess.run(turned, check=True)
    options = {"scene": AS_SEEN, "background": "#204060", "combined": True}
    strips = matte_pictures([pictures], tmp_path / "strips", matter, **options)  # type: ignore[arg-type]
    monkeypatch.setattr(large_image, "LARGE_PX", 10**9)
    whole = matte_pictures([pictures], tmp_path / "whole", matter, **options)  # type: ignore[arg-type]
    assert (strips.failures, whole.failures) == ([], [])
    assert [path.name for path in strips.written] == [path.name for path in whole.written]
    for name in ("a_alpha.png", "a_cutout.png", "a_composite.png", "a_combined.png"):
        left, right = (cv2.imread(str(tmp_path / kind / name), -1) for kind in ("strips", "whole"))
        assert left is not None
        assert right is not None
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
        levels = 257 if left.dtype == np.uint16 else 1
        off = np.abs(left.astype(float) - right) / levels
        assert off.mean() < 2.5, name  # the matte of these tests comes from pixels that were reduced
        assert off.reshape(len(off), -1).mean(axis=1).max() < 8, "no seam"


def test_a_large_image_says_its_need_and_its_progress(
    pictures: Path, out: Path, matter: Matter, large: None, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(20, "greenless")
    monkeypatch.setattr(image_decoding, "LARGE_PX", 50_000)
    cv2.imwrite(str(pictures / "a.png"), portrait())
    seen: list[str] = []
    matte_pictures([pictures], out, matter, progress=lambda done, total, name: seen.append(name))
    assert "a.png: its 0 megapixels need about 0.9 GB of memory; it is worked on in strips" in caplog.text
    shares = [int(name.removeprefix("a.png, ").removesuffix("%")) for name in seen if "%" in name]
    assert len(shares) > 8
    assert shares == sorted(shares)
    assert shares[-1] == 100


def test_an_image_that_does_not_fit_into_memory_names_both_numbers(
    pictures: Path, out: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_decoding, "LARGE_PX", 50_000)
    monkeypatch.setattr(memory, "free_bytes", lambda: 600_000_000)
    cv2.imwrite(str(pictures / "a.png"), portrait())
    (failure,) = matte_pictures([pictures], out, matter).failures
    assert "need about 0.9 GB of memory, and 0.6 GB are free" in failure.what
    assert failure.cure == "Close other programs, or make it smaller"


def test_strips_go_into_an_archive_too(pictures: Path, tmp_path: Path, out: Path, matter: Matter, large: None) -> None:
    cv2.imwrite(str(pictures / "a.png"), portrait())
    both = matte_pictures([pictures], out, matter, zip_path=tmp_path / "both.zip")
    alone = matte_pictures([pictures], None, matter, zip_path=tmp_path / "alone.zip")
    assert both.failures == alone.failures == []
    for name in ("both.zip", "alone.zip"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            assert archive.testzip() is None
            for entry in archive.namelist():
                assert archive.read(entry) == (out / entry).read_bytes()
    assert listing(tmp_path) == ["alone.zip", "both.zip", "in", "out"]


def test_a_large_background_is_reduced_while_it_is_read(pictures: Path, out: Path, matter: Matter, large: None) -> None:
    cv2.imwrite(str(pictures / "room.png"), portrait())
    Image.new("RGB", (80, 60), (0, 0, 0)).save(pictures / "a.png")
    matte_pictures([pictures / "a.png"], out, matter, background=str(pictures / "room.png"))
    composite = read(out / "a_composite.png")
    assert np.abs(composite[30, 40].astype(int) - portrait()[150, 200]).max() < 15
    assert composite[1, 1].max() < 40


def test_of_an_animation_the_first_image_is_used_and_said(
    pictures: Path, out: Path, matter: Matter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(20, "greenless")
    first, *others = (Image.new("RGB", (64, 48), colour) for colour in ((200, 240, 220), "white", "black"))
    first.save(pictures / "a.gif", save_all=True, append_images=others)
    report = matte_pictures([pictures], out, matter, scene=AS_SEEN)
    assert report.matted == [pictures / "a.gif"]
    assert "a.gif holds 3 images: the first is used; greenless video takes all of an animation" in caplog.text
    assert np.abs(read(out / "a_cutout.png")[5, 5, 2::-1].astype(int) - (200, 240, 220)).max() < 12


def test_what_a_folder_holds_is_used_or_counted_with_its_reason(pictures: Path, out: Path, matter: Matter) -> None:
    for name in ("a.jfif", "b.gif", "c.JPE", "d.webp"):
        photo().save(pictures / name, "JPEG" if "j" in name.lower() else None)
    dng(pictures / "e.dng")
    for name in ("clip.mp4", "notes.txt", "list.csv", "IMG.AAE"):
        (pictures / name).touch()
    (pictures / "broken.heic").write_bytes(b"no image")
    (pictures / "more").mkdir()
    report = matte_pictures([pictures], out, matter)
    assert [path.name for path in report.matted] == ["a.jfif", "b.gif", "c.JPE", "d.webp", "e.dng"]
    assert len(report.failures) == 1
    assert report.summary() == (
        "5 done, 10 files written, 1 failed, 5 without a person, "
        "5 left out (3 not a supported image, 1 a clip, 1 a folder in a folder)"
    )


def test_nobody_in_an_image_is_said(pictures: Path, out: Path, matter: Matter) -> None:
    Image.new("RGB", (100, 100), (3, 3, 3)).save(pictures / "room.png")
    cv2.imwrite(str(pictures / "ann.png"), portrait())
    report = matte_pictures([pictures], out, matter)
    assert report.empty == [pictures / "room.png"]
    assert len(report.written) == 4, "its outputs are written all the same"
    assert report.summary() == "2 done, 4 files written, 0 failed, 1 without a person"


def run(pictures: Path, out: Path, matter: Matter, **options: object) -> Report:
    return matte_pictures([pictures], out, matter, skip_done=True, **options)  # type: ignore[arg-type]


def test_what_is_done_and_newer_is_left(pictures: Path, out: Path, matter: Matter) -> None:
    for name in ("a.png", "b.png", "c.png"):
        grey(pictures / name)
        os.utime(pictures / name, (1000, 1000))
    assert len(run(pictures, out, matter).matted) == 3
    again = run(pictures, out, matter)
    assert (again.matted, len(again.done_before)) == ([], 3)
    assert again.summary() == "0 done, 0 files written, 0 failed, 3 done before"
    before = (out / "b_alpha.png").stat().st_mtime_ns
    os.utime(pictures / "a.png")  # newer than its outputs
    os.utime(out / "a_alpha.png", (2000, 2000))
    (out / "c_cutout.png").unlink()
    third = run(pictures, out, matter)
    assert [path.name for path in third.matted] == ["a.png", "c.png"]
    assert (out / "b_alpha.png").stat().st_mtime_ns == before
    assert len(run(pictures, out, matter, background="#ffffff").matted) == 3, "the composites are missing"


def test_an_archive_cannot_skip(pictures: Path, out: Path, tmp_path: Path, matter: Matter) -> None:
    grey(pictures / "a.png")
    with pytest.raises(SettingsError, match="an archive holds all images"):
        run(pictures, out, matter, zip_path=tmp_path / "all.zip")


def test_a_large_image_and_closed_form_matting_do_not_fit(
    pictures: Path, out: Path, matter: Matter, large: None
) -> None:
    cv2.imwrite(str(pictures / "a.png"), portrait())
    (failure,) = matte_pictures([pictures], out, matter, refine=lambda matte: matte).failures
    assert "closed-form matting does not fit" in failure.what


def test_the_scene_adapts_a_large_image_as_a_small_one(
    pictures: Path, tmp_path: Path, matter: Matter, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cv2.imwrite(str(pictures / "a.png"), (portrait() * 0.6).astype(np.uint8))
    scene = SceneSettings(low_light=1.0)
    matte_pictures([pictures], tmp_path / "strips", matter, scene=scene, background="blur")
    monkeypatch.setattr(large_image, "LARGE_PX", 10**9)
    matte_pictures([pictures], tmp_path / "whole", matter, scene=scene, background="blur")
    left, right = (read(tmp_path / kind / "a_composite.png").astype(int) for kind in ("strips", "whole"))
    assert np.abs(left - right).mean() < 4
