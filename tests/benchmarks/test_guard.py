"""The guard against lost speed: what greenless costs against the plain implementation, in one run, as a ratio.

Of the processor's time of one thread, the least of a few: what else runs on the machine hardly moves that.
"""

import time

import cv2
import numpy as np
import pytest

from benchmarks.comparison.candidates import LITE, Greenless
from benchmarks.comparison.coded_frames import coded_frames
from benchmarks.comparison.stopwatch import Stopwatch
from benchmarks.comparison.webcam import draw
from realtime.commands.stage_times import FIXED
from realtime.frame import Frame
from realtime.settings.schema import MattingSettings

LEAST = 5.0
"""A third of what was measured."""

SIZE_PX = (1280, 720)


def least_processor_s(candidate, shown, rounds):
    spent = []
    for index in range(rounds):
        before_s = time.process_time()
        frame = Frame(pixels=shown.decoded(index), index=index, captured_s=index / 30)
        candidate.step(frame, Stopwatch())
        spent.append(time.process_time() - before_s)
    return min(spent)


@pytest.mark.slow
def test_a_picture_costs_a_fraction_of_what_the_plain_way_spends(tmp_path):
    torch = pytest.importorskip("torch")
    from benchmarks.comparison.plain import Plain

    shown = coded_frames(draw(1, (320, 180)), SIZE_PX, np.zeros((720, 1280, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "room.png"), shown.room)
    onnx = {**FIXED, "runtime": "onnx", "precision": "float32", "threads": 1, "reference_size": 288}
    ours = Greenless("lite", MattingSettings(weights=LITE, **onnx), SIZE_PX, tmp_path / "room.png")
    try:
        ours_s = least_processor_s(ours, shown, 4)
    finally:
        ours.close()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several would wait for each other at the processor's cost
    try:
        assert least_processor_s(Plain(), shown, 2) >= LEAST * ours_s
    finally:
        torch.set_num_threads(threads)
