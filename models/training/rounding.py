"""Stores the weights of an ONNX network in 8 bits, if its mattes stay the same: the file takes half the bytes.

    python -m models.training.rounding runs/fine/weights.onnx --images DATA/val/images --mattes DATA/val/mattes \\
        --output pretrained/greenless-lite.onnx

Weights have one scale per output channel. The nodes that turn them back into float32 are folded when a runtime loads
the file, so speed and memory stay the same. ``quantise`` makes the network that also computes in 8 bits.
"""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models import weights
from models.files import replacing
from models.training.quantise import compare, fold, note_sum

MAX_GROWTH = 0.005
"""Upper limit of the growth of MAD, as a share."""


def round_weights(model: Path, output: Path) -> None:
    """Write the ONNX network ``model`` to ``output``, with the weights of its convolutions in 8 bits."""
    with tempfile.TemporaryDirectory() as folder:
        fold(model, plain := Path(folder) / "plain.onnx")
        network = onnx.load(plain)
    graph = network.graph
    names = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    kept, nodes = [], []
    for tensor in graph.initializer:
        if (name := tensor.name) not in names:
            kept.append(tensor)
            continue
        values = numpy_helper.to_array(tensor)
        scale = np.abs(values).max(axis=(1, 2, 3), keepdims=True) / np.float32(127)
        steps = np.rint(values / np.maximum(scale, np.finfo(np.float32).tiny)).astype(np.int8)
        kept += [numpy_helper.from_array(steps, f"{name}.int8"), numpy_helper.from_array(scale, f"{name}.scale")]
        nodes += [
            helper.make_node("Cast", [f"{name}.int8"], [f"{name}.steps"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.steps", f"{name}.scale"], [name]),
        ]
    nodes += graph.node
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    with replacing(output) as part:
        onnx.save(network, part)


def main() -> int:
    """Round, compare, keep or refuse; print the comparison as JSON. Return 1 if the result was refused."""
    parser = argparse.ArgumentParser(
        prog="python -m models.training.rounding",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("weights", help="name of known weights, or a .onnx, .ckpt or .safetensors file")
    parser.add_argument("--images", type=Path, required=True, help="folder of validation pictures")
    parser.add_argument("--mattes", type=Path, required=True, help="folder of their mattes")
    parser.add_argument("--output", type=Path, required=True, help="the .onnx file to write")
    arguments = parser.parse_args()
    plain = weights.onnx_for(weights.find(arguments.weights))
    with tempfile.TemporaryDirectory() as folder:
        rounded = Path(folder) / "rounded.onnx"
        round_weights(plain, rounded)
        found = compare(plain, rounded, arguments.images, arguments.mattes)
        if kept := found.growth < MAX_GROWTH:
            with replacing(arguments.output) as part:
                part.write_bytes(rounded.read_bytes())
            note_sum(arguments.output)
    print(json.dumps({**asdict(found), "mad_growth": found.growth, "kept": kept}, indent=1))
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
