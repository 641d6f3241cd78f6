"""Checks of the installation: Python, packages that are missing, too old, doubled or foreign, and the settings file."""

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
    """Which Python runs, on what."""
    detail = f"{platform.python_version()}, {platform.system()} {platform.release()}, {platform.machine()}"
    return Check(name="Python", status="ok", detail=detail)


def packages() -> Check:
    """Whether what greenless depends on is installed, in versions that it knows."""
    try:
        lines = importlib.metadata.requires("greenless") or []
    except importlib.metadata.PackageNotFoundError:
        cure = "Install it: pip install --editable ."
        return Check(name="packages", status="warn", detail="greenless runs from a folder, not installed", cure=cure)
    wanted = [r for r in map(Requirement, lines) if not r.marker or r.marker.evaluate({"extra": ""})]
    amiss = [f"{r.name} {_version(r.name) or 'missing'}, wanted {r.specifier}" for r in wanted if not _satisfied(r)]
    if amiss:
        return Check(name="packages", status="fail", detail="; ".join(amiss), cure=REINSTALL)
    return Check(name="packages", status="ok", detail=f"greenless {_version('greenless')} and {len(wanted)} others")


def onnx_runtime() -> Check:
    """Whether exactly one ONNX Runtime is there: several overwrite each other's files."""
    there = [name for name in RUNTIMES if _version(name)]
    if len(there) == 1:
        return Check(name="ONNX Runtime", status="ok", detail=f"{there[0]} {_version(there[0])}")
    if not there:
        return Check(name="ONNX Runtime", status="fail", detail="missing", cure="pip install onnxruntime")
    keep = "onnxruntime-gpu" if "onnxruntime-gpu" in there else there[0]
    cure = f"pip uninstall --yes {' '.join(there)}, then: pip install {keep}"
    detail = f"{' and '.join(there)} are installed into one folder and break each other"
    return Check(name="ONNX Runtime", status="fail", detail=detail, cure=cure)


def own_packages() -> Check:
    """Whether ``realtime`` and ``models`` are ours: both names are common."""
    import models
    import realtime

    owners = importlib.metadata.packages_distributions()
    foreign = {name: set(owners.get(name, ())) - {"greenless"} for name in ("realtime", "models")}
    found = [f"{', '.join(sorted(dists))} brings another {name}" for name, dists in foreign.items() if dists]
    ours, theirs = (Path(package.__file__ or "").parent.parent for package in (realtime, models))
    if ours != theirs:
        found.append(f"models comes from {theirs}, realtime from {ours}")
    if found:
        return Check(name="own packages", status="fail", detail="; ".join(found), cure=REINSTALL)
    return Check(name="own packages", status="ok", detail=str(ours))


def opencv() -> Check:
    """Whether exactly one OpenCV is there, one that can show windows."""
    import cv2

    there = [name for name in OPENCVS if _version(name)]
    if len(there) > 1:
        cure = f"pip uninstall --yes {' '.join(there)}, then: pip install opencv-python"
        detail = f"{' and '.join(there)} are installed into one folder and break each other"
        return Check(name="OpenCV", status="fail", detail=detail, cure=cure)
    window = cv2.currentUIFramework()
    detail = f"{cv2.__version__}, windows by {window or 'nothing'}"
    cure = "" if window else f"pip uninstall --yes {' '.join(there)}, then: pip install opencv-python"
    return Check(name="OpenCV", status="ok" if window else "warn", detail=detail, cure=cure)


def settings() -> Check:
    """Whether the settings file, where there is one, can be read."""
    path = paths.settings_file()
    if not os.path.exists(path):
        return Check(name="settings", status="ok", detail=f"{path} is not there; everything has its default")
    try:
        settings_file.read(path)
    except GreenlessError as error:
        return Check(name="settings", status="fail", detail=error.what, cure=error.cure)
    return Check(name="settings", status="ok", detail=str(path))


def folders() -> Check:
    """Whether settings, backgrounds and what makes the next start faster can be kept."""
    if unkept := list(paths.unkept()):
        return Check(name="folders", status="warn", detail="; ".join(unkept), cure=paths.CURE)
    return Check(name="folders", status="ok", detail=str(paths.settings_file().parent))


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _satisfied(wanted: Requirement) -> bool:
    if wanted.name in RUNTIMES:
        return True  # any of them will do; there is a check of its own
    version = _version(wanted.name)
    return version is not None and wanted.specifier.contains(version, prereleases=True)
