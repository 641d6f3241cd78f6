"""Imports run one way, the base install needs no extra, and help does not wait for what is heavy."""

import ast
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from realtime.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent

ORDER = (
    ("models",),
    ("realtime.frame", "realtime.errors", "realtime.ending"),
    ("realtime.settings",),
    ("realtime.media", "realtime.gpu", "realtime.pipewire"),
    ("realtime.capture", "realtime.matting", "realtime.framing", "realtime.scene", "realtime.sinks"),
    ("realtime.loop", "realtime.offline", "realtime.doctor"),
    ("realtime.session", "realtime.scale"),
    ("realtime.web",),
    ("realtime.tray",),
    ("realtime.commands",),
    ("realtime.cli",),
    ("realtime.__main__",),
    ("greenless",),
    ("benchmarks",),
)
"""The rooms, floor by floor, the lowest first: a module imports from its own room and from lower floors."""


NEEDS_TORCH = (
    "models.backbone",
    "models.checkpoint",
    "models.training.count",
    "models.export",
    "models.lite",
    "models.modnet",
    "models.prediction",
    "models.training.quantise",
    "models.training.rounding",
    "models.training.batches",
    "models.training.losses",
    "models.training.mixed",
    "models.training.optimiser",
    "models.training.soc",
    "models.training.supervised",
    "realtime.gpu.matte",
    "realtime.gpu.memory",
    "realtime.gpu.recorded",
    "realtime.gpu.resizing",
    "realtime.commands.network.adaptation",
    "realtime.matting.runtimes.openvino_core",
    "realtime.matting.runtimes.openvino_matter",
    "realtime.matting.refine.torch_enlarge",
    "realtime.matting.runtimes.torch_matter",
    "realtime.scene.torch_compose",
)
NEEDS_DBUS_FAST = (
    "realtime.tray.dbus_menu",
    "realtime.tray.item",
    "realtime.tray.status_notifier",
)
NEEDS_LINUX = (
    "realtime.sinks.consumers",
    "realtime.sinks.v4l2",
    "realtime.sinks.v4l2_writer",
)
HEAVY = ("av", "cv2", "numpy", "onnxruntime", "torch")
EXTRAS = (
    "aiortc",
    "cyndilib",
    "torch",
    "onnx",
    "onnxscript",
    "safetensors",
    "openvino",
    "skimage",
    "dbus_fast",
    "jeepney",
    "mss",
    "pillow_heif",
    "pymatting",
    "pyarrow",
    "pystray",
    "ray",
)


def modules() -> dict[str, Path]:
    """Every module of the packages by its dotted name."""
    files = [path for package in ("greenless", "models", "realtime") for path in (ROOT / package).rglob("*.py")]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


def imported(path: Path) -> Iterator[str]:
    """The project's own modules that a file imports, wherever in the file that stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (
            name for name in names if name.partition(".")[0] in ("benchmarks", "greenless", "models", "realtime")
        )


def member(name: str, family: str) -> bool:
    return name == family or name.startswith(family + ".")


def faults(name: str, imports: list[str]) -> list[str]:
    own = room(name)
    if own is None:
        return [f"{name} stands in no row of ORDER"]
    others = [(other, there) for other in imports if (there := room(other)) is not None]
    return [f"{name} imports {other}" for other, there in others if there != own and there[0] >= own[0]]


def room(name: str) -> tuple[int, str] | None:
    """The floor and the room of a module."""
    return next(
        ((floor, family) for floor, rooms in enumerate(ORDER) for family in rooms if member(name, family)), None
    )


def package(name: str, known: Collection[str]) -> str:
    """The package that an imported name comes from, sub-packages apart; a module outside of them is its own."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    parent = name.rpartition(".")[0]
    return parent if parent.count(".") else name


def test_no_packages_import_each_other() -> None:
    """The sub-packages of a room keep to one way, too; late imports of a package's ``__init__`` do not count."""
    known = modules()
    arrows: dict[str, set[str]] = {}
    for name, path in known.items():
        if path.name != "__init__.py":
            found = {package(other, known) for other in imported(path)} - {package(name, known), ""}
            arrows.setdefault(package(name, known), set()).update(found)
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")


def test_imports_run_one_way() -> None:
    table = {name: list(imported(path)) for name, path in modules().items() if name != "realtime"}
    assert [fault for name, imports in table.items() for fault in faults(name, imports)] == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("models.weights", "realtime.settings.paths.settings_file"),
        ("realtime.frame", "realtime.settings.schema.Settings"),
        ("realtime.settings.tree", "realtime.media.fit.fit"),
        ("realtime.capture.camera", "realtime.sinks.base"),
        ("realtime.pipewire.stream", "realtime.media.fit"),
        ("realtime.scene.compose", "realtime.loop.pipeline.Pipeline"),
        ("realtime.session.session", "realtime.web.api.Api"),
        ("realtime.offline.video", "realtime.loop.pipeline"),
        ("realtime.commands.run", "realtime.cli.main"),
        ("realtime.offline.images", "greenless.Matting"),
        ("realtime.offline.images", "realtime.scale.footage.run"),
        ("realtime.frame", "benchmarks.people.person"),
        ("realtime.brand_new", "realtime.frame.Frame"),
    ],
)
def test_the_rule_sees_what_breaks_it(name: str, other: str) -> None:
    assert faults(name, [other])


def test_the_base_install_needs_no_extra() -> None:
    """Everything but what is made of PyTorch imports with every optional package out of reach."""
    left_out = (*NEEDS_TORCH, *NEEDS_DBUS_FAST, *(NEEDS_LINUX if sys.platform != "linux" else ()))
    base = [name for name in modules() if not any(member(name, other) for other in left_out)]
    assert {"models.weights", "models.metrics", "realtime.cli", "realtime.loop.pipeline"} <= set(base)
    script = (
        f"import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({EXTRAS}))\n"
        f"for name in {base}: importlib.import_module(name)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_help_imports_nothing_heavy() -> None:
    """One process shows the help of every command: what one of them imports stays for the others to see."""
    script = (
        f"import contextlib, io, json, sys\n"
        f"from realtime.cli import main\n"
        f"found = {{}}\n"
        f"for words in {[['--help'], *([name, '--help'] for name in COMMANDS)]}:\n"
        f"    with contextlib.redirect_stdout(io.StringIO()):\n"
        f"        try: status = main(words)\n"
        f"        except SystemExit as end: status = end.code\n"
        f"    found[words[0]] = [status, sorted({set(HEAVY)} & set(sys.modules))]\n"
        f"print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {word: [0, []] for word in ("--help", *COMMANDS)}


def test_help_answers_at_once() -> None:
    resource = pytest.importorskip("resource", reason="Windows does not tell a child's processor time")
    spent_s = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "realtime", "--help"], cwd=ROOT, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent_s.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent_s) < 0.3
