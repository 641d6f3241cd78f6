"""A logo offline: it is in the composites of images and clips, and in no cut-out."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from realtime.errors import SceneError
from realtime.media import large_image
from realtime.offline.images import matte_pictures
from realtime.offline.video import matte_video
from realtime.settings.schema import SceneSettings
from tests.realtime.offline.conftest import Brightness

WIDTH_PX, HEIGHT_PX = 64, 48
RED = (0, 0, 255)
THERE, BESIDE = np.s_[40:48, 48:64], np.s_[8:36, 8:40]


@pytest.fixture
def scene(tmp_path: Path) -> SceneSettings:
    """16x8 in red, at the bottom right."""
    Image.new("RGB", (16, 8), (255, 0, 0)).save(tmp_path / "logo.png")
    return SceneSettings(overlay=f"{tmp_path / 'logo.png'}:1.0,1.0")


@pytest.fixture
def white(tmp_path: Path) -> Path:
    """An image whose person, by the stand-in network, covers it all."""
    Image.new("RGB", (WIDTH_PX, HEIGHT_PX), (255, 255, 255)).save(tmp_path / "white.png")
    return tmp_path / "white.png"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    with av.open(str(tmp_path / "clip.mp4"), "w") as container:
        track = container.add_stream("libx264", 10, width=WIDTH_PX, height=HEIGHT_PX, pix_fmt="yuv420p")
        for _ in range(3):
            pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
            container.mux(track.encode(av.VideoFrame.from_ndarray(pixels, "bgr24")))
        container.mux(track.encode())
    return tmp_path / "clip.mp4"


def test_an_image_has_it_in_the_composite_alone(
    tmp_path: Path, white: Path, scene: SceneSettings, matter: Brightness
) -> None:
    matte_pictures([white], tmp_path / "out", matter, scene=scene, background="#00ff00", combined=True)
    composite = cv2.imread(str(tmp_path / "out" / "white_composite.png"), cv2.IMREAD_UNCHANGED)
    assert (composite[THERE] == RED).all()
    assert (composite[BESIDE] == 255).all()
    for name in ("cutout", "alpha", "combined"):
        assert (cv2.imread(str(tmp_path / "out" / f"white_{name}.png"), cv2.IMREAD_UNCHANGED) == 255).all()


def test_a_large_image_has_it_at_full_size_across_its_strips(
    tmp_path: Path, white: Path, scene: SceneSettings, matter: Brightness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_image, "LARGE_PX", 100)
    monkeypatch.setattr(large_image, "REDUCED_PX", WIDTH_PX * HEIGHT_PX // 4)
    monkeypatch.setattr(large_image, "STRIP_PX", 10 * WIDTH_PX)  # the logo is in two strips
    for background in ("#00ff00", "none"):
        matte_pictures([white], tmp_path / "out", matter, scene=scene, background=background, combined=True)
        composite = cv2.imread(str(tmp_path / "out" / "white_composite.png"), cv2.IMREAD_UNCHANGED)
        expected = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
        expected[THERE] = RED
        np.testing.assert_array_equal(composite, expected)
        for name in ("cutout", "combined"):
            assert (cv2.imread(str(tmp_path / "out" / f"white_{name}.png"), cv2.IMREAD_UNCHANGED) == 255).all()


def test_a_clip_has_it_in_every_frame(tmp_path: Path, clip: Path, scene: SceneSettings, matter: Brightness) -> None:
    matte_video([clip], tmp_path / "out.mp4", matter, scene=scene, background="#00ff00")
    with av.open(str(tmp_path / "out.mp4")) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(frames) == 3
    for frame in frames:
        assert np.abs(frame[THERE][2:-2, 2:-2].astype(int) - RED).max() < 16
        assert frame[BESIDE].min() > 240


def test_a_clip_that_is_cut_out_has_none(tmp_path: Path, clip: Path, scene: SceneSettings, matter: Brightness) -> None:
    matte_video([clip], tmp_path / "out", matter, scene=scene, alpha="png")
    matte_video([clip], tmp_path / "again", matter, scene=SceneSettings(overlay="gone.png"), alpha="png")
    paths = [*(tmp_path / "out").glob("*.png"), *(tmp_path / "again").glob("*.png")]
    assert len(paths) == 2 * 3
    for path in paths:
        assert cv2.imread(str(path), cv2.IMREAD_UNCHANGED).min() > 250


def test_a_file_that_is_gone_is_an_error_of_the_run(
    tmp_path: Path, white: Path, clip: Path, matter: Brightness
) -> None:
    scene = SceneSettings(overlay=str(tmp_path / "gone.png"))
    with pytest.raises(SceneError, match=r"cannot read the overlay .*gone\.png"):
        matte_pictures([white], tmp_path / "out", matter, scene=scene, background="#00ff00")
    with pytest.raises(SceneError, match=r"cannot read the overlay .*gone\.png"):
        matte_video([clip], tmp_path / "out.mp4", matter, scene=scene)
    assert not matter.frames
