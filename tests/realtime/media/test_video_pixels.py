"""Video files opened and decoded pictures as pixels: of any name, and never larger than memory allows."""

import io
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from realtime.capture.file import open_video
from realtime.errors import SourceError
from realtime.frame import Frame, Matte
from realtime.media import video_pixels
from realtime.media.video_pixels import EXACT, bounded, open_film, upright
from realtime.offline.clip import Clip
from realtime.scene.video_background import VideoBackground as Background


def encoded(colour: tuple[int, int, int], *, height: int, matrix: Colorspace, tagged: bool) -> av.VideoFrame:
    """One flat picture in YUV 4:2:0, as a decoder would give it."""
    flat = np.full((height, 64, 3), colour, np.uint8)
    frame = av.VideoFrame.from_ndarray(flat, "bgr24").reformat(
        format="yuv420p", dst_colorspace=matrix, dst_color_range=ColorRange.MPEG, interpolation=EXACT
    )
    frame.colorspace = matrix if tagged else 2
    return frame


@pytest.mark.parametrize("grey", [0, 16, 77, 128, 204, 255])
def test_grey_stays_grey(grey: int) -> None:
    pixels = upright(encoded((grey,) * 3, height=48, matrix=Colorspace.ITU709, tagged=True))
    assert np.ptp(pixels.reshape(-1, 3), axis=1).max() == 0
    np.testing.assert_allclose(pixels, grey, atol=2)


@pytest.mark.parametrize(("height", "matrix"), [(48, Colorspace.ITU601), (720, Colorspace.ITU709)])
@pytest.mark.parametrize("tagged", [True, False])
def test_colours_come_back_tagged_or_by_their_height(height: int, matrix: Colorspace, tagged: bool) -> None:
    pixels = upright(encoded((40, 180, 90), height=height, matrix=matrix, tagged=tagged))
    np.testing.assert_allclose(pixels.reshape(-1, 3).mean(axis=0), (40, 180, 90), atol=2)


def test_pixels_come_out_square() -> None:
    frame = encoded((9, 9, 9), height=48, matrix=Colorspace.ITU601, tagged=True)
    assert upright(frame, Fraction(4, 3)).shape == (48, 85, 3)


@pytest.mark.parametrize("shape", [Fraction(10**6), Fraction(1, 10**6), Fraction(600)])
def test_a_shape_of_pixels_that_memory_cannot_hold_is_left_out(shape: Fraction) -> None:
    frame = encoded((9, 9, 9), height=48, matrix=Colorspace.ITU601, tagged=True)
    assert upright(frame, shape).shape == (48, 64, 3)


GROWS = ((64, 48), (320, 240), (64, 48))
"""The sizes of a stream's parts, of two frames each; a header tells of the first."""


def growing(path: Path, codec: str) -> Path:
    """A stream that changes its size in the middle."""
    packets: list[bytes] = []
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    for width, height in GROWS:
        with av.open(io.BytesIO(), "w", format="matroska") as container:
            stream = container.add_stream(codec, 10, width=width, height=height, pix_fmt=pixel_format)
            for grey in (50, 200):
                flat = av.VideoFrame.from_ndarray(np.full((height, width, 3), grey, np.uint8), "bgr24")
                packets += map(bytes, stream.encode(flat.reformat(format=pixel_format)))
            packets += map(bytes, stream.encode())
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, 10, width=64, height=48, pix_fmt=pixel_format)
        for index, data in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, index, index, Fraction(1, 10)
            packet.is_keyframe = index % 2 == 0
            container.mux(packet)
    return path


@pytest.fixture(params=["mjpeg", "libvpx"])
def grown(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(video_pixels, "LARGEST_PX", 10_000)
    return growing(tmp_path / "grown.mkv", request.param)


def test_no_frame_is_decoded_that_is_larger_than_the_limit(grown: Path) -> None:
    sizes = []
    with open_film(grown) as container:
        for packet in container.demux(bounded(container.streams.video[0])):
            try:
                sizes += [(frame.width, frame.height) for frame in packet.decode()]
            except av.FFmpegError:
                sizes.append((0, 0))
    assert set(sizes) == {(64, 48), (0, 0)}


def test_a_clip_off_line_goes_on_without_them(grown: Path) -> None:
    with Clip(grown) as clip:
        assert {frame.pixels.shape for frame in clip.frames} == {(48, 64, 3)}
        assert clip.damaged == 2


def test_a_source_ends_with_an_error_there(grown: Path) -> None:
    frames = []
    with open_video(grown, paced=False) as source, pytest.raises(SourceError, match=r"damaged after [12] pictures"):
        frames += [frame.pixels.shape for frame in source]
    assert set(frames) <= {(48, 64, 3)}


def test_a_background_shows_what_comes_before_them_again_and_again(grown: Path) -> None:
    background, shapes = Background(grown, "stretch"), set()
    try:
        for index in range(30):
            frame = Frame(pixels=np.zeros((48, 64, 3), np.uint8), index=index, captured_s=index / 10)
            shapes.add(background.plate(Matte(alpha=np.zeros((48, 64), np.float32), frame=frame)).shape)
    finally:
        background.close()
    assert shapes == {(48, 64, 3)}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no names but Unicode ones")
def test_a_name_that_is_no_utf8_opens(tmp_path: Path) -> None:
    path = growing(tmp_path / "plain.mkv", "mjpeg").rename(tmp_path / "caf\udce9.mkv")
    with open_film(path) as container:
        assert container.streams.video[0].codec_context.width == 64


def test_a_title_in_another_encoding_does_not_keep_a_clip_from_opening(tmp_path: Path) -> None:
    path = growing(tmp_path / "plain.mkv", "mjpeg")
    with av.open(path) as plain, av.open(tmp_path / "titled.mkv", "w") as container:
        container.metadata["title"] = "in the cafe"
        copy = container.add_stream_from_template(plain.streams.video[0])
        for packet in plain.demux(video=0):
            if packet.size:
                packet.stream = copy
                container.mux(packet)
    data = (tmp_path / "titled.mkv").read_bytes()
    assert b"in the cafe" in data
    (tmp_path / "titled.mkv").write_bytes(data.replace(b"in the cafe", b"in the caf\xe9"))
    with open_film(tmp_path / "titled.mkv") as container:
        assert next(container.decode(video=0)).width == 64
