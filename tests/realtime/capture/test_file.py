import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from realtime.capture import open_source
from realtime.capture.source import Source
from realtime.errors import SourceError, SourceLost
from realtime.frame import Pixels
from realtime.settings.schema import CameraSettings

SETTINGS = CameraSettings(width=96, height=64, fps=50)


def number_of(pixels: Pixels) -> int:
    """The number that the films and pictures of these tests carry in their lower half."""
    return round(float(pixels[3 * pixels.shape[0] // 4].mean()) / 10)


def opened(spec: Path | str, *, paced: bool = False) -> Source:
    return open_source(str(spec), SETTINGS, paced=paced)


class TestVideo:
    def test_gives_every_picture_in_order(self, video: Path) -> None:
        with opened(video) as source:
            assert [number_of(frame.pixels) for frame in source] == list(range(12))
            assert source.fps == 10
            assert source.name == f"{video}, 64x48 at 10 fps"

    def test_paced_takes_as_long_as_it_plays(self, video: Path) -> None:
        with opened(video, paced=True) as source:
            frames = list(islice(source, 4))
        assert frames[3].captured_s - frames[0].captured_s >= 0.28

    @pytest.mark.parametrize("rotation", [0, 90, 180, -90])
    def test_stands_upright(self, tmp_path: Path, write_video: Callable[..., Path], rotation: int) -> None:
        """A player turns by ``rotation`` anticlockwise; the white corner was stored at the top left."""
        with opened(write_video(tmp_path / "phone.mp4", rotation=rotation)) as source:
            frame = next(source)
        turned = rotation in (90, -90)
        assert frame.pixels.shape[:2] == ((64, 48) if turned else (48, 64))
        assert f"{frame.width_px}x{frame.height_px}" in source.name
        white = {0: (0, 0), 90: (-1, 0), 180: (-1, -1), -90: (0, -1)}[rotation]
        corners = {
            (y, x): frame.pixels[4 * y + min(y, 0) * 4, 4 * x + min(x, 0) * 4].mean() for y in (0, -1) for x in (0, -1)
        }
        assert max(corners, key=lambda corner: corners[corner]) == white

    def test_pixels_come_out_square(self, tmp_path: Path) -> None:
        path = tmp_path / "wide.mp4"
        with av.open(str(path), "w") as container:
            track = cast(av.VideoStream, container.add_stream("libx264", rate=10))
            track.width, track.height, track.pix_fmt = 48, 48, "yuv420p"
            track.codec_context.sample_aspect_ratio = Fraction(4, 3)
            container.mux(track.encode(av.VideoFrame.from_ndarray(np.zeros((48, 48, 3), np.uint8), format="bgr24")))
            container.mux(track.encode())
        with opened(path) as source:
            assert next(source).pixels.shape == (48, 64, 3)

    @pytest.mark.skipif(sys.platform == "win32", reason="no colons in names there")
    def test_a_name_may_look_like_a_protocol(self, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(video.rename(video.with_name("10:30.mp4")).parent)
        with opened("10:30.mp4") as source:
            assert number_of(next(source).pixels) == 0

    def test_a_gif_is_a_video(self, tmp_path: Path, write_video: Callable[..., Path]) -> None:
        with opened(write_video(tmp_path / "moving.gif", codec="gif")) as source:
            assert len(list(source)) == 12

    def test_a_gif_keeps_each_pictures_own_time(self, tmp_path: Path) -> None:
        pictures = [Image.new("RGB", (16, 16), (60 * i, 0, 0)) for i in range(3)]
        pictures[0].save(tmp_path / "slow.gif", save_all=True, append_images=pictures[1:], duration=[50, 150, 50])
        with opened(tmp_path / "slow.gif", paced=True) as source:
            moments_s = [frame.captured_s for frame in source]
        assert moments_s[2] - moments_s[0] >= 0.18

    def test_an_unusual_name_is_no_matter(self, tmp_path: Path, write_video: Callable[..., Path]) -> None:
        with opened(write_video(tmp_path / "wéird nàme: 人.v2.mp4")) as source:
            assert next(source).index == 0

    @pytest.mark.parametrize("keep", [0.0, 0.3])
    def test_a_cut_off_mp4_is_refused(self, video: Path, keep: float) -> None:
        video.write_bytes(video.read_bytes()[: int(keep * video.stat().st_size)])
        with pytest.raises(SourceError, match=r"cannot open .*clip\.mp4: Invalid data"):
            opened(video)

    def test_a_video_without_one_whole_picture_is_refused(self, tmp_path: Path, video: Path) -> None:
        data = video.read_bytes()
        # The index at the end of the file is there, what it points at is not.
        start = data.index(b"mdat") + 4
        end = data.index(b"moov") - 4
        video.write_bytes(data[:start] + bytes(end - start) + data[end:])
        with pytest.raises(SourceError, match=r"clip\.mp4"):
            opened(video)

    def test_sound_alone_is_refused(self, tmp_path: Path) -> None:
        import av

        path = tmp_path / "speech.wav"
        with av.open(str(path), "w") as container:
            track = container.add_stream("pcm_s16le", rate=8000, layout="mono")
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            sound.sample_rate = 8000
            container.mux(track.encode(sound))
        with pytest.raises(SourceError, match="there is no video track"):
            opened(path)

    def test_text_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no video")
        with pytest.raises(SourceError, match=r"cannot open .*notes\.txt"):
            opened(tmp_path / "notes.txt")


class TestPicture:
    @pytest.fixture
    def picture(self, tmp_path: Path) -> Path:
        """Sideways, as a phone stores it."""
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (40, 30), (250, 10, 10)).save(tmp_path / "one.jpg", exif=exif)
        return tmp_path / "one.jpg"

    def test_unpaced_comes_once_and_upright(self, picture: Path) -> None:
        with opened(picture) as source:
            (frame,) = source
            assert (frame.width_px, frame.height_px) == (30, 40)
            assert source.fps == 0
            assert source.name == f"{picture}, 30x40"

    def test_paced_comes_again_and_again(self, picture: Path) -> None:
        with opened(picture, paced=True) as source:
            frames = list(islice(source, 4))
            assert source.fps == 50
        assert [frame.index for frame in frames] == [0, 1, 2, 3]
        assert frames[3].captured_s - frames[0].captured_s >= 0.05

    def test_a_damaged_one_is_refused(self, picture: Path) -> None:
        picture.write_bytes(picture.read_bytes()[:200])
        with pytest.raises(SourceError, match=r"one\.jpg"):
            opened(picture)


class TestFolder:
    def test_pictures_come_in_the_order_a_person_would_choose(self, folder: Path) -> None:
        with opened(folder) as source:
            assert [number_of(frame.pixels) for frame in source] == list(range(12))
            assert source.name == f"{folder} (12 images), 64x48 at 50 fps"

    def test_what_is_no_picture_is_passed_over(self, folder: Path) -> None:
        (folder / "notes.txt").write_text("no picture")
        (folder / ".hidden.png").write_bytes(b"")
        (folder / "more.png").mkdir()
        with opened(folder) as source:
            assert len(list(source)) == 12

    def test_pictures_may_differ_in_size(self, folder: Path) -> None:
        cv2.imwrite(str(folder / "shot 12.PNG"), np.zeros((10, 20, 3), np.uint8))
        with opened(folder) as source:
            assert list(source)[-1].pixels.shape == (10, 20, 3)

    def test_an_empty_folder_says_what_it_looked_for(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"no images in .*\.jpg"):
            opened(tmp_path)

    def test_a_damaged_picture_is_named_when_its_turn_comes(self, folder: Path) -> None:
        (folder / "shot 5.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        with opened(folder) as source, pytest.raises(SourceError, match=r"shot 5\.png"):
            list(source)


class TestStream:
    def test_a_film_on_a_server_plays_to_its_end(self, video: Path, serve: Callable[..., str]) -> None:
        with opened(f"{serve()}/clip.mp4") as source:
            assert not source.live
            assert len(list(source)) == 12

    def test_a_camera_on_the_network_is_live_whatever_is_asked(self, serve: Callable[..., str]) -> None:
        with opened(f"{serve()}/live.mjpg") as source:
            assert source.live
            assert [frame.index for frame in islice(source, 3)] == [0, 1, 2]

    @pytest.mark.parametrize("login", ["me:secret@", "me:sec@ret@"])
    def test_a_password_is_used_and_never_shown(self, serve: Callable[..., str], login: str) -> None:
        address = serve(pictures=5).replace("://", f"://{login}")
        with opened(f"{address}/live.mjpg") as source:
            assert "live.mjpg" in source.name
            assert "sec" not in source.name
            with pytest.raises(SourceLost) as lost:
                list(source)
        with pytest.raises(SourceError) as refused:
            opened(f"{address}/nothing.mp4")
        assert "sec" not in f"{lost.value} {refused.value}"

    @pytest.mark.parametrize(("polite", "says"), [(True, "ended after 60 frames"), (False, r"broke off after \d\d")])
    def test_one_that_ends_is_lost_and_may_be_opened_again(
        self, serve: Callable[..., str], polite: bool, says: str
    ) -> None:
        address = f"{serve(pictures=60, polite=polite)}/live.mjpg"
        for _ in range(2):
            with opened(address) as source, pytest.raises(SourceLost, match=says):
                list(source)

    @pytest.mark.parametrize(
        ("path", "says"), [("/nothing.mp4", "404"), ("/live.mjpg?", None), ("/notes.txt", "Invalid data")]
    )
    def test_what_the_server_has_not_is_refused(
        self, tmp_path: Path, serve: Callable[..., str], path: str, says: str | None
    ) -> None:
        (tmp_path / "notes.txt").write_text("no video")
        if says is None:
            opened(serve() + path).close()
            return
        with pytest.raises(SourceError, match=says):
            opened(serve() + path)

    @pytest.mark.parametrize("address", ["http://127.0.0.1:9/live", "rtsp://127.0.0.1:9/live", "nonsense://x"])
    def test_where_nobody_answers_the_address_is_named(self, address: str) -> None:
        with pytest.raises(SourceError, match=address):
            opened(address)
