"""What goes into the bundle for Linux; as a program it prints one requirement a line.

These are the dependencies and some extras of pyproject.toml. ONNX Runtime is the one for CPUs: the one for GPUs is five
times as large, and useless without 2 GB of CUDA libraries.
"""

import importlib.metadata
import tomllib
from importlib.metadata import Distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("app", "heif", "openvino", "screen")
TOO_LARGE = "onnxruntime-gpu"
PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def requirements() -> list[str]:
    """Return the requirements of the bundle by their names, without versions: constraints.txt has those."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    here = [each for each in map(Requirement, lines) if not each.marker or each.marker.evaluate()]
    names = {"onnxruntime" if each.name == TOO_LARGE else each.name for each in here}
    return sorted(names)


def installed(names: list[str]) -> dict[str, Distribution]:
    """Return these distributions and all that they need, by their names."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            needed = map(Requirement, found[name].requires or [])
            waiting += [each.name for each in needed if not each.marker or each.marker.evaluate({"extra": ""})]
    return dict(sorted(found.items()))


if __name__ == "__main__":
    print("\n".join(requirements()))
