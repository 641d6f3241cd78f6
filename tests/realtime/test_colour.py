"""Colours come back: a grey ramp and colour bars through files, and in the lab through the virtual camera."""

import json
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from realtime.capture.file import open_video
from realtime.frame import Composite, Frame, Matte, Pixels
from realtime.media.video_pixels import EXACT
from realtime.sinks.recorder import Recorder

ROOT = Path(__file__).resolve().parents[2]
BARS = ((191, 191, 191), (16, 180, 180), (180, 180, 16), (16, 180, 16), (180, 16, 180), (16, 16, 180), (180, 16, 16))
"""BGR, as on a test card; within what 4:2:0 of either standard can say."""


def card(width_px: int = 256, height_px: int = 192) -> Pixels:
    """A grey ramp above colour bars."""
    pixels = np.empty((height_px, width_px, 3), np.uint8)
    pixels[: height_px // 2] = np.linspace(0, 255, width_px).round()[None, :, None]
    wide = -(-width_px // len(BARS))
    for number, colour in enumerate(BARS):
        pixels[height_px // 2 :, number * wide : (number + 1) * wide] = colour
    return pixels


def flat(pixels: Pixels) -> list[np.ndarray]:
    """The ramp, and the middle of each bar: chroma is half as fine, so edges between colours blend."""
    height, width = pixels.shape[:2]
    wide = -(-width // len(BARS))
    bars = [pixels[height // 2 + 8 : -8, n * wide + 8 : min(width, (n + 1) * wide) - 8] for n in range(len(BARS))]
    return [pixels[: height // 2 - 8], *bars]


def worst(seen: Pixels, true: Pixels) -> int:
    """The largest difference; a codec's own noise is averaged over each column or bar."""
    ramp, *bars = zip(flat(seen), flat(true), strict=True)
    errors = [np.abs(ramp[0].astype(float).mean(0) - ramp[1].mean(0)).max()]
    errors += [np.abs(a.astype(float).mean((0, 1)) - b.mean((0, 1))).max() for a, b in bars]
    return int(np.rint(max(errors)))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov"])
@pytest.mark.parametrize("height_px", [192, 720], ids=["SD", "HD"])
def test_a_recording_gives_back_what_went_in(tmp_path: Path, suffix: str, height_px: int) -> None:
    true = card(height_px=height_px)
    path = tmp_path / f"card{suffix}"
    with Recorder(path, width_px=true.shape[1], height_px=height_px, fps=25) as recorder:
        for index in range(3):
            recorder.send(composite(true, index))
    with open_video(path, paced=False) as source:
        *_, last = source
    assert worst(last.pixels, true) <= 2


@pytest.mark.parametrize(("space", "range_"), [(s, r) for s in ("601", "709") for r in ("limited", "full")])
@pytest.mark.parametrize("tagged", [True, False], ids=["tagged", "untagged"])
def test_a_file_is_read_in_its_own_colours(tmp_path: Path, space: str, range_: str, tagged: bool) -> None:
    """Files that say nothing are limited, and of the standard that their height is usual for."""
    if not tagged and range_ == "full":
        pytest.skip("no file can be full range and not say so")
    true = card(height_px=720 if space == "709" and not tagged else 192)
    path = tmp_path / "card.mkv"
    write(path, true, space=space, full=range_ == "full", tagged=tagged)
    with open_video(path, paced=False) as source:
        assert worst(next(source).pixels, true) <= 2


def composite(pixels: Pixels, index: int) -> Composite:
    """A composite of these pixels."""
    frame = Frame(pixels=np.zeros_like(pixels), index=index, captured_s=index / 25)
    return Composite(
        pixels=pixels, matte=Matte(alpha=np.ones(pixels.shape[:2], np.float32), frame=frame), person=pixels
    )


def write(path: Path, pixels: Pixels, *, space: str, full: bool, tagged: bool) -> None:
    """One picture, losslessly, in the colours that are asked for."""
    colours = Colorspace.ITU709 if space == "709" else Colorspace.ITU601
    levels = ColorRange.JPEG if full else ColorRange.MPEG
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", Fraction(25), width=pixels.shape[1], height=pixels.shape[0])
        stream.pix_fmt = "yuv444p"
        if tagged:
            stream.codec_context.colorspace, stream.codec_context.color_range = colours, levels
        frame = av.VideoFrame.from_ndarray(pixels, "bgr24").reformat(
            format="yuv444p", dst_colorspace=colours, dst_color_range=levels, interpolation=EXACT
        )
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.slow
def test_the_virtual_camera_gives_back_what_went_in(v4l2_lab: Path) -> None:
    code = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2])['in_the_lab']()"
    command = [str(v4l2_lab), sys.executable, "-c", code, str(ROOT), __file__]
    run = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert run.returncode == 0, run.stdout + run.stderr
    worst_of = json.loads(run.stdout.strip().splitlines()[-1])
    assert worst_of["SD"] <= 2, worst_of


def in_the_lab() -> None:
    """Write the card to the loopback, read it back as other programs do (I420, BT.601, limited), print the worst."""
    import threading

    import cv2

    from realtime.sinks import open_sink

    true = card(640, 480)
    with open_sink("virtual-camera", width_px=640, height_px=480, fps=30) as sink:
        stop = threading.Event()

        def live_source() -> None:
            while not stop.is_set():
                sink.send(composite(true, 0))
                time.sleep(0.03)

        feeder = threading.Thread(target=live_source)
        feeder.start()
        seen, patient_until_s = 0, time.monotonic() + 60
        while seen < 5 and time.monotonic() < patient_until_s:
            time.sleep(0.3)
            camera = cv2.VideoCapture("/dev/video10", cv2.CAP_V4L2)
            while seen < 5 and (got := camera.read())[0]:
                seen, picture = seen + 1, got[1]
            camera.release()
        stop.set()
        feeder.join()
    assert seen
    print(json.dumps({"SD": worst(picture, true)}))
