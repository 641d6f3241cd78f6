"""The package: versions that agree, and a wheel that has all it needs and nothing else."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import realtime

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("greenless", "models", "realtime")
ON_BOARD = {"greenless-lite.onnx", "greenless-lite-int8.onnx", "SHA256SUMS", "README.md"}


def wanted() -> list[Requirement]:
    """Everything that pyproject.toml asks for, extras and development tools included."""
    groups = [
        PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
        PROJECT["build-system"]["requires"],
    ]
    return [Requirement(line) for group in groups for line in group]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [re.fullmatch(r"([\w.-]+)==([\w.]+)(; .*)?", line) for line in lines if not line.startswith("#")]
    assert None not in found
    return {canonicalize_name(match[1]): match[2] for match in found if match}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel; it is in the group dev")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_what_is_asked_for_is_pinned_within_its_range(requirement: Requirement) -> None:
    assert requirement.specifier, "a range is missing"
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_what_is_installed_has_the_version_of_the_source() -> None:
    try:
        installed = importlib.metadata.version("greenless")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("greenless is not installed here")
    assert installed == realtime.__version__


def test_the_wheel_is_a_small_download(wheel: Path) -> None:
    assert wheel.stat().st_size < 8_000_000


def test_the_wheel_has_the_packages_the_network_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert tops == {*PACKAGES, f"greenless-{realtime.__version__}.dist-info"}
    ours = {str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert {name for name in names if name.endswith("py.typed")} == {f"{top}/py.typed" for top in PACKAGES}
    assert {name for name in names if name.endswith(".py")} == {name.replace(os.sep, "/") for name in ours}
    assert {name.rpartition("/")[2] for name in names if name.startswith("models/_pretrained/")} == ON_BOARD
    assert {name.rpartition("/")[2] for name in names if "/licenses/" in name} == {"LICENSE", "THIRD_PARTY.md"}


@pytest.mark.slow
def test_what_is_installed_from_the_wheel_runs_in_another_folder(wheel: Path, tmp_path: Path) -> None:
    """The wheel itself, unpacked; the packages that it depends on are those of this environment."""
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [
        sys.executable,
        "-c",
        "import sys; from realtime.cli import main; sys.exit(main(['demo', '--seconds', '2']))",
    ]
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "greenless-lite" in done.stderr
    assert {path.name for path in elsewhere.iterdir()} == {"demo.mp4", "demo.png"}
