"""Writes weights as one ONNX file: exports a checkpoint, copies an ONNX file.

Only a checkpoint needs PyTorch, so PyTorch is imported late.
"""

import os
import shutil
from pathlib import Path

from models.errors import WeightsError
from models.files import replacing
from models.network_size import GRID_PX
from models.structure import check_alone, torch_needed
from models.waiting import waiting

Size = tuple[int, int]
"""``(H, W)`` in px."""


def write_onnx(weights: Path, path: Path, *, size: Size | None = None, replace: bool = False) -> None:
    """Write ``weights`` as ONNX to ``path``, whole or not at all.

    Args:
        weights: a checkpoint or an ONNX file that exists.
        path: a ``.onnx`` file.
        size: the fixed size of a batch of one image; None for any batch and size.
        replace: whether to replace an existing file.

    Raises:
        WeightsError: the file exists, the path is not usable, or as ``from_checkpoint``.
    """
    if path.suffix != ".onnx" or os.path.isdir(path):
        raise WeightsError(f"expected a .onnx file to write, got {path}", cure=f"Type -o {path.name or 'mine'}.onnx")
    if os.path.exists(path) and path.samefile(weights):
        raise WeightsError(f"{path} is the file to export", cure="Name another file: -o FILE")
    if os.path.exists(path) and not replace:
        raise WeightsError(f"{path} already exists", cure="Name another file, or replace it: --force")
    if size is not None and any(side < GRID_PX or side % GRID_PX for side in size):
        raise WeightsError(f"expected a size in multiples of {GRID_PX} px, got {size[1]}x{size[0]}")
    if weights.suffix != ".onnx":
        from_checkpoint(weights, path, size=size)
        return
    if size is not None:
        raise WeightsError(
            f"{weights} is an ONNX file, so its size cannot be set", cure="Name a .ckpt or .safetensors file"
        )
    if (description := weights.with_suffix(".toml")).is_file():
        raise WeightsError(f"{weights} needs {description.name} beside it", cure="Copy both files")
    with replacing(path) as part:
        shutil.copyfile(weights, part)
        check_alone(part, weights)


def from_checkpoint(checkpoint: Path, path: Path, *, size: Size | None = None) -> None:
    """Export a checkpoint as one ONNX file, whole or not at all. The log shows the steps and how long they take.

    Args:
        checkpoint: a file that PyTorch reads.
        path: the file to write; an existing one is replaced.
        size: the fixed size of a batch of one image; None for any batch and size.

    Raises:
        WeightsError: PyTorch is not installed, the checkpoint is damaged or of another network, ONNX Runtime and
            PyTorch disagree, or the file cannot be written.
    """
    with torch_needed(checkpoint):
        with waiting(f"reading {checkpoint.name} with PyTorch"):
            from models.checkpoint import load_network
            from models.export import export_onnx

            network = load_network(checkpoint)
        export_onnx(network, path, size=size)
