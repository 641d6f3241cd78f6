"""Times frames on a GPU: the network alone, and everything from the camera's pixels to the composite.

    python benchmarks/gpu.py [--pictures 300] > gpu.json

It prints JSON with p50 and p95 in milliseconds, for PyTorch on CUDA, and for ONNX Runtime on CUDA and TensorRT if they
are available:

- ``network``: 512x288 on the GPU, by GPU events; PyTorch only.
- ``matte``: upload of a 1280x720 frame, preparation, network, download of the matte.
- ``all``: also finish, framing and a plain colour, at the qualities fast and balanced.

With PyTorch the frame stays on the GPU until the composite is done. Only the removal of islands, and with balanced the
temporal filter, run on the CPU. With ONNX Runtime, finish and blend run on the CPU. The exit status is 2 if there is no
GPU. The figures to beat: 0.35 ms for the network, 0.75 ms for all.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing

import numpy as np

from benchmarks.comparison.coded_frames import CodedFrames, coded_frames
from benchmarks.comparison.webcam import draw
from models import weights
from realtime.errors import GreenlessError
from realtime.frame import Frame
from realtime.framing.framer import Framer
from realtime.loop.chain import Chain, Stages
from realtime.loop.stats import Stats
from realtime.matting import open_matter
from realtime.matting.refine.finish import Finish
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, LookSettings, MattingSettings, Quality, SceneSettings

SIZE_PX = (1280, 720)
NETWORK_PX = (512, 288)
PICTURES = 8
WARM_UP = 30
BACKGROUND = "#20c040"
QUALITIES: tuple[Quality, ...] = ("fast", "balanced")
CONFIGURATIONS = {
    "PyTorch, CUDA": MattingSettings(runtime="torch", provider="cuda", reference_size=NETWORK_PX[1]),
    "ONNX Runtime, CUDA": MattingSettings(runtime="onnx", provider="cuda", reference_size=NETWORK_PX[1]),
    "ONNX Runtime, TensorRT": MattingSettings(runtime="onnx", provider="tensorrt", reference_size=NETWORK_PX[1]),
}


def percentiles(step: Callable[[int], float], count: int) -> dict[str, float]:
    """Return the percentiles of the times that ``step`` returns, in ms, after a warm-up."""
    for index in range(WARM_UP):
        step(index)
    took = sorted(step(WARM_UP + index) for index in range(count))
    return {"p50_ms": round(statistics.median(took), 3), "p95_ms": round(took[int(0.95 * (count - 1))], 3)}


def measure(settings: MattingSettings, shown: CodedFrames, count: int) -> dict[str, object]:
    """Measure ``matte`` and, by quality, ``all`` of one runtime."""
    pictures = [shown.decoded(index) for index in range(PICTURES)]

    def frame(index: int) -> Frame:
        """Make a new frame, so that its caches do not speed up the next round."""
        return Frame(pixels=pictures[index % PICTURES], index=index, captured_s=index / 30)

    with closing(open_matter(settings, width_px=SIZE_PX[0], height_px=SIZE_PX[1])) as matter:

        def matte(index: int) -> float:
            start_s = time.perf_counter()
            matter.matte_batch([frame(index)])
            return 1000 * (time.perf_counter() - start_s)

        def everything(quality: Quality) -> dict[str, float]:
            finish, look = Finish(FinishSettings(), quality), Framer(LookSettings())
            scene = Scene(SceneSettings(background=BACKGROUND), quality)
            chain = Chain(Stages(matter=matter, finish=finish, look=look, scene=scene), Stats())

            def composite(index: int) -> float:
                start_s = time.perf_counter()
                chain.composite(frame(index))
                return 1000 * (time.perf_counter() - start_s)

            with closing(chain):
                return percentiles(composite, count)

        return {
            "name": matter.name,
            "matte": percentiles(matte, count),
            "all": {quality: everything(quality) for quality in QUALITIES},
        }


def network_alone(count: int) -> dict[str, float]:
    """Measure the network's share of the recorded steps by GPU events."""
    import torch

    from models.checkpoint import load_network

    path = weights.onnx_for(weights.find("greenless-lite")).with_suffix(".safetensors")
    network = load_network(path).to(device="cuda", dtype=torch.float16)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's types lack it
    image = torch.zeros((1, 3, *NETWORK_PX[::-1]), dtype=torch.float16, device="cuda")
    image = image.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        for _ in range(3):
            network(image)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            network(image)

        def replay(_: int) -> float:
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            begin.record()
            graph.replay()
            end.record()
            torch.cuda.synchronize()
            return float(begin.elapsed_time(end))

        return percentiles(replay, count)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=300)
    count = parser.parse_args().pictures
    shown = coded_frames(draw(PICTURES, (320, 180)), SIZE_PX, np.zeros((*SIZE_PX[::-1], 3), np.uint8))
    found: dict[str, object] = {}
    for name, settings in CONFIGURATIONS.items():
        try:
            found[name] = measure(settings, shown, count)
        except GreenlessError as error:
            print(f"{name}: {error}", file=sys.stderr)
    if not found:
        return 2
    if "PyTorch, CUDA" in found:
        found["network"] = network_alone(count)
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
