"""Checks the installation: Python, missing, outdated, conflicting or foreign packages, and the settings file."""

import importlib.metadata
import os
import platform
from pathlib import Path

from packaging.requirements import Requirement

from realtime.doctor.check import REINSTALL, Check, fail, ok, warn
from realtime.matting.choice.runtime_choice import version_of
from realtime.settings import file as settings_file
from realtime.settings import paths

RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
OPENCVS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")


def python() -> Check:
    """Report the Python version and the platform."""
    return ok(f"{platform.python_version()}, {platform.system()} {platform.release()}, {platform.machine()}")


def packages() -> Check:
    """Check that the dependencies of greenless are installed in supported versions."""
    try:
        lines = importlib.metadata.requires("greenless") or []
    except importlib.metadata.PackageNotFoundError:
        return warn("greenless runs from a folder, not installed", "Install it: pip install --editable .")
    required = [r for r in map(Requirement, lines) if not r.marker or r.marker.evaluate({"extra": ""})]
    wrong = [
        f"{r.name} {version_of(r.name) or 'missing'}, expected {r.specifier}" for r in required if not _satisfied(r)
    ]
    if wrong:
        return fail("; ".join(wrong), REINSTALL)
    return ok(f"greenless {version_of('greenless')} and {len(required)} others")


def onnx_runtime() -> Check:
    """Check that exactly one ONNX Runtime is installed: several overwrite each other's files."""
    there = [name for name in RUNTIMES if version_of(name)]
    if not there:
        return fail("missing", "pip install onnxruntime")
    if len(there) > 1:
        return _overwritten(there, keep="onnxruntime-gpu" if "onnxruntime-gpu" in there else there[0])
    return ok(f"{there[0]} {version_of(there[0])}")


def own_packages() -> Check:
    """Check that ``realtime`` and ``models`` belong to greenless, because both names are common."""
    import models
    import realtime

    owners = importlib.metadata.packages_distributions()
    foreign = {name: set(owners.get(name, ())) - {"greenless"} for name in ("realtime", "models")}
    found = [f"{', '.join(sorted(dists))} installs another package {name}" for name, dists in foreign.items() if dists]
    ours, theirs = (Path(package.__file__ or "").parent.parent for package in (realtime, models))
    if ours != theirs:
        found.append(f"models comes from {theirs}, realtime from {ours}")
    if found:
        return fail("; ".join(found), REINSTALL)
    return ok(str(ours))


def opencv() -> Check:
    """Check that exactly one OpenCV is installed, and that it can show windows."""
    import cv2

    there = [name for name in OPENCVS if version_of(name)]
    if len(there) > 1:
        return _overwritten(there, keep="opencv-python")
    if window := cv2.currentUIFramework():
        return ok(f"{cv2.__version__}, draws windows with {window}")
    return warn(f"{cv2.__version__}, cannot show windows", _only(there, "opencv-python"))


def settings() -> Check:
    """Check that the settings file, if there is one, is valid.

    Raises:
        realtime.errors.SettingsError: it is not.
    """
    path = paths.settings_file()
    if not os.path.exists(path):
        return ok(f"no {path}; the defaults apply")
    settings_file.load(path)
    return ok(str(path))


def folders() -> Check:
    """Check that the folders for settings, backgrounds and the cache are writable."""
    if unwritable := list(paths.unwritable()):
        return warn("; ".join(unwritable), paths.CURE)
    return ok(str(paths.settings_file().parent))


def _overwritten(there: list[str], keep: str) -> Check:
    return fail(f"{' and '.join(there)} share one folder and overwrite each other", _only(there, keep))


def _only(there: list[str], keep: str) -> str:
    return f"pip uninstall --yes {' '.join(there)}, then: pip install {keep}"


def _satisfied(wanted: Requirement) -> bool:
    if wanted.name in RUNTIMES:
        return True  # any of them works; ``onnx_runtime`` checks them
    version = version_of(wanted.name)
    return bool(version) and wanted.specifier.contains(version, prereleases=True)
