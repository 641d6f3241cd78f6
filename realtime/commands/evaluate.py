"""``greenless evaluate``: how far a network's mattes are from the true ones."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from models import weights
from realtime.commands.common import Common
from realtime.errors import WeightsError

if TYPE_CHECKING:
    from models.evaluation import Evaluation, Pixels, Predict
    from models.metrics import Alpha

THOUSANDTHS = ("mad", "mse", "band_mad", "band_mse")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Measure a network on a folder of pictures against their mattes (PNG of the same stem).

    Each picture goes in at about 147,000 pixels in its own aspect; the matte comes back to its size with no filter.
    """

    images: Annotated[Path, tyro.conf.arg(metavar="FOLDER")]
    """Folder of pictures."""

    mattes: Annotated[Path, tyro.conf.arg(metavar="FOLDER")]
    """Folder of their mattes."""

    weights: str = "greenless-lite"
    """Name of known weights or path of a .onnx, .ckpt or .safetensors file."""

    json: bool = False
    """Print the figures of every picture and their means as JSON."""

    common: Common = Common()


def main(options: Options) -> int:
    """Measure and print."""
    from models.evaluation import evaluate

    path = weights.find(options.weights)
    measured = evaluate(predictor(weights.onnx_for(path)), options.images, options.mattes)
    if options.json:
        print(json.dumps({"weights": options.weights, **asdict(measured)}, indent=1))
    else:
        print(table(measured))
    return 0


def predictor(path: Path) -> "Predict":
    """The network of an ONNX file, in float32 on the processor.

    Raises:
        WeightsError: ONNX Runtime cannot load the file.
    """
    import onnxruntime  # type: ignore[import-untyped]

    from models.evaluation import network_input

    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no base
        raise WeightsError(f"{path} is damaged or no ONNX network", cure="greenless weights verify") from error

    def predict(pixels: "Pixels", size_px: tuple[int, int]) -> "Alpha":
        matte: Alpha = session.run(None, {session.get_inputs()[0].name: network_input(pixels, size_px)})[0][0, 0]
        return matte

    return predict


def table(measured: "Evaluation") -> str:
    """The means, errors in thousandths as in the matting papers, and the five worst pictures."""
    means = asdict(measured.mean)
    lines = [f"{len(measured.pictures)} pictures, mean (MAD and MSE x 1000)"]
    lines += [f"  {name:<10}{value * 1000 if name in THOUSANDTHS else value:10.4f}" for name, value in means.items()]
    worst = sorted(measured.pictures.items(), key=lambda item: -item[1].mad)[:5]
    lines += ["the worst by MAD", *(f"  {stem}: MAD {row.mad * 1000:.1f}, IoU {row.iou:.3f}" for stem, row in worst)]
    return "\n".join(lines)
