"""Interpolates the weights of a network before and after fine-tuning. The result keeps most strengths of both.

    python -m models.training.mixed BEFORE AFTER OUTPUT --share 0.6

OUTPUT is a safetensors file with ``(1 - share) * before + share * after`` of every tensor.

Source: Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022.
"""

import argparse
from pathlib import Path

import torch
from torch import nn

from models.checkpoint import load_network, save_network
from models.errors import WeightsError


def mixed(before: Path, after: Path, share: float) -> nn.Module:
    """Interpolate the networks of two files.

    Args:
        before: a checkpoint.
        after: a checkpoint that was fine-tuned from ``before``.
        share: share of ``after``, from 0 to 1.

    Raises:
        WeightsError: a file is missing or damaged, or the files hold different networks.
    """
    first, network = load_network(before), load_network(after)
    if type(first) is not type(network):
        raise WeightsError(f"{before} and {after} hold different networks", cure="Name two trainings of one network")
    state = first.state_dict()
    for name, tensor in network.state_dict().items():
        if tensor.dtype.is_floating_point:
            tensor.copy_(torch.lerp(state[name], tensor, share))
    return network


def main() -> None:
    """Interpolate and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="share of AFTER, from 0 to 1 (default: %(default)s)")
    arguments = parser.parse_args()
    network = mixed(arguments.before, arguments.after, arguments.share)
    save_network(network, arguments.output, {"share": f"{arguments.share:g}"})


if __name__ == "__main__":
    main()
