"""The model card of a training: its settings and what it left in its folder go in, a ``ModelCard`` comes out."""

import csv
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from models.model_card import ModelCard
from models.training.settings import TrainSettings

FIGURES = {"iou": "IoU", "mad": "MAD", "band_mad": "MAD in the unknown band"}
"""What is told of the validation: the log's columns, and how the papers call them."""

PICTURES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})


def train_model_card(settings: TrainSettings) -> ModelCard:
    """The card of the training in ``settings.output`` that is over."""
    log = _log(settings.output / "log.csv")
    weights = settings.output / "weights.safetensors"
    figures = _last_figures(log)
    measured_on = "Nothing was measured: no validation folder was named."
    if settings.validation and figures:
        count = _count(settings.validation / "images")
        measured_on = (
            f"Mean over the {count} pictures of {settings.validation.name}, never trained on, by the protocol of "
            "`greenless evaluate`. If their mattes are another network's, this is agreement with that network."
        )
    start = f"`{settings.start.name}`" if settings.start else "nothing"
    return ModelCard(
        title=settings.output.resolve().name,
        summary=f"The network {settings.network}, trained by `greenless train` from {start}. {_size(weights)}",
        files={
            settings.output / "weights.onnx": "what runs; weights stored as float16",
            weights: "the same for PyTorch, in float32, with the heads of training",
        },
        measured_on=measured_on,
        figures={"validation": figures} if figures else {},
        data=[
            *(
                f"{_count(folder / 'images')} pictures of people with mattes, {folder.name}"
                for folder in settings.people
            ),
            *(f"{_count(folder)} rooms, {folder.name}" for folder in settings.rooms),
            "Licences of these pictures, and consent of who is on them: fill in before you pass the weights on.",
        ],
        recipe=asdict(settings) | _spent(log),
        limits=[
            "Fill in what the worst pictures show: `greenless evaluate --images ... --mattes ... --sheet worst.png "
            f"--weights {weights.name}`.",
            "What the mattes get wrong, the network may have learnt.",
        ],
    )


def _log(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _last_figures(log: list[dict[str, str]]) -> Mapping[str, float]:
    """Of the last row that was validated; empty where none was."""
    for row in reversed(log):
        if row.get("iou"):
            return {title: float(row[name]) for name, title in FIGURES.items()}
    return {}


def _spent(log: list[dict[str, str]]) -> dict[str, object]:
    minutes = sum(float(row["seconds"]) for row in log) / 60
    return {"minutes": f"{minutes:.1f}", "last loss": log[-1]["total"]} if log else {}


def _size(weights: Path) -> str:
    """Parameters and operations, as papers count them."""
    from models.checkpoint import load_network
    from models.count import count_macs

    network = load_network(weights)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    gmac = count_macs(network, (288, 512)) / 1e9
    return f"{parameters / 1e6:.2f} million parameters, {gmac:.2f} GMAC at 512x288."


def _count(folder: Path) -> int:
    return sum(path.suffix.lower() in PICTURES for path in folder.iterdir())
