"""The camera source on a real V4L2 device: the kernel's test camera."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import fcntl, json, os, struct
from itertools import islice
from realtime.capture import open_source
from realtime.capture.devices import list_cameras
from realtime.errors import SourceError, SourceLost
from realtime.settings import CameraSettings

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
    assert "captures no video" in seen["/dev/video10"]
    assert "--camera /dev/video0" in seen["7"]
    assert "stopped giving pictures" in seen["pulled out"]
    assert seen["back"] == [480, 640, 3]
