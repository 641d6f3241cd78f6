"""Measures the savings and the loss if the semantic branch runs only on every second frame.

    python benchmarks/semantic.py [--pictures 16]

It prints JSON for the built-in network in PyTorch on one thread: the share of CPU time in layers below 1/8 of the
frame's size, which only the semantic branch uses, and the error of the mattes with the semantic branch of the same
frame and of the previous one. The error is MAD x 1000 against the drawn sample's exact alpha, for the whole frame and
the band around the edge. ``--step 2`` takes every second frame, which doubles the speed of movement. Needs the extra
``torch``.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from benchmarks.comparison.webcam import draw
from models.lite import Lite, up
from realtime.matting.resize import prepare

SIZE_PX = (384, 224)
WEIGHTS = Path(__file__).resolve().parent.parent / "pretrained" / "greenless-lite.safetensors"
ROUNDS = 20


def trunk(network: Lite, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Compute the features at 1/2, 1/4 and 1/8, which the detail branch uses."""
    e2 = network.encoder.enc2x(image)
    e4 = network.encoder.enc4x(e2)
    return e2, e4, network.encoder.enc8x(e4)


def semantic(network: Lite, e8: Tensor) -> Tensor:
    """Compute the semantic features at 1/16: all layers below 1/8."""
    e16 = network.encoder.enc16x(e8)
    found: Tensor = network.lr_16x(F.relu(e16 + up(network.lr_32x(network.encoder.enc32x(e16)))))
    return found


def matte(network: Lite, features: tuple[Tensor, Tensor, Tensor], lr16x: Tensor) -> Tensor:
    """Compute the matte from the features of one frame and the semantic features of the same or another one."""
    e2, e4, e8 = features
    lr8x = network.lr_8x(F.relu(network.lr_skip8x(e8) + up(network.lr_out16x(lr16x))))
    return network._fuse(lr8x, network._detail(e2, e4, lr8x))


def errors(found: Tensor, true: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Return MAD x 1000 of the whole frame, and of the band in which alpha varies."""
    difference = np.abs(found[0, 0].numpy() - true)
    window = np.ones((9, 9), np.uint8)
    band = cv2.dilate(true, window) - cv2.erode(true, window) > 0.05
    return 1000 * float(difference.mean()), 1000 * float(difference[band].mean())


@torch.inference_mode()
def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--step", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = Lite().eval()
    network.load_state_dict(load_file(WEIGHTS))
    shown = draw(arguments.pictures * arguments.step, (640, 360))[:: arguments.step]
    images = [torch.from_numpy(prepare(pixels, SIZE_PX))[None] for pixels, _ in shown]
    small = [cv2.resize(alpha, SIZE_PX, interpolation=cv2.INTER_AREA) for _, alpha in shown]
    trues = [np.asarray(alpha / 255, np.float32) for alpha in small]
    features = [trunk(network, image) for image in images]
    semantics = [semantic(network, e8) for _, _, e8 in features]
    assert torch.allclose(matte(network, features[0], semantics[0]), network(images[0]), atol=1e-5)
    same = [errors(matte(network, features[i], semantics[i]), trues[i]) for i in range(1, len(shown))]
    before = [errors(matte(network, features[i], semantics[i - 1]), trues[i]) for i in range(1, len(shown))]
    whole_s, below_s = [], []
    for _ in range(ROUNDS):
        start_s = time.thread_time()
        network(images[0])
        between_s = time.thread_time()
        semantic(network, features[0][2])
        whole_s.append(between_s - start_s)
        below_s.append(time.thread_time() - between_s)
    share = statistics.median(below_s) / statistics.median(whole_s)
    found = {"share_below_eighth": round(share, 3), "saved_every_second": round(share / 2, 3)}
    for name, measured in (("same", same), ("before", before)):
        mad, band = (round(statistics.fmean(values), 2) for values in zip(*measured, strict=True))
        found[f"mad_of_{name}"], found[f"band_of_{name}"] = mad, band
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
