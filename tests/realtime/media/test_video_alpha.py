"""The alpha of clips and animated images is read, and hidden colours never show."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.errors import SceneError, SourceError
from realtime.frame import Frame, Matte
from realtime.media.animation import is_animated, open_clip
from realtime.offline.clip import Clip
from realtime.scene.background import open_background
from realtime.scene.video_background import VideoBackground
from tests.conftest import FFmpeg
from tests.realtime.media.footage import ALPHA_RAMP, CARD, by_ffmpeg, read

KINDS = {
    "vp9.webm": (("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-crf", "10"), ("-c:v", "libvpx-vp9")),
    "vp8.webm": (("-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", "-b:v", "5M"), ("-c:v", "libvpx")),
    "prores.mov": (("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"), ()),
    "png.mov": (("-c:v", "png", "-pix_fmt", "rgba"), ()),
    "qtrle.mov": (("-c:v", "qtrle", "-pix_fmt", "argb"), ()),
    "ffv1.mkv": (("-c:v", "ffv1", "-pix_fmt", "yuva444p"), ()),
    "apng.png": (("-f", "apng", "-plays", "0", "-pix_fmt", "rgba"), ()),
}
"""How a clip with alpha is made, and what makes ffmpeg see the alpha."""


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, ffmpeg: FFmpeg, tmp_path: Path) -> tuple[Path, tuple[str, ...]]:
    path = tmp_path / str(request.param)
    words, decoder = KINDS[request.param]
    ffmpeg("-f", "lavfi", "-i", CARD, "-frames:v", "5", "-vf", ALPHA_RAMP, *words, path)
    return path, decoder


def plate_at(path: Path, time_s: float = 0.0) -> np.ndarray:
    background = VideoBackground(path, "stretch")
    empty = Frame(pixels=np.zeros((96, 160, 3), np.uint8), index=0, captured_s=time_s)
    plate = background.plate(Matte(alpha=np.zeros((96, 160), np.float32), frame=empty))
    background.close()
    return plate


def test_the_alpha_of_each_kind_is_read(ffmpeg: FFmpeg, made: tuple[Path, tuple[str, ...]]) -> None:
    path, decoder = made
    theirs = by_ffmpeg(ffmpeg, path, (160, 96), *decoder, form="bgra")
    frames, mine = read(path)
    assert len(frames) == len(theirs) == 5
    for pixels, wanted in zip(mine, theirs, strict=True):
        assert pixels.shape == (96, 160, 4)
        assert np.abs(pixels[..., 3].astype(int) - wanted[..., 3]).max() <= 1


def test_as_a_background_it_lies_over_black(made: tuple[Path, tuple[str, ...]]) -> None:
    """As still backgrounds with transparency do: the card fades to black on the left."""
    path, _ = made
    pixels = read(path)[1][0]
    expected = pixels[..., :3] * (pixels[..., 3:] / 255)
    plate = plate_at(path)
    np.testing.assert_allclose(plate, expected, atol=1)
    assert plate[:, :1].max() <= 4


def test_as_an_input_it_multiplies_the_matte(made: tuple[Path, tuple[str, ...]]) -> None:
    path, _ = made
    alpha = read(path)[1][0][..., 3]
    with Clip(path) as clip:
        frame = next(clip.frames)
        half = Matte(alpha=np.full((96, 160), 0.5, np.float32), frame=frame)
        np.testing.assert_allclose(clip.within(half).alpha, alpha / 510, atol=1e-6)
        assert frame.pixels[:, :1].max() <= 4, "hidden colours reach no network"
        assert not clip.cut_out


def test_an_opaque_clip_in_a_format_with_alpha_has_none(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    path = tmp_path / "clip.mov"
    ffmpeg("-f", "lavfi", "-i", CARD, "-frames:v", "2", "-c:v", "png", "-pix_fmt", "rgba", path)
    assert {pixels.shape for pixels in read(path)[1]} == {(96, 160, 3)}


DISCS = 6


def disc(index: int) -> Image.Image:
    """A red disc that moves to the right before nothing; the nothing is magenta."""
    y, x = np.mgrid[:96, :160]
    inside = (x - 20 - 20 * index) ** 2 + (y - 48) ** 2 < 15**2
    pixels = np.where(inside[..., None], (220, 30, 20, 255), (255, 0, 255, 0)).astype(np.uint8)
    return Image.fromarray(pixels, "RGBA")


@pytest.fixture(params=[".webp", ".png", ".gif", ".avif"])
def animation(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Six images, a tenth of a second each."""
    path = tmp_path / f"disc{request.param}"
    first, *rest = (disc(index) for index in range(DISCS))
    more = {"lossless": True} if request.param == ".webp" else {"disposal": 2} if request.param != ".avif" else {}
    first.save(path, save_all=True, append_images=rest, duration=100, loop=0, **more)
    return path


def place(pixels: np.ndarray) -> float:
    """Where the disc is, in steps from 0."""
    return (float(np.flatnonzero(pixels[48, :, 2] > 110).mean()) - 20) / 20


def test_an_animated_image_is_read_with_its_alpha_and_times(animation: Path) -> None:
    frames, mine = read(animation)
    assert [frame.time_s for frame in frames] == pytest.approx([index / 10 for index in range(DISCS)])
    for index, pixels in enumerate(mine):
        wanted = np.asarray(disc(index))
        assert np.abs(pixels[..., 3].astype(int) - wanted[..., 3]).mean() < 2
        assert pixels[48, 20 + 20 * index].tolist() == pytest.approx((20, 30, 220, 255), abs=15)
    with open_clip(animation) as reader:
        assert not reader.still
        assert float(reader.fps) == pytest.approx(10)


def test_an_animated_image_moves_as_a_background(animation: Path) -> None:
    assert is_animated(animation)
    background = open_background(str(animation), "stretch")
    empty = np.zeros((96, 160, 3), np.uint8)
    for index, time_s in enumerate((0.0, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75)):
        frame = Frame(pixels=empty, index=index, captured_s=time_s)
        plate = background.plate(Matte(alpha=empty[..., 0].astype(np.float32), frame=frame))
        assert place(plate) == pytest.approx(index % DISCS, abs=0.1)
        assert plate[2, 2].max() <= 3, "the scene's rule for transparency is black"
    background.close()


def test_an_animated_image_is_a_clip(animation: Path) -> None:
    with Clip(animation) as clip:
        assert [place(frame.pixels) for frame in clip.frames] == pytest.approx(range(DISCS), abs=0.1)


@pytest.mark.parametrize("suffix", [".webp", ".png", ".jpg", ".gif"])
def test_a_still_image_does_not_move(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"still{suffix}"
    disc(0).convert("RGB").save(path)
    assert not is_animated(path)


@pytest.mark.parametrize("content", [b"", b"RIFF\0\0\0\0WEBPVP8X", b"RIFF\0\0\0\0WEBP" + bytes(100)])
def test_a_damaged_animation_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.webp"
    path.write_bytes(content)
    assert not is_animated(path)
    with pytest.raises(SceneError, match="cannot read the background"):
        VideoBackground(path, "cover")


def test_an_animation_that_is_cut_off_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "cut.webp"
    first, *rest = (disc(index) for index in range(DISCS))
    first.save(path, save_all=True, append_images=rest, duration=100, lossless=True)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceError, match=f"cannot read {path}"):
        Clip(path)
