"""What a measurement rests on: the processor, the versions, and a home in which nothing is remembered."""

import importlib.metadata
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from realtime.matting.choice.runtime_choice import cores, processor

FEATURES = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
"""The processor's instructions that decide."""

MAIN = (1280, 720)
"""The size that the ratios are taken at."""

MODNET = "MODNet, ONNX Runtime f32"

PLAIN = "plain: MODNet, PyTorch"

_PACKAGES = ("numpy", "onnxruntime", "onnxruntime-gpu", "opencv-python", "openvino", "torch")


@contextmanager
def first_start() -> Iterator[None]:
    """Nothing is remembered: the fastest runtime is the fastest now, not when another start found the machine busy."""
    before = os.environ.get("GREENLESS_HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["GREENLESS_HOME"] = home
        try:
            yield
        finally:
            if before is None:
                del os.environ["GREENLESS_HOME"]
            else:
                os.environ["GREENLESS_HOME"] = before


def machine() -> dict[str, Any]:
    """The processor, and which of the instructions that matter here it has."""
    info = Path("/proc/cpuinfo")
    lines = dict(line.partition(":")[::2] for line in info.read_text().splitlines()) if info.exists() else {}
    flags = {key.strip(): value.split() for key, value in lines.items()}.get("flags", [])
    return {"processor": processor(), "cores": cores(), "features": [name for name in FEATURES if name in flags]}


def versions() -> dict[str, str]:
    """The packages that decide how fast a stage is."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
