"""Makes the model card of a training from its settings and the files in its output folder."""

import csv
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from models.training.model_card import ModelCard
from models.training.people import list_pairs, list_sequences
from models.training.settings import TrainSettings

FIGURES = {"iou": "IoU", "mad": "MAD", "band_mad": "MAD in the unknown band"}
"""The reported validation figures: their columns in the log, and their names in papers."""

PICTURES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})


def card_of_training(settings: TrainSettings) -> ModelCard:
    """Return the card of the finished training in ``settings.output``."""
    log = _log(settings.output / "log.csv")
    weights = settings.output / "weights.safetensors"
    figures = _last_figures(log)
    measured_on = "Nothing was measured: no validation folder was named."
    if settings.validation and figures:
        count = _count(settings.validation / "images")
        measured_on = (
            f"Mean over the {count} images of {settings.validation.name}, which are not training data, by the protocol "
            "of `greenless evaluate`. If another network made their mattes, this is agreement with that network."
        )
    start = f"`{settings.start.name}`" if settings.start else "random weights"
    return ModelCard(
        title=settings.output.resolve().name,
        summary=f"The network {settings.network}, trained by `greenless train` from {start}. {_size(weights)}",
        files={
            settings.output / "weights.onnx": "for greenless; weights stored as float16",
            weights: "the same for PyTorch, in float32, with the training heads",
        },
        measured_on=measured_on,
        figures={"validation": figures} if figures else {},
        data=[
            *(f"{len(list_pairs([one]))} images of people with mattes, {one.name}" for one in settings.people),
            *(f"{len(list_sequences([one]))} sequences of people who move, {one.name}" for one in settings.sequences),
            *(f"{_count(folder)} rooms, {folder.name}" for folder in settings.rooms),
            "Licences of these images, and consent of the people in them: fill in before you share the weights.",
        ],
        recipe=asdict(settings) | _spent(log),
        limits=[
            "Fill in what the worst images show: `greenless evaluate --images ... --mattes ... --sheet worst.png "
            f"--weights {weights.name}`.",
            "The network may have learnt errors of the mattes.",
        ],
    )


def _log(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _last_figures(log: list[dict[str, str]]) -> Mapping[str, float]:
    """Return the figures of the last validated row; empty if there is none."""
    for row in reversed(log):
        if row.get("iou"):
            return {title: float(row[name]) for name, title in FIGURES.items()}
    return {}


def _spent(log: list[dict[str, str]]) -> dict[str, object]:
    minutes = sum(float(row["seconds"]) for row in log) / 60
    return {"minutes": f"{minutes:.1f}", "last loss": log[-1]["total"]} if log else {}


def _size(weights: Path) -> str:
    """Return the number of parameters and operations, as papers count them."""
    from models.checkpoint import load_network
    from models.training.count import count_macs

    network = load_network(weights)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    gmac = count_macs(network, (288, 512)) / 1e9
    return f"{parameters / 1e6:.2f} million parameters, {gmac:.2f} GMAC at 512x288."


def _count(folder: Path) -> int:
    return sum(path.suffix.lower() in PICTURES for path in folder.iterdir())
