"""The adaptation of a network to the frames of a camera, in PyTorch: adapt, compare, save or refuse.

It writes the weights for PyTorch and ONNX, a model card and a comparison sheet.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.checkpoint import load_network, save_network
from models.evaluation import Figures, Predict, measure, network_input
from models.export import export_onnx
from models.metrics import Alpha
from models.pairs import Pair
from models.training.model_card import ModelCard, write_model_card
from models.training.settings import AdaptSettings
from models.training.soc import Progress, adapt, disagreement
from realtime.commands.network.sheets import write_comparison
from realtime.errors import WeightsError
from realtime.frame import Pixels
from realtime.matting.resize import network_size

ASIDE_EVERY = 5
"""One of this many frames is for comparing the branches only, not for adapting."""

ALLOWED = 0.02
"""Relative limit for a larger error or a smaller IoU on frames with known mattes."""

SHOWN = 4
"""Rows of the sheet."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The measurements of a network."""

    disagreement: float
    """Disagreement of its branches (the semantic term of SOC), mean over the held-out frames."""

    figures: Figures
    """Mean over the frames with known mattes."""


class Adaptation:
    """A network before and after the adaptation.

    Args:
        base: checkpoint of the network to adapt.
        settings: the parameters.
        pictures: frames of the camera, ``(H, W, 3) uint8 BGR``, in order.
        progress: called after every step with the steps done and their total.

    Raises:
        WeightsError: the checkpoint is damaged or belongs to another network.
    """

    def __init__(self, base: Path, settings: AdaptSettings, pictures: Sequence[Pixels], progress: Progress) -> None:
        torch.set_flush_denormal(True)
        self.base, self.settings, self.pictures = base, settings, pictures
        network: Any = load_network(base)  # torch's types do not know Module.to(memory_format=...)
        self.before = network.to(settings.device, memory_format=torch.channels_last)
        tensors = [_tensor(picture, settings) for picture in pictures]
        self.aside = tensors[ASIDE_EVERY // 2 :: ASIDE_EVERY]
        self.met = [t for number, t in enumerate(tensors) if number % ASIDE_EVERY != ASIDE_EVERY // 2]
        self.after = adapt(
            self.before, self.met, epochs=settings.epochs, learning_rate=settings.learning_rate, progress=progress
        )

    def compare(self, pairs: Sequence[Pair], progress: Progress) -> tuple[State, State]:
        """Measure the network before and after; call ``progress`` after every frame."""
        done = itertools.count(1)

        def watched() -> Iterator[Pair]:
            for pair in pairs:
                yield pair
                progress(next(done), 2 * len(pairs))

        before, after = (
            State(disagreement=_disagreement(network, self.aside), figures=measure(_predictor(network), watched()).mean)
            for network in (self.before, self.after)
        )
        return before, after

    def show(self, path: Path) -> None:
        """Write the sheet with a few frames: original | before | after."""
        moments = np.linspace(0, len(self.pictures) - 1, min(SHOWN, len(self.pictures))).round().astype(int)
        write_comparison(path, _predictor(self.before), _predictor(self.after), [self.pictures[i] for i in moments])

    def save(self, path: Path, before: State, after: State, measured_on: str) -> list[Path]:
        """Write the weights to ``path``, and the ONNX file and the model card next to it; return all paths.

        Raises:
            WeightsError: a file is not writable.
        """
        base, settings, onnx = self.base, self.settings, path.with_suffix(".onnx")
        export_onnx(self.after, onnx, fp16_weights=True)
        save_network(self.after, path, {"base": base.name, "adapted": "SOC"})
        card = ModelCard(
            title=path.stem,
            summary=f"`{base.name}`, adapted to one camera without mattes by MODNet's SOC (arXiv 2011.11961).",
            files={onnx: "for greenless; weights stored as float16", path: "the same for PyTorch, in float32"},
            measured_on=f"The mattes were compared on {measured_on}. The disagreement of the branches (the semantic "
            f"term of SOC) was measured on {len(self.aside)} held-out frames of the camera.",
            figures={"before": _columns(before), "after": _columns(after)},
            data=[
                f"{len(self.met)} frames of one camera, without mattes. The weights contain none of them; "
                f"`{path.with_suffix('.png').name}` shows some.",
                f"For the training data of `{base.name}`, see its own card.",
            ],
            recipe={
                **{"base": base, "epochs": settings.epochs, "learning rate": settings.learning_rate},
                "reference size": f"{settings.reference_size} px",
            },
            limits=[
                "For the camera, the room and the persons of those frames; elsewhere the base may be better.",
                "SOC does not improve edges. It can fill or clear only areas in which the branches disagree.",
                "Your frames formed the weights, so you decide whether to share them. The licence of the base applies.",
            ],
        )
        write_model_card(card, path.with_suffix(".md"))
        return [path, onnx, path.with_suffix(".md")]


def refuse_worse(before: State, after: State, measured_on: str, sheet: Path) -> None:
    """Raise if the mattes are worse by more than ``ALLOWED``, or NaN.

    Raises:
        WeightsError: they are.
    """
    old, new = before.figures, after.figures
    faults = [
        f"{name} went from {was:.4f} to {now:.4f}"
        for name, was, now, fine in (
            ("IoU", old.iou, new.iou, new.iou >= old.iou * (1 - ALLOWED)),
            ("MAD", old.mad, new.mad, new.mad <= old.mad * (1 + ALLOWED)),
        )
        if not fine
    ]
    if faults:
        raise WeightsError(
            f"the adapted network is worse on {measured_on}: {' and '.join(faults)} (limit {ALLOWED:.0%}); "
            "no weights were written",
            cure=f"Look at the changes in {sheet}; record other scenes, or set fewer --epochs",
        )


def _tensor(picture: Pixels, settings: AdaptSettings) -> Tensor:
    size = network_size(picture.shape[1], picture.shape[0], settings.reference_size)
    image: Any = torch.from_numpy(network_input(picture, size))
    tensor: Tensor = image.to(settings.device, memory_format=torch.channels_last)
    return tensor


@torch.no_grad()
def _disagreement(network: Any, pictures: Sequence[Tensor]) -> float:
    return float(np.mean([float(disagreement(network.branches(picture))) for picture in pictures]))


def _predictor(network: nn.Module) -> Predict:
    device = next(network.parameters()).device

    @torch.no_grad()
    def predict(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        image = torch.from_numpy(network_input(pixels, size_px)).to(device)
        return np.asarray(network(image)[0, 0].float().cpu())

    return predict


def _columns(state: State) -> dict[str, float]:
    figures = state.figures
    return {
        **{"IoU": figures.iou, "MAD": figures.mad, "MAD in the unknown band": figures.band_mad},
        "disagreement": state.disagreement,
    }
