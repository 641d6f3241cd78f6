"""What is installed: each fault is found with its cure, and what is well is called well."""

import importlib.metadata
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from realtime.doctor import examine, install


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The installed distributions, as the doctor sees them."""
    installed: dict[str, str] = {}

    def version(name: str) -> str:
        try:
            return installed[name]
        except KeyError:
            raise importlib.metadata.PackageNotFoundError(name) from None

    monkeypatch.setattr(importlib.metadata, "version", version)
    return installed


def test_python_is_named() -> None:
    assert sys.version.split()[0] in install.python().detail


@pytest.mark.parametrize(
    ("installed", "status", "word"),
    [
        ({}, "fail", "missing"),
        ({"onnxruntime": "1.31.1"}, "ok", "onnxruntime 1.31.1"),
        ({"onnxruntime-gpu": "1.31.1"}, "ok", "onnxruntime-gpu 1.31.1"),
        ({"onnxruntime": "1", "onnxruntime-gpu": "1"}, "fail", "onnxruntime and onnxruntime-gpu"),
    ],
)
def test_exactly_one_onnx_runtime_is_well(
    versions: dict[str, str], installed: dict[str, str], status: str, word: str
) -> None:
    versions |= installed
    check = install.onnx_runtime()
    assert check.status == status
    assert word in check.detail


def test_two_onnx_runtimes_are_cured_by_taking_both_out(versions: dict[str, str]) -> None:
    versions |= {"onnxruntime": "1", "onnxruntime-gpu": "1"}
    cure = "pip uninstall --yes onnxruntime onnxruntime-gpu, then: pip install onnxruntime-gpu"
    assert install.onnx_runtime().cure == cure


def test_two_opencvs_break_each_other(versions: dict[str, str]) -> None:
    versions |= {"opencv-python": "5", "opencv-python-headless": "5"}
    check = install.opencv()
    assert check.status == "fail"
    assert check.cure.endswith("pip install opencv-python")


def test_an_opencv_without_windows_is_a_warning(versions: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    versions |= {"opencv-python-headless": "5"}
    monkeypatch.setattr(cv2, "currentUIFramework", lambda: "")
    assert install.opencv().status == "warn"


@pytest.mark.parametrize(
    ("installed", "status", "word"),
    [
        ({"greenless": "0.1.0", "numpy": "2.1", "tyro": "1.0"}, "ok", "greenless 0.1.0 and 3 others"),
        ({"greenless": "0.1.0", "numpy": "1.26", "tyro": "1.0"}, "fail", "numpy 1.26, expected >=2"),
        ({"greenless": "0.1.0", "numpy": "2.1"}, "fail", "tyro missing, expected >=1"),
    ],
)
def test_packages_are_there_in_versions_that_will_do(
    versions: dict[str, str], monkeypatch: pytest.MonkeyPatch, installed: dict[str, str], status: str, word: str
) -> None:
    wanted = [
        "numpy>=2",
        "tyro>=1",
        "onnxruntime-gpu>=1.20",
        "nothing>=1; python_version < '3'",
        "torch; extra == 'torch'",
    ]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: wanted)
    versions |= installed
    check = install.packages()
    assert check.status == status
    assert word in check.detail


def test_a_checkout_that_is_not_installed_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", requires)
    assert install.packages().status == "warn"


@pytest.mark.parametrize(("owners", "status"), [(["greenless"], "ok"), ([], "ok"), (["greenless", "realtime"], "fail")])
def test_a_foreign_realtime_is_found(monkeypatch: pytest.MonkeyPatch, owners: list[str], status: str) -> None:
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: {"realtime": owners})
    assert install.own_packages().status == status


def test_models_from_another_folder_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "models", SimpleNamespace(__file__=str(tmp_path / "models" / "__init__.py")))
    assert f"models comes from {tmp_path}" in install.own_packages().detail


@pytest.mark.parametrize(
    ("text", "status", "word"),
    [
        (None, "ok", "the defaults apply"),
        ("[camera]\nwidth = 640", "ok", "settings.toml"),
        ("widht = 1", "fail", "widht"),
    ],
)
def test_the_settings_file_is_read(greenless_home: Path, text: str | None, status: str, word: str) -> None:
    if text is not None:
        greenless_home.mkdir()
        (greenless_home / "settings.toml").write_text(text)
    [check] = examine({"settings": install.settings})
    assert check.status == status
    assert word in check.detail
