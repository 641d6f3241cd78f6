"""Clips of unusual kinds through the whole command: alpha in and out, what is left out, odd sizes, animated images."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from models.waiting import NOTICE
from realtime.frame import CoarseMatte, Frame
from realtime.matting.matter import Matter
from realtime.media.animation import open_clip
from realtime.offline.video import matte_video
from realtime.offline.video_outputs import ENDINGS, AlphaKind
from realtime.settings.schema import FinishSettings
from tests.realtime.offline.conftest import Brightness

SIZE = 96, 64
COUNT = 5
PLAIN = FinishSettings(temporal="off", islands=False, white_point=0.55)
BLUE = np.array((255, 0, 0))


class Refuses(Brightness):
    """A network that must not be asked."""

    def matte_batch(self, frames: Sequence[Frame]) -> list[CoarseMatte]:
        raise AssertionError("the matte is known already")


class Everything(Brightness):
    """A network that takes the whole frame for a person."""

    def matte_batch(self, frames: Sequence[Frame]) -> list[CoarseMatte]:
        return [CoarseMatte(alpha=np.ones((32, 48), np.float32), frame=frame) for frame in frames]


def picture(index: int) -> np.ndarray:
    """A grey room with a bright, soft disc that moves: ``Brightness`` takes it for a person."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    near = np.clip(20 - np.hypot(x - 30 - 6 * index, y - 32), 0, 4) / 4
    return np.clip(near[..., None] * (70, 150, 230), 0, 255).astype(np.uint8)


def write(path: Path, encoder: str, form: str, size: tuple[int, int] = SIZE) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream(encoder, 10, width=size[0], height=size[1], pix_fmt=form)
        for index in range(COUNT):
            pixels = np.resize(picture(index), (size[1], size[0], 3)) if size != SIZE else picture(index)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "bgr24").reformat(format=form)))
        container.mux(stream.encode())
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write(tmp_path / "clip.mkv", "ffv1", "bgr0")


def shown(path: Path) -> Iterator[np.ndarray]:
    with open_clip(path) as reader:
        yield from [frame.convert().astype(float) for frame in reader.frames()]


@pytest.mark.parametrize("kind", ["webm", "prores"])
def test_a_cut_out_comes_back_unchanged_before_another_background(
    clip: Path, tmp_path: Path, matter: Matter, kind: AlphaKind
) -> None:
    cut = tmp_path / f"cut{Path(ENDINGS[kind]).suffix}"
    matte_video([clip], cut, matter, alpha=kind, finish=PLAIN)
    report = matte_video([cut], tmp_path / "again.mov", Refuses(), background="#0000ff", finish=PLAIN)
    assert not report.failures
    for before, after in zip(shown(cut), shown(tmp_path / "again.mov"), strict=True):
        alpha = before[..., 3:] / 255
        assert 0.05 < alpha.mean() < 0.5
        wanted = alpha * before[..., :3] + (1 - alpha) * BLUE
        assert np.abs(wanted - after).mean() < 1.5


@pytest.mark.parametrize("kind", ["webm", "prores"])
def test_a_cut_out_of_a_cut_out_is_the_same(clip: Path, tmp_path: Path, matter: Matter, kind: AlphaKind) -> None:
    cut, again = (tmp_path / f"{name}{Path(ENDINGS[kind]).suffix}" for name in ("cut", "again"))
    matte_video([clip], cut, matter, alpha=kind, finish=PLAIN)
    matte_video([cut], again, Refuses(), alpha=kind, finish=PLAIN)
    for before, after in zip(shown(cut), shown(again), strict=True):
        assert np.abs(before[..., 3] - after[..., 3]).mean() < 1


