"""Loads networks from files, and saves them as safetensors.

It reads safetensors and PyTorch's pickles (only tensors: ``weights_only=True``). The names of the tensors identify the
network. MODNet's released checkpoints differ in two ways, which are undone here: ``DataParallel`` prefixed every name
with ``module.``, and the backbone is stored twice.
"""

import os
import pickle
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from models.errors import WeightsError
from models.files import replacing
from models.lite import Lite
from models.modnet import MODNet
from models.shown import clipped, shown

NETWORKS: dict[str, type[nn.Module]] = {"modnet": MODNet, "lite": Lite}
"""The networks that a file can hold, by their names in its metadata."""

_PREFIX = "module."
_SECOND_BACKBONE, _BACKBONE = "lr_branch.backbone.", "backbone."
_FETCH_AGAIN = "Download or export the file again"

State = Mapping[str, Tensor]
"""A network's tensors by their names."""


def load_network(path: Path) -> nn.Module:
    """Load the network in ``path``, in eval mode, on the CPU, in float32.

    Args:
        path: a ``.ckpt``, ``.pt``, ``.pth`` or ``.safetensors`` file.

    Raises:
        WeightsError: the file is missing, damaged, no checkpoint, or holds an unknown network.
    """
    state = _bare(_read(path), path)
    network = _network_for(state, path)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:  # it lists what is missing, unknown or of another shape
        faults = clipped(" ".join(str(error).split()).removesuffix("."))
        raise WeightsError(f"{path} does not match its network: {faults}", cure=_FETCH_AGAIN) from error
    return network.eval()


def save_network(network: nn.Module, path: Path, metadata: Mapping[str, str]) -> None:
    """Write ``network`` as safetensors, with ``metadata`` and the network's name as ``network``.

    Raises:
        WeightsError: the file cannot be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    content = safetensors.torch.save(tensors, {"network": network_name(network), **metadata})
    with replacing(path) as part:
        part.write_bytes(content)


def network_name(network: nn.Module) -> str:
    """Return the name of a network in ``NETWORKS``."""
    return next(name for name, kind in NETWORKS.items() if kind is type(network))


def _read(path: Path) -> State:
    if not os.path.isfile(path):
        raise WeightsError(f"there is no weights file {path}", cure="greenless weights list")
    try:
        state: object = (
            safetensors.torch.load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except Exception as error:  # the unpickler raises any error on bytes that are no pickle
        raise WeightsError(f"{path} is damaged or no checkpoint: {_reason(error)}", cure=_FETCH_AGAIN) from error
    if (
        not isinstance(state, dict)
        or not state
        or not all(isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in state.items())
    ):
        found = list(state) if isinstance(state, dict) else state
        raise WeightsError(
            f"expected a network's tensors by name in {path}, got {shown(found)}",
            cure="Save network.state_dict() into the file",
        )
    return state


def _reason(error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError):
        # PyTorch's own message suggests running the code in the file.
        return "it is no pickle, or holds more than tensors"
    return f"{type(error).__name__}, {str(error).partition(chr(10))[0]}"


def _bare(state: State, path: Path) -> State:
    """Remove ``DataParallel``'s prefix and the second backbone from the names."""
    bare: dict[str, Tensor] = {}
    for name, tensor in state.items():
        name = name.removeprefix(_PREFIX)
        if name.startswith(_SECOND_BACKBONE):
            name = _BACKBONE + name.removeprefix(_SECOND_BACKBONE)
        if name in bare and not torch.equal(bare[name], tensor):
            raise WeightsError(f"the two copies of {name} in {path} differ", cure=_FETCH_AGAIN)
        bare[name] = tensor
    return bare


def _network_for(state: State, path: Path) -> nn.Module:
    """Make the network that shares the most names with ``state``."""
    networks = [kind() for kind in NETWORKS.values()]
    shared = [len(network.state_dict().keys() & state.keys()) for network in networks]
    if not any(shared):
        raise WeightsError(
            f"{path} holds an unknown network: {shown(sorted(state))}", cure=f"Known networks are {', '.join(NETWORKS)}"
        )
    return networks[shared.index(max(shared))]
