"""The camera source on a real V4L2 device: the kernel's test camera."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import fcntl, json, os, struct
from itertools import islice
from realtime.capture import open_source
from realtime.capture.cameras import list_cameras
from realtime.errors import SourceError, SourceLost
from realtime.settings.schema import CameraSettings

settings = CameraSettings(camera="vivid", width=640, height=480, pixel_format="YUYV")
seen = {"cameras": [camera.handle for camera in list_cameras()]}

with open_source("camera", settings) as source:
    frames = list(islice(source, 10))
    seen |= {"name": source.name, "fps": source.fps, "sizes": sorted({f.pixels.shape for f in frames})}
    seen["moved"] = any((a.pixels != b.pixels).any() for a, b in zip(frames, frames[1:]))
    seen["took_s"] = frames[-1].captured_s - frames[0].captured_s
    try:
        open_source("camera", settings)
    except SourceError as error:
        seen["busy"] = str(error)
for camera in ("/dev/video10", "7"):
    try:
        open_source("camera", CameraSettings(camera=camera))
    except SourceError as error:
        seen[camera] = str(error)

held = os.open("/dev/video0", os.O_RDWR)  # while a handle is open the camera stays away
with open_source("camera", settings) as source:
    next(source)
    fcntl.ioctl(held, 0xC008561C, struct.pack("Ii", 0x00F0F041, 1))  # VIDIOC_S_CTRL: vivid's Disconnect
    try:
        list(source)
    except SourceLost as error:
        seen["pulled out"] = str(error)
os.close(held)
with open_source("camera", settings) as source:
    seen["back"] = next(source).pixels.shape
print(json.dumps(seen))
"""


@pytest.mark.slow
def test_a_real_camera_is_listed_read_lost_and_read_again(v4l2_lab: Path) -> None:
    done = subprocess.run(
        [str(v4l2_lab), sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen["cameras"] == ["/dev/video0"]
    assert seen["name"] == "vivid-000-vid-cap (/dev/video0), 640x480 at 25 fps, YUYV, V4L2"
    assert seen["fps"] == 25
    assert seen["sizes"] == [[480, 640, 3]]
    assert seen["moved"]
    assert seen["took_s"] > 0.25  # nine frame times are 0.36 s: it is not the same buffer again and again
    assert "fuser -v /dev/video0" in seen["busy"]
    assert "does not capture video" in seen["/dev/video10"]
    assert "--camera /dev/video0" in seen["7"]
    assert "stopped giving frames" in seen["pulled out"]
    assert seen["back"] == [480, 640, 3]


COMES_AND_GOES = r"""
import faulthandler, fcntl, json, logging, os, struct, subprocess, sys, threading, time
import cv2
from realtime.capture import frozen, open_source
from realtime.loop.live_source import LiveSource
from realtime.loop.camera_valve import CameraValve
from realtime.settings.schema import CameraSettings
from realtime.sinks import v4l2

faulthandler.dump_traceback_later(240, exit=True)  # shows what it waits for
said = []
log = logging.getLogger("greenless")
log.addHandler(logging.NullHandler())
log.handlers[0].handle = lambda record: said.append(record.getMessage())
log.setLevel(logging.WARNING)
handle = os.open("/dev/video0", os.O_RDWR)
control = lambda key, value: fcntl.ioctl(handle, 0xC008561C, struct.pack("Ii", key, value))  # VIDIOC_S_CTRL
ASLEEP = 0x00F0F040  # vivid's Percentage of Dropped Buffers

def after(words, then):
    def wait():
        while not any(words in line for line in list(said)):
            time.sleep(0.05)
        then()
    threading.Thread(target=wait, daemon=True).start()

def frame_when(words):
    # the size of the first frame after a line with these words
    while True:
        size = next(live_source).pixels.shape[:2]
        if any(words in line for line in list(said)):
            return size

def told():
    lines, said[:] = list(said), []
    return lines

seen, valve = {}, CameraValve()
settings = CameraSettings(camera="vivid", width=320, height=180, pixel_format="YUYV")
with LiveSource(lambda: open_source("camera", settings), valve) as live_source:
    control(ASLEEP, 100)
    after("stopped giving", lambda: control(ASLEEP, 0))
    seen["asleep"] = frame_when("open again"), told()

    valve.shut("nobody watches")
    waiting = threading.Thread(target=lambda: seen.update(taken=frame_when("open again")))
    waiting.start()
    while True:
        other = cv2.VideoCapture("/dev/video0", cv2.CAP_V4L2)
        if other.isOpened() and other.read()[0]:
            break
        other.release()
    valve.lift("nobody watches")
    after("seems to use it", other.release)
    waiting.join()
    seen["taken"] = seen["taken"], told()
os.close(handle)

WRITER = '''
import sys, time, numpy as np
from realtime.sinks.v4l2_writer import Writer
width, height, still = map(int, sys.argv[1:])
picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
camera = Writer("/dev/video10", width_px=width, height_px=height)
while True:
    picture = picture if still else np.roll(picture, 1, 0)
    camera.send(picture)
    time.sleep(0.02)
'''

def writer(*words):
    v4l2.heal("/dev/video10")
    writing = subprocess.Popen([sys.executable, "-c", WRITER, *map(str, words)])
    while not v4l2._capabilities("/dev/video10") & v4l2.CAN_CAPTURE:
        assert writing.poll() is None, "the writer has died"
        time.sleep(0.05)
    return writing

def end(writing):
    writing.kill()
    writing.wait()

frozen.FIRST_PATIENCE_S = 0.5
settings = CameraSettings(camera="/dev/video10", width=320, height=180, pixel_format="YU12")
writing = writer(320, 180, 1)
with LiveSource(lambda: open_source("camera", settings)) as live_source:
    seen["frozen"] = frame_when("reopening it"), told()
    end(writing)
    changed = []
    after("stopped giving", lambda: changed.append(writer(640, 360, 0)))
    seen["another size"] = frame_when("640x360"), told()
    end(changed[0])
print(json.dumps(seen))
"""


@pytest.mark.slow
def test_a_camera_that_sleeps_is_taken_hangs_or_changes_its_size_comes_back(v4l2_lab: Path) -> None:
    done = subprocess.run(
        [str(v4l2_lab), sys.executable, "-c", COMES_AND_GOES], cwd=ROOT, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    camera, lab = "vivid-000-vid-cap (/dev/video0)", "Lab (/dev/video10)"
    granted = f"{camera}, 320x180 at 30 fps, YUYV, V4L2"
    lost = "stopped giving frames; trying to open it again"
    assert seen["asleep"] == [[180, 320], [f"{camera} {lost}", f"{granted} is open again"]]
    refused = f"cannot open the camera {camera}: another program seems to use it"
    cure = "Close that program; sudo fuser -v /dev/video0 names it; trying again"
    assert seen["taken"] == [[180, 320], [f"{refused}. {cure}", f"{granted} is open again"]]
    frozen = f"{lab} repeats the same frame; reopening it"
    assert seen["frozen"] == [[180, 320], [frozen]]
    assert seen["another size"][0] == [360, 640]
    assert seen["another size"][1][-2:] == [f"{lab} {lost}", f"{lab}, 640x360 at 30 fps, YU12, V4L2 is open again"]