def test_the_alpha_of_a_clip_limits_what_the_network_finds(tmp_path: Path) -> None:
    path = tmp_path / "sticker.mov"
    with av.open(path, "w") as container:
        stream = container.add_stream("png", 10, width=SIZE[0], height=SIZE[1], pix_fmt="rgba")
        for _ in range(COUNT):
            pixels = np.full((SIZE[1], SIZE[0], 4), (255, 0, 255, 0), np.uint8)  # hidden magenta
            pixels[:, 48:] = (20, 200, 40, 255)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgba")))
        container.mux(stream.encode())
    report = matte_video([path], tmp_path / "out.mkv", Everything(), background="#0000ff", finish=PLAIN)
    assert not report.failures
    for pixels in shown(tmp_path / "out.mkv"):
        np.testing.assert_allclose(pixels[:, :44].mean(axis=(0, 1)), BLUE, atol=6)
        np.testing.assert_allclose(pixels[:, 52:].mean(axis=(0, 1)), (40, 200, 20), atol=8)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_cut_out_as_an_animated_image(clip: Path, tmp_path: Path, matter: Matter, kind: AlphaKind) -> None:
    report = matte_video([clip], tmp_path / "out", matter, alpha=kind, finish=PLAIN)
    (path,) = report.written
    assert path == tmp_path / "out" / f"clip_cutout.{kind}"
    with Image.open(path) as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (COUNT, SIZE, 0)  # type: ignore[attr-defined]
        for index in range(COUNT):
            image.seek(index)
            rgba = np.asarray(image.convert("RGBA"))
            assert image.info["duration"] == 100
            x = 30 + 6 * index
            assert rgba[32, x, 3] == 255
            assert rgba[32, x, :3].tolist() == pytest.approx(picture(index)[32, x, ::-1].tolist(), abs=12)
            assert rgba[2, 2, 3] == 0
            assert rgba[32, (x + 40) % SIZE[0], 3] == 0, "nothing stays of the image before"


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_a_composite_as_an_animated_image(clip: Path, tmp_path: Path, matter: Matter, suffix: str) -> None:
    matte_video([clip], tmp_path / f"out{suffix}", matter, background="#00ff00", finish=PLAIN)
    with Image.open(tmp_path / f"out{suffix}") as image:
        assert image.n_frames == COUNT  # type: ignore[attr-defined]
        rgb = np.asarray(image.convert("RGB"))
        assert rgb[2, 2].tolist() == pytest.approx([0, 255, 0], abs=8)
        assert rgb[32, 30].tolist() == pytest.approx([230, 150, 70], abs=16)


def test_a_gif_leaves_out_frames_that_browsers_would_slow_down(tmp_path: Path, matter: Matter) -> None:
    path = tmp_path / "fast.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", 100, width=SIZE[0], height=SIZE[1], pix_fmt="bgr0")
        for index in range(20):
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(picture(index % 5), "bgr24").reformat(format="bgr0"))
            )
        container.mux(stream.encode())
    report = matte_video([path], tmp_path / "out.gif", matter, finish=PLAIN)
    with Image.open(tmp_path / "out.gif") as image:
        assert image.n_frames == 10  # type: ignore[attr-defined]
        assert image.info["duration"] == 20
    assert report.incomplete == [f"{path}: 10 frames that come too soon after another"]
    assert report.summary() == "1 done, 1 file written, 0 failed, 1 incomplete"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("out.mov", (853, 479)), ("out.webm", (853, 479)), ("out.mp4", (854, 480))])
def test_an_odd_size_stays_or_the_change_is_said(
    tmp_path: Path, matter: Matter, name: str, size: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(NOTICE)
    path = write(tmp_path / "odd.mkv", "ffv1", "bgr0", (853, 479))
    matte_video([path], tmp_path / name, matter, finish=PLAIN)
    with av.open(tmp_path / name) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == size
    assert ("is written at 854x480, not 853x479" in caplog.text) is (size != (853, 479))


def test_a_heic_is_an_image_although_ffmpeg_plays_it(tmp_path: Path, matter: Matter) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    path = tmp_path / "photo.heic"
    Image.fromarray(picture(1)[..., ::-1]).save(path)
    (refused,) = matte_video([path], tmp_path / "out.mp4", matter).failures
    assert str(refused) == f"{path} is not a video. For images type greenless image"


def test_images_in_a_folder_of_clips_are_named_as_images(tmp_path: Path, matter: Matter) -> None:
    for name in ("a.webp", "b.jpg"):
        Image.new("RGB", SIZE).save(tmp_path / name)
    Image.new("RGB", SIZE).save(tmp_path / "c.gif")
    report = matte_video([tmp_path], tmp_path / "out", matter, finish=PLAIN)
    assert [path.name for path in report.matted] == ["c.gif"]
    assert report.summary() == "1 done, 1 file written, 0 failed, 2 left out (2 an image)"
    assert report.skipped[0] == f"{tmp_path / 'a.webp'}: an image; greenless image takes it, or name it if it moves"
