"""What ``greenless image`` writes as ``NAME_alpha.png``, in the form in which networks are measured."""

import cv2
import numpy as np

from models.evaluation import Predict
from realtime.frame import Alpha, Frame, Pixels
from realtime.matting.matter import Matter
from realtime.matting.refine.fine_edges import FineEdges
from realtime.matting.refine.finish import finished
from realtime.settings.schema import FinishSettings, Quality

QUALITY: Quality = "best"
"""The default of ``greenless image``."""


def as_image(matter: Matter) -> Predict:
    """Give the function from an image to its written matte, at the image's size, in steps of 1/255.

    The settings of the matter choose the size that the network sees; the size of the protocol does not count.
    """

    fine = FineEdges(matter)  # as greenless image has it at this quality

    def predict(pixels: Pixels, _size_px: tuple[int, int]) -> Alpha:
        frame = Frame(pixels=pixels, index=0, captured_s=0.0)
        (matte,) = finished(fine, FinishSettings(), [frame], QUALITY)
        return np.asarray(cv2.convertScaleAbs(matte.alpha, alpha=255) / np.float32(255), np.float32)

    return predict
