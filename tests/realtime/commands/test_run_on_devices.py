"""greenless run on real V4L2 devices: from a camera into a virtual camera that another program reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

WIDTH_PX, HEIGHT_PX = 640, 480

IN_THE_LAB = """
import os, subprocess, sys, time
import cv2, numpy as np

camera = cv2.VideoCapture("/dev/video0", cv2.CAP_V4L2)
camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"YUYV"))
room = camera.read()[1]
camera.release()
words = "run --pixel-format YUYV --width 640 --height 480 --fps 25 --background #ff0000 --sink virtual-camera"
words += f" --weights {sys.argv[1]} --reference-size 64 --seconds 60 --no-page --json"
with open(os.environ["LAB_OUT"] + "/stats.json", "w") as stats:
    run = subprocess.Popen([sys.executable, "-m", "realtime", *words.split()], stdout=stats)
seen = []
while run.poll() is None and len(seen) < 5:
    reader = cv2.VideoCapture("/dev/video10", cv2.CAP_V4L2)
    while reader.isOpened() and len(seen) < 5:
        got, picture = reader.read()
        if not got:
            break
        seen.append(picture)
    reader.release()
    time.sleep(0.2)
run.terminate()
np.savez(os.environ["LAB_OUT"] + "/seen.npz", room=room, seen=np.array(seen))
sys.exit(run.wait())
"""


@pytest.fixture
def left_half(tmp_path: Path) -> Path:
    """A network in ONNX that takes whatever is in the left half for the person."""
    onnx = pytest.importorskip("onnx", reason="onnx is in the extra torch")
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("ReduceMean", ["input", "channels"], ["grey"], keepdims=1),
        helper.make_node("Mul", ["grey", "zero"], ["zeros"]),
        helper.make_node("Add", ["zeros", "one"], ["ones"]),
        helper.make_node("CumSum", ["ones", "across"], ["column"]),
        helper.make_node("ReduceMax", ["column", "spatial"], ["width"], keepdims=1),
        helper.make_node("Div", ["column", "width"], ["place"]),
        helper.make_node("LessOrEqual", ["place", "half"], ["left"]),
        helper.make_node("Cast", ["left"], ["output"], to=TensorProto.FLOAT),
    ]
    constants = [
        helper.make_tensor("channels", TensorProto.INT64, [1], [1]),
        helper.make_tensor("across", TensorProto.INT64, [], [3]),
        helper.make_tensor("spatial", TensorProto.INT64, [1], [3]),
        *(helper.make_tensor(n, TensorProto.FLOAT, [], [v]) for n, v in (("zero", 0.0), ("one", 1.0), ("half", 0.5))),
    ]
    graph = helper.make_graph(
        nodes,
        "left",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 1, "H", "W"])],
        constants,
    )
    path = tmp_path / "left.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path


@pytest.mark.v4l2
@pytest.mark.slow
def test_another_program_sees_the_person_before_the_new_background(
    v4l2_lab: Path, left_half: Path, tmp_path: Path
) -> None:
    command = [str(v4l2_lab), sys.executable, "-c", IN_THE_LAB, str(left_half)]
    environment = {**os.environ, "LAB_OUT": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    stats = json.loads((tmp_path / "stats.json").read_text())
    assert stats["frames"] > 5
    assert "/dev/video0" in stats["source"]
    assert stats["sinks"] == [f"virtual camera /dev/video10, {WIDTH_PX}x{HEIGHT_PX}"]

    pictures = np.load(tmp_path / "seen.npz")
    room, seen = pictures["room"].astype(int), pictures["seen"].astype(int)
    assert seen.shape == (5, HEIGHT_PX, WIDTH_PX, 3)
    edge = 40  # the matte's edge is as soft as the small network's pixels are wide
    left, right = slice(0, WIDTH_PX // 2 - edge), slice(WIDTH_PX // 2 + edge, WIDTH_PX)
    red = np.abs(seen[:, :, right] - [0, 0, 255])
    assert red.max() <= 8, "camera pixels behind the person"
    person = np.abs(seen[:, :, left] - room[:, left])
    assert np.median(person) <= 4
    assert person.mean() <= 12
