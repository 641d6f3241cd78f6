"""Supervised training of a network from people and rooms.

``train(settings)`` writes into ``settings.output``: ``checkpoint.pt`` (to resume), ``weights.safetensors`` (the
exponential average of the weights), ``log.csv`` (one row per report) and, at the end, ``weights.onnx``. The same
command resumes from the checkpoint.
"""

import copy
import logging
import math
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from models.checkpoint import NETWORKS, load_network, network_name, save_network
from models.errors import ParityError, WeightsError
from models.evaluation import Pixels, evaluate, network_input
from models.export import export_onnx
from models.files import cannot_write, replacing
from models.metrics import Alpha
from models.network_size import on_grid
from models.prediction import Prediction
from models.training.batches import Schedule, StudioDataset
from models.training.data import Mix, Studio
from models.training.log import Log, own_memory_mb
from models.training.losses import semantic_loss, total_loss
from models.training.optimiser import Optimiser
from models.training.pack import load_people, load_rooms, load_sequences
from models.training.people import list_images
from models.training.settings import Progress, TrainSettings

logger = logging.getLogger("greenless")

FIRST_SIDES = (128,) * 6
SIDES = (192,) * 3 + (256,) * 3 + (320,) * 3 + (384,)
"""Sides of the square images, for equal parts of the training: small and fast first, the size of use last.

A training from random weights begins with ``FIRST_SIDES``.
"""

ASPECTS = (1.0, 16 / 9, 3 / 4, 4 / 3)
"""Width by height of the images; every batch has one of them."""


def shapes(side_px: int) -> tuple[tuple[int, int], ...]:
    """Return a size (height, width) for each aspect: about ``side_px`` squared pixels, on the network's grid."""
    return tuple((on_grid(side_px / aspect**0.5), on_grid(side_px * aspect**0.5)) for aspect in ASPECTS)


def rate(step: int, settings: TrainSettings, warm_up: int = 200) -> float:
    """Return the learning rate at ``step``: a linear rise, then a power decay."""
    rise = min(1.0, (step + 1) / warm_up)
    return settings.learning_rate * rise * float(max(0.0, 1 - step / settings.steps) ** 0.9)


def _silent(step: int, steps: int, loss: float | None) -> None:
    """Report nothing."""


def _network(settings: TrainSettings) -> nn.Module:
    kind = NETWORKS[settings.network]
    network = kind() if settings.start is None else load_network(settings.start)
    if type(network) is not kind:
        raise WeightsError(
            f"{settings.start} holds another network than {settings.network}",
            cure=f"Use --network {network_name(network)}",
        )
    return network


