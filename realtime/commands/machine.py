"""The conditions of a measurement: the CPU, the package versions, and an empty home folder."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from realtime.matting.choice.runtime_choice import cores, processor, version_of

FEATURES = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
"""The CPU features that matter for speed."""

_PACKAGES = ("numpy", "onnxruntime", "onnxruntime-gpu", "opencv-python", "openvino", "torch")


@contextmanager
def first_start() -> Iterator[None]:
    """Use an empty home folder, so that the choice of the runtime is measured now."""
    before = os.environ.get("GREENLESS_HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["GREENLESS_HOME"] = home
        try:
            yield
        finally:
            del os.environ["GREENLESS_HOME"]
            if before is not None:
                os.environ["GREENLESS_HOME"] = before


def machine() -> dict[str, Any]:
    """Return the CPU and its relevant features."""
    info = Path("/proc/cpuinfo")
    lines = dict(line.partition(":")[::2] for line in info.read_text().splitlines()) if info.exists() else {}
    flags = {key.strip(): value.split() for key, value in lines.items()}.get("flags", [])
    return {"processor": processor(), "cores": cores(), "features": [name for name in FEATURES if name in flags]}


def versions() -> dict[str, str]:
    """Return the versions of the packages that matter for speed."""
    return {package: version for package in _PACKAGES if (version := version_of(package))}
