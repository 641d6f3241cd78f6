"""Batches of training images for torch: ``Schedule`` says which images a batch holds, ``StudioDataset`` makes them."""

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from models.pairs import Pixels
from models.training.data import Studio

Key = tuple[int, int, int, int]
"""Number of the sample, height and width in px, and the shot: 0 is an image by itself, 1 and 2 are a pair."""


class StudioDataset(Dataset[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]):
    """A torch dataset of image, matte and unknown band, indexed by ``Key``."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def __getitem__(self, key: Any) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        number, height, width, shot = key
        picture, alpha = self.studio.make(number, (height, width), shot)
        band = torch.from_numpy(unknown_band(alpha))[None]
        return torch.from_numpy(picture).permute(2, 0, 1), torch.from_numpy(alpha)[None], band


class Schedule(Sampler[list[Key]]):
    """The samples of each batch, from step ``start``. A batch has one size, which grows during the training.

    From step ``pairs_from``, a batch holds half as many images, each in two consecutive shots: 1 and 2.
    """

    def __init__(
        self,
        sizes: Sequence[Sequence[tuple[int, int]]],
        steps: int,
        batch: int,
        *,
        start: int,
        seed: int,
        pairs_from: int,
    ) -> None:
        self.sizes, self.steps, self.batch, self.start, self.seed = sizes, steps, batch, start, seed
        self.pairs_from = pairs_from

    def __len__(self) -> int:
        return self.steps - self.start

    def __iter__(self) -> Iterator[list[Key]]:
        for step in range(self.start, self.steps):
            stage = self.sizes[min(step * len(self.sizes) // self.steps, len(self.sizes) - 1)]
            height, width = stage[int(np.random.default_rng((self.seed, step)).integers(len(stage)))]
            if step >= self.pairs_from:
                yield [(step * self.batch + i // 2, height, width, 1 + i % 2) for i in range(self.batch)]
            else:
                yield [(step * self.batch + i, height, width, 0) for i in range(self.batch)]


def unknown_band(alpha: Pixels, kernel_px: int = 15) -> Pixels:
    """Return the trimap's unknown band, ``(H, W) uint8``: 1 if alpha varies within a square of ``kernel_px``."""
    square = np.ones((kernel_px, kernel_px), np.uint8)
    differs = cv2.subtract(cv2.dilate(alpha, square), cv2.erode(alpha, square)) > 0.05 * 255
    return np.asarray(differs, np.uint8)
