"""Networks to and from files: released and own checkpoints in, ready networks out, and back as safetensors.

Reads PyTorch's pickles of both kinds (never more than tensors: ``weights_only=True``) and safetensors. Which network a
file holds is seen by the names of its tensors. The released checkpoints differ from ours in two ways, undone here:
``DataParallel`` put ``module.`` before every name, and MODNet's backbone stands in them twice.
"""

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from models.errors import WeightsError
from models.files import replacing
from models.lite import ADDED, Lite
from models.modnet import MODNet

NETWORKS: dict[str, type[nn.Module]] = {"modnet": MODNet, "lite": Lite}
"""What a file can hold, by the name that stands in its metadata."""

_PREFIX = "module."
_SECOND_BACKBONE, _BACKBONE = "lr_branch.backbone.", "backbone."
_FETCH_ANEW = "Fetch or export the file anew"

State = Mapping[str, Tensor]
"""A network's tensors by their names."""


def load_network(path: Path) -> nn.Module:
    """Return the network that stands in ``path``, in eval mode, on the processor, in float32.

    Args:
        path: a ``.ckpt``, ``.pt``, ``.pth`` or ``.safetensors`` file.

    Raises:
        WeightsError: the file is missing, damaged, no checkpoint, or its tensors are not those of a known network.
    """
    state = _bare(_read(path), path)
    network = _network_for(state, path)
    _check(state, network.state_dict(), path)
    network.load_state_dict(state)
    return network.eval()


def save_network(network: nn.Module, path: Path, metadata: Mapping[str, str]) -> None:
    """Write ``network`` as safetensors; ``metadata`` stands in the file, with the network's name as ``network``.

    Raises:
        WeightsError: the file cannot be written.
    """
    names = {kind: name for name, kind in NETWORKS.items()}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    content = safetensors.torch.save(tensors, {"network": names[type(network)], **metadata})
    with replacing(path) as part:
        part.write_bytes(content)


def _read(path: Path) -> State:
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}", cure="greenless weights list")
    try:
        state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    except Exception as error:  # on foreign bytes the unpickler fails by whatever they happen to say
        raise WeightsError(f"{path} is damaged or no checkpoint: {_reason(error)}", cure=_FETCH_ANEW) from error
    if not isinstance(state, dict) or not state or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise WeightsError(f"{path} holds {_describe(state)}, expected a network's tensors by their names")
    return state


def _read_safetensors(path: Path) -> object:
    return safetensors.torch.load_file(path)


def _read_pickle(path: Path) -> object:
    return torch.load(path, map_location="cpu", weights_only=True)


def _reason(error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError):
        # PyTorch's own words advise to run whatever code the file holds.
        return "it is no pickle, or one of more than tensors"
    return f"{type(error).__name__}, {str(error).partition(chr(10))[0]}"


def _describe(content: object) -> str:
    if isinstance(content, dict):
        return f"a dictionary of {_some(map(str, content))}" if content else "an empty dictionary"
    return f"one {type(content).__name__}"


def _bare(state: State, path: Path) -> State:
    """Undo what ``DataParallel`` and the doubled backbone did to the names."""
    bare: dict[str, Tensor] = {}
    for name, tensor in state.items():
        name = name.removeprefix(_PREFIX)
        if name.startswith(_SECOND_BACKBONE):
            name = _BACKBONE + name.removeprefix(_SECOND_BACKBONE)
        if name in bare and not torch.equal(bare[name], tensor):
            raise WeightsError(f"the two copies of {name} in {path} differ", cure=_FETCH_ANEW)
        bare[name] = tensor
    return bare


def _network_for(state: State, path: Path) -> nn.Module:
    """Make the network that shares the most names with ``state``."""
    deep = any(name.startswith(ADDED) for name in state)
    networks = [MODNet(), Lite(deep=deep)]
    shared = [len(network.state_dict().keys() & state.keys()) for network in networks]
    if not any(shared):
        raise WeightsError(
            f"{path} holds another network: {_some(state)}", cure=f"Known networks are {', '.join(NETWORKS)}"
        )
    return networks[shared.index(max(shared))]


def _check(state: State, expected: State, path: Path) -> None:
    faults = []
    if missing := expected.keys() - state.keys():
        faults.append(f"lacks {_some(missing)}")
    if extra := state.keys() - expected.keys():
        faults.append(f"has {_some(extra)} too many")
    shapes = {name: (tuple(state[name].shape), tuple(expected[name].shape)) for name in expected.keys() & state.keys()}
    if wrong := [f"{name} as {got}, expected {want}" for name, (got, want) in shapes.items() if got != want]:
        faults.append(f"has {_some(wrong)}")
    if faults:
        raise WeightsError(f"{path} does not fit its network: it {'; it '.join(faults)}", cure=_FETCH_ANEW)


def _some(names: Iterable[str], limit: int = 3) -> str:
    """List the first few, in order, and count the rest."""
    ordered = sorted(names)
    rest = f" and {len(ordered) - limit} more" if len(ordered) > limit else ""
    return ", ".join(ordered[:limit]) + rest
