"""Prints what goes into the bundle for Linux, one requirement a line.

These are the dependencies and some extras of pyproject.toml. ONNX Runtime is the one for CPUs: the one for GPUs is five
times as large, and useless without 2 GB of CUDA libraries.
"""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

EXTRAS = ("heif", "openvino", "screen")
TOO_LARGE = "onnxruntime-gpu"
PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def requirements() -> list[str]:
    """Return the requirements of the bundle by their names, without versions: constraints.txt has those."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    here = [each for each in map(Requirement, lines) if not each.marker or each.marker.evaluate()]
    names = {"onnxruntime" if each.name == TOO_LARGE else each.name for each in here}
    return sorted(names)


if __name__ == "__main__":
    print("\n".join(requirements()))
