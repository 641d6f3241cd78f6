"""The plain implementation to compare with: the steps of the demo published with MODNet, written for this benchmark.

It puts the person before white: PyTorch in eager mode with its default threads, the frame cropped to 672x512, numpy for
the blend, one step after the other.
"""

import cv2
import numpy as np
import torch

from benchmarks.comparison.stopwatch import Stopwatch
from models.modnet import MODNet
from realtime.frame import Alpha, Frame, Pixels

WIDTH_PX, HEIGHT_PX = 672, 512


class Plain:
    """The steps of the published demo, with random weights, because they do not affect the time."""

    name = "plain: MODNet, PyTorch"
    network_px = (WIDTH_PX, HEIGHT_PX)
    slow = True

    def __init__(self) -> None:
        torch.manual_seed(0)
        self._network = MODNet().eval()
        self.shown: Pixels | None = None

    def step(self, frame: Frame, watch: Stopwatch) -> Alpha | None:
        """Process one frame. Returns no matte, because the frame is cropped."""
        with torch.no_grad():
            pixels = cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2RGB)
            pixels = cv2.resize(pixels, (max(WIDTH_PX, frame.width_px * HEIGHT_PX // frame.height_px), HEIGHT_PX))
            left = (pixels.shape[1] - WIDTH_PX) // 2
            pixels = cv2.flip(pixels[:, left : left + WIDTH_PX], 1)
            image = (torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - 0.5) / 0.5
            matte = self._network(image[None]).repeat(1, 3, 1, 1)[0].numpy().transpose(1, 2, 0)
        watch.lap("infer")
        shown = matte * pixels + (1 - matte) * np.full(pixels.shape, 255.0)
        self.shown = np.asarray(cv2.cvtColor(shown.astype(np.uint8), cv2.COLOR_RGB2BGR), np.uint8)
        watch.lap("scene")
        return None

    def close(self) -> None:
        """Do nothing: nothing is open."""
