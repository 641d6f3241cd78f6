"""Checks the installation: Python, missing, outdated, conflicting or foreign packages, and the settings file."""

import importlib.metadata
import os
import platform
from pathlib import Path

from packaging.requirements import Requirement

from realtime.doctor.check import REINSTALL, Check
from realtime.errors import GreenlessError
from realtime.settings import file as settings_file
from realtime.settings import paths

RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
OPENCVS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")


def python() -> Check:
    """Report the Python version and the platform."""
    detail = f"{platform.python_version()}, {platform.system()} {platform.release()}, {platform.machine()}"
    return Check(name="Python", status="ok", detail=detail)


def packages() -> Check:
    """Check that the dependencies of greenless are installed in supported versions."""
    try:
        lines = importlib.metadata.requires("greenless") or []
    except importlib.metadata.PackageNotFoundError:
        cure = "Install it: pip install --editable ."
        return Check(name="packages", status="warn", detail="greenless runs from a folder, not installed", cure=cure)
    required = [r for r in map(Requirement, lines) if not r.marker or r.marker.evaluate({"extra": ""})]
    wrong = [f"{r.name} {_version(r.name) or 'missing'}, expected {r.specifier}" for r in required if not _satisfied(r)]
    if wrong:
        return Check(name="packages", status="fail", detail="; ".join(wrong), cure=REINSTALL)
    return Check(name="packages", status="ok", detail=f"greenless {_version('greenless')} and {len(required)} others")


def onnx_runtime() -> Check:
    """Check that exactly one ONNX Runtime is installed: several overwrite each other's files."""
    there = [name for name in RUNTIMES if _version(name)]
    if len(there) == 1:
        return Check(name="ONNX Runtime", status="ok", detail=f"{there[0]} {_version(there[0])}")
    if not there:
        return Check(name="ONNX Runtime", status="fail", detail="missing", cure="pip install onnxruntime")
    keep = "onnxruntime-gpu" if "onnxruntime-gpu" in there else there[0]
    cure = f"pip uninstall --yes {' '.join(there)}, then: pip install {keep}"
    detail = f"{' and '.join(there)} share one folder and overwrite each other"
    return Check(name="ONNX Runtime", status="fail", detail=detail, cure=cure)


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
        return Check(name="own packages", status="fail", detail="; ".join(found), cure=REINSTALL)
    return Check(name="own packages", status="ok", detail=str(ours))


def opencv() -> Check:
    """Check that exactly one OpenCV is installed, and that it can show windows."""
    import cv2

    there = [name for name in OPENCVS if _version(name)]
    if len(there) > 1:
        cure = f"pip uninstall --yes {' '.join(there)}, then: pip install opencv-python"
        detail = f"{' and '.join(there)} share one folder and overwrite each other"
        return Check(name="OpenCV", status="fail", detail=detail, cure=cure)
    window = cv2.currentUIFramework()
    detail = f"{cv2.__version__}, {f'draws windows with {window}' if window else 'cannot show windows'}"
    cure = "" if window else f"pip uninstall --yes {' '.join(there)}, then: pip install opencv-python"
    return Check(name="OpenCV", status="ok" if window else "warn", detail=detail, cure=cure)


def settings() -> Check:
    """Check that the settings file, if there is one, is valid."""
    path = paths.settings_file()
    if not os.path.exists(path):
        return Check(name="settings", status="ok", detail=f"no {path}; the defaults apply")
    try:
        settings_file.load(path)
    except GreenlessError as error:
        return Check(name="settings", status="fail", detail=error.what, cure=error.cure)
    return Check(name="settings", status="ok", detail=str(path))


def folders() -> Check:
    """Check that the folders for settings, backgrounds and the cache are writable."""
    if unwritable := list(paths.unwritable()):
        return Check(name="folders", status="warn", detail="; ".join(unwritable), cure=paths.CURE)
    return Check(name="folders", status="ok", detail=str(paths.settings_file().parent))


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _satisfied(wanted: Requirement) -> bool:
    if wanted.name in RUNTIMES:
        return True  # any of them works; ``onnx_runtime`` checks them
    version = _version(wanted.name)
    return version is not None and wanted.specifier.contains(version, prereleases=True)
