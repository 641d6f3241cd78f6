"""greenless train: what it says where PyTorch is not there; the training itself is tested with the networks."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


WITHOUT_TORCH = """
import sys

class NoTorch:  # not None in sys.modules, which tyro takes for a PyTorch that is there
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoTorch())
from realtime.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_without_torch(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *words], cwd=ROOT, capture_output=True, text=True)


def test_its_help_can_be_read_without_pytorch() -> None:
    done = run_without_torch("train", "--help")
    assert done.returncode == 0, done.stderr
    assert "--people" in done.stdout


def test_without_pytorch_it_names_the_extra(tmp_path: Path) -> None:
    done = run_without_torch("train", "--people", str(tmp_path), "--rooms", str(tmp_path))
    expected = (
        "greenless: error: the package torch is not installed. In the folder of greenless, type: pip install '.[torch]'"
    )
    assert done.returncode == 2
    assert done.stderr.startswith(expected)
    assert done.stderr.count("\n") == 1
