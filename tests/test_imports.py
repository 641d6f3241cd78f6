"""Imports run one way, the base install needs no extra, and help does not wait for what is heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.commands import COMMANDS

ROOT = Path(__file__).resolve().parent.parent

ORDER = (
    ("models",),
    ("realtime.frame", "realtime.errors"),
    (
        *(
            "realtime.settings.schema",
            "realtime.settings.file",
            "realtime.settings.text",
            "realtime.settings.tree",
            "realtime.settings.values",
            "realtime.ending",
            "realtime.settings.paths",
            "realtime.mailbox",
            "realtime.stats",
        ),
        *(
            "realtime.media.video_pixels",
            "realtime.media.fit",
            "realtime.media.notice",
            "realtime.media.image_file",
            "realtime.media.edge_pixels",
        ),
        "realtime.gpu",
        *(
            "realtime.scene.choices",
            "realtime.media.inotify",
            "realtime.session.instances",
            "realtime.settings.presets",
            "realtime.media.screen",
            "realtime.settings.watch",
        ),
    ),
    ("realtime.capture", "realtime.matting", "realtime.framing", "realtime.scene", "realtime.sinks"),
    (
        "realtime.loop.failsafe",
        "realtime.loop.live_source",
        "realtime.loop.camera_valve",
        "realtime.session.on_demand",
        "realtime.loop.governor",
        "realtime.loop.pipeline",
        "realtime.loop.sink_group",
        *(
            "realtime.session.parts",
            "realtime.loop.stages",
            "realtime.loop.switchable_source",
            "realtime.session.open_parts",
            "realtime.loop.output",
            "realtime.session.session",
            "realtime.session.shutter",
            "realtime.session.turns",
        ),
    ),
    ("benchmarks.contestants", "realtime.web", "realtime.doctor", "realtime.offline"),
    ("realtime.cli", "realtime.commands", "realtime.__main__"),
)
"""From low to high: a module imports from lower rows and from its own; the stages not even from each other."""

STAGES = ORDER[3]

NEEDS_TORCH = (
    "models.backbone",
    "models.checkpoint",
    "models.count",
    "models.export",
    "models.lite",
    "models.modnet",
    "models.prediction",
    "models.quantise",
    "models.training.data",
    "models.training.losses",
    "models.training.mixed",
    "models.training.optimiser",
    "models.training.soc",
    "models.training.supervised",
    "benchmarks.contestants.plain",
    "realtime.gpu.matte",
    "realtime.gpu.memory",
    "realtime.gpu.recorded",
    "realtime.gpu.reduce",
    "realtime.commands.network.adaptation",
    "realtime.matting.runtimes.openvino_core",
    "realtime.matting.runtimes.openvino_matter",
    "realtime.matting.refine.torch_enlarge",
    "realtime.matting.runtimes.torch_matter",
    "realtime.matting.runtimes.torch_steps",
    "realtime.scene.torch_compose",
)
NEEDS_LINUX = (
    "realtime.sinks.consumers",
    "realtime.sinks.v4l2",
)
HEAVY = ("av", "cv2", "numpy", "onnxruntime", "torch")
EXTRAS = (
    "cyndilib",
    "simpleobsws",
    "torch",
    "onnx",
    "onnxscript",
    "safetensors",
    "openvino",
    "skimage",
    "mss",
    "pymatting",
)


def modules() -> dict[str, Path]:
    """Every module of both packages by its dotted name."""
    files = [path for package in ("models", "realtime") for path in (ROOT / package).rglob("*.py")]
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
        yield from (name for name in names if name.partition(".")[0] in ("models", "realtime"))


def member(name: str, family: str) -> bool:
    return name == family or name.startswith(family + ".")


def row(name: str) -> int | None:
    return next((i for i, families in enumerate(ORDER) if any(member(name, family) for family in families)), None)


def faults(name: str, imports: list[str]) -> list[str]:
    own = row(name)
    if own is None:
        return [f"{name} stands in no row of ORDER"]
    found = []
    for other in imports:
        if (there := row(other)) is None:
            continue  # realtime itself: the version
        stage = next((s for s in STAGES if member(name, s)), None)
        if there > own or (stage and there == own and not member(other, stage)):
            found.append(f"{name} imports {other}")
    return found


def test_imports_run_one_way() -> None:
    table = {name: list(imported(path)) for name, path in modules().items() if name != "realtime"}
    assert [fault for name, imports in table.items() for fault in faults(name, imports)] == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("models.weights", "realtime.settings.paths.settings_file"),
        ("realtime.frame", "realtime.settings.schema.Settings"),
        ("realtime.capture.camera", "realtime.sinks.base"),
        ("realtime.scene.compose", "realtime.loop.pipeline.Pipeline"),
        ("realtime.brand_new", "realtime.frame.Frame"),
    ],
)
def test_the_rule_sees_what_breaks_it(name: str, other: str) -> None:
    assert faults(name, [other])


def test_the_base_install_needs_no_extra() -> None:
    """Everything but what is made of PyTorch imports with every optional package out of reach."""
    left_out = (*NEEDS_TORCH, *(NEEDS_LINUX if sys.platform != "linux" else ()))
    base = [name for name in modules() if not any(member(name, other) for other in left_out)]
    assert {"models.weights", "models.metrics", "realtime.cli", "realtime.loop.pipeline"} <= set(base)
    script = (
        f"import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({EXTRAS}))\n"
        f"for name in {base}: importlib.import_module(name)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        f"import atexit, sys\n"
        f"from realtime.cli import main\n"
        f"atexit.register(lambda: print('heavy:', sorted({set(HEAVY)} & set(sys.modules))))\n"
        f"sys.exit(main({words}))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "heavy: []"), done.stderr


def test_help_answers_at_once() -> None:
    resource = pytest.importorskip("resource", reason="Windows does not tell a child's processor time")
    spent_s = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "realtime", "--help"], cwd=ROOT, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent_s.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent_s) < 0.3
