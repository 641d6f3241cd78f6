"""Makes the image of crops for the README: hair, glasses, hand and blur, before and after the finish.

    python benchmarks/crops.py docs/finish.png

Rows are drawn persons with mattes from the built-in network. Columns: the frame, the composite with a bilinear matte
and the camera's colours, and the composite with the guided matte and clean colours (``--quality balanced``). The last
row shows the first person before the blurred room: a plain blur, which leaves a halo, then ``blur`` and ``lens``.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.people.sample import Rendered, Truth
from models import weights
from realtime.commands.network.predictors import open_network
from realtime.frame import Alpha, CoarseMatte, Frame, Matte, Pixels
from realtime.matting.refine.finish import Finish
from realtime.scene.blend import blend
from realtime.scene.blur import Blur
from realtime.scene.compose import Scene
from realtime.scene.edge_colours import cut_out
from realtime.scene.rim import Rim
from realtime.settings.schema import FinishSettings, Quality, SceneSettings

SIZE_PX, COARSE_PX = (1280, 720), (512, 288)
CROP_PX, SHOWN_PX, GAP_PX, HEAD_PX = (288, 180), (384, 240), 6, 26
PLATE = "#2b6a8f"


@dataclass(frozen=True, kw_only=True)
class Row:
    """The crop of one row: person, frame, and centre as shares of the frame's size."""

    title: str
    seed: int
    index: int
    middle: tuple[float, float]


ROWS = (
    Row(title="hair", seed=2, index=20, middle=(0.56, 0.28)),
    Row(title="hand", seed=7, index=360, middle=(0.42, 0.63)),
    Row(title="glasses", seed=1, index=20, middle=(0.45, 0.41)),
)


def crop(pixels: Pixels, row: Row) -> Pixels:
    """Cut out the part that a row shows."""
    left, top = (
        int(np.clip(part * full - wide / 2, 0, full - wide))
        for part, full, wide in zip(row.middle, SIZE_PX, CROP_PX, strict=True)
    )
    shown = pixels[top : top + CROP_PX[1], left : left + CROP_PX[0]]
    return np.asarray(cv2.resize(shown, SHOWN_PX, interpolation=cv2.INTER_CUBIC), np.uint8)


def composite(truth: Truth, coarse: Alpha, quality: Quality, background: str) -> Pixels:
    """Make the composite."""
    frame = Frame(pixels=truth.pixels, index=0, captured_s=0.0)
    matte = Finish(FinishSettings(temporal="off"), quality).finish(CoarseMatte(alpha=coarse, frame=frame))
    assert matte
    return Scene(SceneSettings(background=background), quality).compose(matte).pixels


def with_halo(truth: Truth, coarse: Alpha) -> Pixels:
    """Make the composite before the room, blurred with the person in it."""
    frame = Frame(pixels=truth.pixels, index=0, captured_s=0.0)
    plate = Blur(0.5).plate(Matte(alpha=np.zeros_like(truth.alpha), frame=frame))
    matte = Finish(FinishSettings(temporal="off"), "balanced").finish(CoarseMatte(alpha=coarse, frame=frame))
    assert matte
    rim = Rim.of(matte.alpha)
    return blend(cut_out(truth.pixels, rim), plate, rim)


def titled(pixels: Pixels, title: str) -> Pixels:
    """Put a title above a crop."""
    head = np.full((HEAD_PX, pixels.shape[1], 3), 255, np.uint8)
    cv2.putText(head, title, (4, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack((head, pixels))


def line(crops: list[Pixels]) -> Pixels:
    """Join crops side by side."""
    gap = np.full((crops[0].shape[0], GAP_PX, 3), 255, np.uint8)
    return np.hstack([part for pixels in crops for part in (pixels, gap)][:-1])


def main() -> None:
    """Draw, compose and write the image."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    predict = open_network(weights.onnx_for(weights.find("greenless-lite"))).still
    lines = []
    for row in ROWS:
        truth = Rendered(*SIZE_PX, seed=row.seed).truth(row.index)
        coarse = np.clip(predict(truth.pixels, COARSE_PX), 0, 1)
        shown = {
            f"{row.title}: the camera": truth.pixels,
            "bilinear matte, camera's colours": composite(truth, coarse, "fast", PLATE),
            "guided matte, clean colours": composite(truth, coarse, "balanced", PLATE),
        }
        lines.append(line([titled(crop(pixels, row), title) for title, pixels in shown.items()]))
        if row is ROWS[0]:
            blurs = {
                "a plain blur: the person's halo": with_halo(truth, coarse),
                "blur:0.5": composite(truth, coarse, "balanced", "blur:0.5"),
                "lens:0.5": composite(truth, coarse, "balanced", "lens:0.5"),
            }
            last = line([titled(crop(pixels, row), title) for title, pixels in blurs.items()])
    output.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(output), np.vstack([*lines, last]), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
