"""No damaged file of any kind crashes a reader, holds it up, takes much memory, or is refused in more than one line.

``GREENLESS_FUZZ=20000`` reads that many files of each kind in the slow test; ``GREENLESS_FUZZ_FIRST`` starts at another
number.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz_reader import HANGS_S, LARGEST_MB, READERS
from tests.fuzz_seeds import CLIPS, IMAGES, SEEDS, seeds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux reports it")

ROOT = Path(__file__).resolve().parent.parent
MOST = int(os.environ.get("GREENLESS_FUZZ", "600"))
FIRST = int(os.environ.get("GREENLESS_FUZZ_FIRST", "0"))
QUICK = 15


def report(family: str, folder: Path, first: int, count: int) -> dict[str, Any]:
    """What a process says that read the files."""
    seeds(folder, READERS[family][0])
    words = [sys.executable, "-m", "tests.fuzz_reader", family, str(folder), str(first), str(count)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace")
    last = (folder / "progress.txt").read_text() if (folder / "progress.txt").exists() else "the start"
    assert done.returncode == 0, f"status {done.returncode} in {last}\n{done.stderr[-6000:]}"
    alien = [line for line in done.stderr.splitlines() if not line.startswith("greenless: ")]
    assert not alien, f"a library wrote to the screen in {family}:\n" + "\n".join(alien[-20:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check(family: str, folder: Path, first: int, of_each_kind: int) -> None:
    kinds = len(READERS[family][0])
    count = of_each_kind * kinds
    found = report(family, folder, first * kinds, count)
    print(f"{count} {family}:", {key: value for key, value in found.items() if key != "faults"})
    assert not found["faults"], "\n".join(found["faults"])
    assert found["slowest_s"] < HANGS_S, found["slowest"]
    assert found["peak_mb"] < LARGEST_MB, found["peak"]
    assert sum(found["read"].values()) + sum(found["refused"].values()) == count


def test_every_whole_file_can_be_read(tmp_path: Path) -> None:
    """The seeds say something only if the readers take them."""
    from tests.fuzz_reader import as_clip, as_picture

    for family, kinds in (("images", IMAGES), ("clips", CLIPS)):
        seeds(tmp_path, kinds)
        for kind in kinds:
            whole = sorted(tmp_path.glob(f"[0-9][0-9].{kind}"))
            assert len(whole) >= len(SEEDS[kind]) - (kind in ("heic", "jp2"))  # a library may be missing
            for path in whole:
                (as_picture if family == "images" else as_clip)(path)


@pytest.mark.slow
@pytest.mark.parametrize("family", READERS)
def test_damaged_files_are_read_or_refused_in_a_line(tmp_path: Path, family: str) -> None:
    check(family, tmp_path, FIRST, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("family", READERS)
def test_thousands_of_damaged_files_of_each_kind_are_read_or_refused_in_a_line(tmp_path: Path, family: str) -> None:
    check(family, tmp_path, FIRST + QUICK, MOST)
