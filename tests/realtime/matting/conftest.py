"""Networks for two runtimes."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def save_twins(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Path]:
    """``save_twins(network)``: the path of its ``random.safetensors``, beside ``random.onnx``."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    from models.checkpoint import save_network

    def save(network: Any) -> Path:
        path = tmp_path_factory.mktemp("weights") / "random.safetensors"
        save_network(network, path, {})
        axes = {name: {0: "N", 2: "H", 3: "W"} for name in ("input", "output")}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the old exporter is deprecated, and ten times faster
            torch.onnx.export(
                network,
                (torch.zeros(1, 3, 64, 96),),
                path.with_suffix(".onnx"),
                input_names=["input"],
                output_names=["output"],
                dynamic_axes=axes,
                dynamo=False,
            )
        return path

    return save