class Run:
    """Network, averaged network, optimiser and step of one training."""

    def __init__(self, settings: TrainSettings) -> None:
        torch.manual_seed(settings.seed)
        torch.set_flush_denormal(True)
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self.settings = settings
        self.device = torch.device(settings.device)
        network: Any = _network(settings)  # torch's types do not know Module.to(memory_format=...)
        self.network = network.to(self.device, memory_format=torch.channels_last)
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        if self.device.type == "cpu":
            _depthwise_in_float32(self.network)
            if settings.precision == "bf16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
                logger.warning("this CPU is many times slower in bf16 than in f32. Use --precision f32")
        self.optimiser = Optimiser(self.network, settings.weight_decay)
        self.step = 0

    @property
    def checkpoint(self) -> Path:
        """The file that ``resume`` reads and ``save`` writes."""
        return self.settings.output / "checkpoint.pt"

    def resume(self) -> None:
        """Restore the checkpoint, if there is one.

        Raises:
            WeightsError: the checkpoint is damaged, or holds another network.
        """
        if not self.checkpoint.exists():
            return
        try:
            state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.averaged.load_state_dict(state["averaged"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = int(state["step"])
        except Exception as error:  # torch, zipfile and pickle raise different errors
            raise WeightsError(
                f"{self.checkpoint} is damaged, or no checkpoint of the network {self.settings.network}",
                cure="Use another folder with --output, or delete that file to start from the beginning",
            ) from error
        logger.info("resuming at step %d", self.step)

    def save(self) -> None:
        """Write checkpoint and averaged weights, each atomically."""
        state = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }
        with replacing(self.checkpoint) as part:
            torch.save(state, part)
        save_network(self.averaged, self.settings.output / "weights.safetensors", {"step": str(self.step)})

    @property
    def pairs_from(self) -> int:
        """The step from which a batch holds pairs of frames."""
        return math.ceil(self.settings.pairs_from * self.settings.steps)

    def advance(self, image: Tensor, matte: Tensor, band: Tensor) -> dict[str, Tensor]:
        """Take one optimiser step on uint8 ``image``, ``matte`` and its unknown ``band``; return the loss terms."""
        image = image.to(self.device, memory_format=torch.channels_last).float().div_(127.5).sub_(1)
        matte = matte.to(self.device).float().div_(255)
        terms = self._terms(image, matte, band.to(self.device).float())
        self.optimiser.clear()
        torch.autograd.backward(torch.stack(tuple(terms.values())).sum())
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step(rate(self.step, self.settings))
        self.step += 1
        self._average()
        return {name: term.detach() for name, term in terms.items()}

    def _terms(self, image: Tensor, matte: Tensor, band: Tensor) -> dict[str, Tensor]:
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.settings.precision == "bf16"):
            if self.settings.phase == "semantic":
                coarse = self.network.semantics(image)
            else:
                prediction = self.network.branches(image)
        if self.settings.phase == "semantic":
            return {f"semantic_{16 >> i}x": semantic_loss(part.float(), matte) for i, part in enumerate(coarse)}
        prediction = Prediction(*(output.float() for output in prediction))
        separate = self.settings.edges == "separate"
        return total_loss(prediction, matte, band, image, pairs=self.step >= self.pairs_from, separate=separate)

    @torch.no_grad()
    def _average(self) -> None:
        weight = 1 - min(self.settings.average, (1 + self.step) / (10 + self.step))
        for mean, now in zip(self.averaged.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(now, weight)
            else:
                mean.copy_(now)


def _depthwise_in_float32(network: nn.Module) -> None:
    """Compute depthwise convolutions in float32 under autocast: in bfloat16 oneDNN takes twice as long backwards."""

    def forward(convolution: nn.Conv2d, image: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return nn.Conv2d.forward(convolution, image.float())

    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            module.forward = partial(forward, module)  # type: ignore[method-assign]


def _one_thread(_: int) -> None:
    cv2.setNumThreads(0)


def loader(run: Run) -> "DataLoader[Any]":
    """Load batches of uint8 images, mattes and bands from the current step of ``run`` to its end."""
    settings = run.settings
    cache = settings.cache or settings.output / "cache"
    people = load_people(settings.people, cache=cache, long_side_px=settings.long_side_px)
    rooms = load_rooms(settings.rooms, cache=cache, long_side_px=settings.long_side_px)
    sequences = load_sequences(settings.sequences, cache=cache, long_side_px=settings.long_side_px)
    hands = load_people(settings.hands, cache=cache, long_side_px=settings.long_side_px)
    studio = Studio(people, rooms, sequences, hands, mix=Mix(), seed=settings.seed)
    sides = settings.sides or (SIDES if settings.start else FIRST_SIDES + SIDES)
    schedule = Schedule(
        [shapes(side) for side in sides],
        settings.steps,
        settings.batch,
        start=run.step,
        seed=settings.seed,
        pairs_from=run.pairs_from,
    )
    return DataLoader(
        StudioDataset(studio), batch_sampler=schedule, num_workers=settings.workers, worker_init_fn=_one_thread,
        prefetch_factor=4 if settings.workers else None,
    )  # fmt: skip


def train(settings: TrainSettings, progress: Progress = _silent) -> Path:
    """Train, or resume a training, and return the path of the exported network.

    Raises:
        models.errors.GreenlessError: a folder is empty, or a matte is missing or has another size than its image.
    """
    try:
        settings.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # reported before the first steps
        raise cannot_write(settings.output, error) from error
    run = Run(settings)
    run.resume()
    log = Log(settings.output / "log.csv")
    logger.info("training %s: %s", settings.network, asdict(settings))
    run.network.train()
    sums: dict[str, Tensor] = {}
    since, count = time.perf_counter(), 0
    for image, matte, band in loader(run):
        for name, term in run.advance(image, matte, band).items():
            sums[name] = sums.get(name, torch.zeros((), device=run.device)) + term
        count += 1
        if run.step % settings.report_every and run.step != settings.steps:
            progress(run.step, settings.steps, None)
            continue
        run.save()
        means = {name: float(term) / count for name, term in sums.items()}
        figures = {"step": run.step, "rate": rate(run.step, settings), "seconds": time.perf_counter() - since, **means}
        figures["total"] = sum(means.values())
        figures |= {"samples_per_s": count * settings.batch / figures["seconds"], "memory_mb": own_memory_mb()}
        if settings.validation and (run.step % settings.validate_every == 0 or run.step == settings.steps):
            figures |= validate(run.averaged, settings.validation, run.device)
        log.row(**figures)
        logger.info("step %d of %d: %s", run.step, settings.steps, {k: round(v, 4) for k, v in figures.items()})
        progress(run.step, settings.steps, figures["total"])
        sums, since, count = {}, time.perf_counter(), 0
    return export(run)


def export(run: Run) -> Path:
    """Write the averaged network as ONNX and check it against PyTorch, on validation images too.

    The file stores the weights as float16 if the mattes stay the same, otherwise as float32.
    """
    folder = run.settings.validation
    paths = list_images(folder / "images")[:8] if folder else []
    pictures = [np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), np.uint8) for path in paths]
    path = run.settings.output / "weights.onnx"
    try:
        parity = export_onnx(run.averaged, path, fp16_weights=True, pictures=pictures)
    except ParityError as error:
        logger.warning("%s. Storing the weights as float32, which doubles the file size", error)
        parity = export_onnx(run.averaged, path, pictures=pictures)
    logger.info("%s agrees with PyTorch: %s", path, parity)
    return path


def validate(network: nn.Module, folder: Path, device: torch.device) -> dict[str, float]:
    """Measure IoU, MAD and MAD in the unknown band on images/ and mattes/ of ``folder``, see ``models.evaluation``."""

    @torch.inference_mode()
    def predict(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        image = torch.from_numpy(network_input(pixels, size_px)).to(device, memory_format=torch.channels_last)
        matte: Alpha = network(image)[0, 0].float().cpu().numpy()
        return matte

    mean = evaluate(predict, folder / "images", folder / "mattes").mean
    return {"iou": mean.iou, "mad": mean.mad, "band_mad": mean.band_mad}
