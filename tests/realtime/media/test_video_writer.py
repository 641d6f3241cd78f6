import contextlib
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from models.waiting import NOTICE
from realtime.errors import SinkError
from realtime.media.video_writer import VideoWriter

SUFFIXES = [".mp4", ".mkv", ".webm", ".mov"]
ALPHA_SUFFIXES = [".webm", ".mov"]
pytestmark = pytest.mark.usefixtures("no_part_left")


def decoded(path: Path) -> Iterator[av.VideoFrame]:
    """The pictures of a file; those of VP9 with their alpha, which FFmpeg's own decoder drops."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = stream.codec_context
        if decoder.name == "vp9":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        for packet in container.demux(stream):
            for frame in decoder.decode(packet):
                frame.time_base = stream.time_base
                yield frame


def scene(width: int = 64, height: int = 48, channels: int = 3) -> np.ndarray:
    """Three broad stripes of colour; with alpha, three steps of it from left to right."""
    pixels = np.zeros((height, width, channels), np.uint8)
    for third, colour in enumerate(((200, 40, 30), (30, 190, 60), (40, 50, 210))):
        pixels[third * height // 3 : (third + 1) * height // 3, :, :3] = colour
    if channels == 4:
        pixels[..., 3] = np.repeat(np.array([0, 128, 255], np.uint8), -(-width // 3))[:width]
    return pixels


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("size", [(64, 48), (63, 47)])
def test_colours_and_sizes_come_back(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    width, height = size
    writer = VideoWriter(tmp_path / f"film{suffix}", width_px=width, height_px=height, fps=30)
    for _ in range(3):
        writer.write(scene(width, height))
    writer.close()
    frames = list(decoded(writer.path))
    assert len(frames) == 3
    read = frames[0].to_ndarray(format="bgr24")
    assert read.shape[0] - height in (0, 1)
    assert read.shape[1] - width in (0, 1)
    for row in (height // 6, height // 2, height * 5 // 6):
        assert abs(read[row, width // 2].astype(int) - scene(width, height)[row, width // 2]).max() <= 6


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("size", [(64, 48), (63, 48)])
def test_a_size_that_is_not_kept_is_said_once(
    tmp_path: Path, suffix: str, size: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(NOTICE)
    path = tmp_path / f"film{suffix}"
    writer = VideoWriter(path, width_px=size[0], height_px=size[1], fps=30)
    for _ in range(3):
        writer.write(scene(*size))
    writer.close()
    [frame, *_] = decoded(path)
    said = [record.getMessage() for record in caplog.records if record.levelno >= NOTICE]
    words = f"{path} is written at {frame.width}x{frame.height}, not {size[0]}x{size[1]}, because its codec"
    assert [line[: len(words)] for line in said] == [words] * ((frame.width, frame.height) != size)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_file_says_how_its_colours_were_made(tmp_path: Path, suffix: str) -> None:
    writer = VideoWriter(tmp_path / f"film{suffix}", width_px=64, height_px=48, fps=30)
    writer.write(scene())
    writer.close()
    frame = next(decoded(writer.path))
    assert (frame.colorspace, frame.color_range) == (1, 1)  # BT.709, limited


@pytest.mark.parametrize("suffix", ALPHA_SUFFIXES)
@pytest.mark.parametrize("size", [(66, 48), (65, 47)])
def test_alpha_and_the_straight_colour_under_it_come_back(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    width, height = size
    writer = VideoWriter(tmp_path / f"film{suffix}", width_px=width, height_px=height, fps=30, alpha=True)
    for _ in range(3):
        writer.write(scene(width, height, 4))
    writer.close()
    read = list(decoded(writer.path))[-1].to_ndarray(format="bgra")
    assert [int(read[24, x, 3]) for x in (10, 33, 56)] == pytest.approx([0, 128, 255], abs=3)
    assert abs(read[8, 33, :3].astype(int) - scene()[8, 33]).max() <= 8


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_format_without_alpha_says_which_hold_it(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(SinkError, match="cannot hold alpha") as caught:
        VideoWriter(tmp_path / f"film{suffix}", width_px=64, height_px=48, fps=30, alpha=True)
    assert ".webm" in caught.value.cure


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("fps", [25, 30.0, 29.97, Fraction(30000, 1001), 24000 / 1001, 12.5])
def test_untimed_pictures_are_spaced_by_the_rate(tmp_path: Path, suffix: str, fps: Fraction | float) -> None:
    writer = VideoWriter(tmp_path / f"film{suffix}", width_px=64, height_px=48, fps=fps)
    for _ in range(12):
        writer.write(scene())
    writer.close()
    times = [frame.time for frame in decoded(writer.path)]
    assert times == pytest.approx([index / float(fps) for index in range(12)], abs=0.0011)
    if suffix in (".mp4", ".mov"):  # Matroska counts in milliseconds
        assert times == pytest.approx([index / float(fps) for index in range(12)], abs=1e-4)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_timed_pictures_keep_their_times(tmp_path: Path, suffix: str) -> None:
    times = [0.0, 0.04, 0.3, 0.31, 2.5]
    writer = VideoWriter(tmp_path / f"film{suffix}", width_px=64, height_px=48, fps=30)
    for time_s in times:
        writer.write(scene(), time_s)
    writer.close()
    assert [frame.time for frame in decoded(writer.path)] == pytest.approx(times, abs=0.001)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_times_that_do_not_grow_are_pushed_on(tmp_path: Path, suffix: str) -> None:
    writer = VideoWriter(tmp_path / f"film{suffix}", width_px=64, height_px=48, fps=30)
    for time_s in (-1.0, 0.5, 0.5, 0.1, 0.7):
        writer.write(scene(), time_s)
    writer.close()
    times = [frame.time for frame in decoded(writer.path)]
    assert len(times) == 5
    assert times == sorted(times)
    assert times[-1] == pytest.approx(0.7, abs=0.01)


def test_until_it_is_whole_the_file_has_another_name(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("the film of yesterday")
    writer = VideoWriter(path, width_px=64, height_px=48, fps=30)
    writer.write(scene())
    assert path.read_text() == "the film of yesterday"
    assert writer.part.exists()
    writer.close()
    assert len(list(decoded(path))) == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("pictures", [0, 1, 40])
def test_giving_up_leaves_nothing(tmp_path: Path, suffix: str, pictures: int) -> None:
    writer = VideoWriter(tmp_path / f"film{suffix}", width_px=64, height_px=48, fps=30)
    for _ in range(pictures):
        writer.write(scene())
    writer.abort()
    writer.abort()
    writer.close()
    assert not list(tmp_path.glob("film*"))


def test_giving_up_after_the_end_keeps_the_file(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "film.mp4", width_px=64, height_px=48, fps=30)
    writer.write(scene())
    writer.close()
    writer.abort()
    assert writer.path.exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_a_picture_there_is_no_file(tmp_path: Path, suffix: str) -> None:
    VideoWriter(tmp_path / f"film{suffix}", width_px=64, height_px=48, fps=30).close()
    assert not list(tmp_path.glob("film*"))


def test_a_picture_of_another_shape_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "film.mp4", width_px=64, height_px=48, fps=30)
    with pytest.raises(ValueError, match=r"expected pixels \(48, 64, 3\)"):
        writer.write(scene(48, 64))
    with pytest.raises(ValueError, match="uint8"):
        writer.write(scene().astype(np.float32))  # type: ignore[arg-type]
    writer.abort()
    with pytest.raises(ValueError, match="closed"):
        writer.write(scene())


def test_a_missing_folder_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="there is no folder") as caught:
        VideoWriter(tmp_path / "films" / "a.mp4", width_px=64, height_px=48, fps=30)
    assert caught.value.cure == f"mkdir -p {tmp_path / 'films'}"


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "film.mp4", width_px=64, height_px=48, fps=30)
    writer.write(scene())
    (tmp_path / "film.mp4").mkdir()
    with pytest.raises(SinkError, match="cannot write"):  # before a frame is encoded
        VideoWriter(tmp_path / "film.mp4", width_px=64, height_px=48, fps=30)
    writer.close()  # the folder came during the recording, which takes a free name
    assert writer.path.name == "film-2.mp4"
    assert writer.path.is_file()


def test_an_unknown_kind_of_file_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"cannot write a video as '\.avi'") as caught:
        VideoWriter(tmp_path / "film.avi", width_px=64, height_px=48, fps=30)
    assert ".mp4, .mkv, .webm, .mov" in caught.value.cure


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import av, numpy as np
from realtime.errors import SinkError
from realtime.media.video_writer import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
writer = VideoWriter(Path(sys.argv[1]), width_px=160, height_px=90, fps=30)
noise = np.random.default_rng(0)
try:
    for _ in range(30):
        writer.write(noise.integers(0, 256, (90, 160, 3), dtype=np.uint8))
    writer.close()
except SinkError as error:
    print(error)
    print("named:", writer.path.exists(), "rest:", writer.part.exists())
    writer.close()
    print("named:", writer.path.exists())
    writer.abort()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_reported_and_the_name_stays_free(tmp_path: Path, suffix: str) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / f"film{suffix}")]
    told, *states = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "cannot write" in told
    assert "File too large" in told
    assert states == ["named: False rest: True", "named: False"]


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = VideoWriter(tmp_path / "film.mp4", width_px=64, height_px=48, fps=30)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "_encode", full)
    with pytest.raises(SinkError, match="the disk is full") as caught:
        writer.write(scene())
    assert "Free some space" in caught.value.cure
    writer.abort()


def test_two_that_write_one_file_do_not_mix_and_what_a_killed_one_left_stays(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    rest = tmp_path / "film.unfinished.mp4"
    rest.write_text("what a killed recording left")
    first, second = (VideoWriter(path, width_px=64, height_px=48, fps=30) for _ in range(2))
    for writer, count in ((first, 40), (second, 20)):
        for _ in range(count):
            writer.write(scene())
    for writer, count in ((first, 40), (second, 20)):
        writer.close()
        assert len(list(decoded(writer.path))) == count
    assert [first.path, second.path] == [path, tmp_path / "film-2.mp4"]
    first.abort()
    assert sorted(tmp_path.iterdir()) == [tmp_path / "film-2.mp4", path, rest]
    assert rest.read_text() == "what a killed recording left"
    rest.unlink()


def test_a_file_that_is_called_like_a_protocol_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("no colons in names there")
    monkeypatch.chdir(tmp_path)
    with contextlib.closing(VideoWriter(Path("10:30.mp4"), width_px=64, height_px=48, fps=30)) as writer:
        writer.write(scene())
    assert [path.name for path in tmp_path.iterdir()] == ["10:30.mp4"]
