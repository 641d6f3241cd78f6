"""Ray in other processes: a cluster of three nodes, and commands that run on it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
GREEN = ("--weights", "chroma:#00ff00", "--quality", "fast")
"""A keyer instead of a network: it opens at once."""


def environment(**more: str) -> dict[str, str]:
    """The environment of a command."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **more}


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command that ended."""

    status: int
    summary: dict[str, Any]
    errors: str


def greenless(*words: str | Path, **more: str) -> Done:
    """Run a command with ``--json``."""
    command = [sys.executable, str(HERE / "frail.py"), *map(str, words), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment(**more), capture_output=True, text=True)
    return Done(status=done.returncode, summary=json.loads(done.stdout or "{}"), errors=done.stderr)


class Nodes:
    """Three nodes with two CPUs each."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="nodes-")
        said = Path(self._folder, "stderr.txt")
        with said.open("w") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, str(HERE / "nodes.py"), self._folder],
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked, self._answered = self._process.stdin, self._process.stdout
        self.address = self._answered.readline().strip()
        assert self.address, f"the cluster did not start: {said.read_text()}"

    def remove(self) -> None:
        """Kill a node."""
        self._do("remove")

    def add(self) -> None:
        """Add a node."""
        self._do("add")

    def _do(self, what: str) -> None:
        self._asked.write(f"{what}\n")
        self._asked.flush()
        assert self._answered.readline() == "done\n"

    def close(self) -> None:
        with self._process:  # closes the pipes, which ends it
            pass
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="module")
def nodes(ray_here: None) -> Iterator[Nodes]:
    cluster = Nodes()
    yield cluster
    cluster.close()


def person(seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A grey person before a green room; each seed gives another one."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[..., 1] = 255
    pixels[10:, 20 + seed % 8 : 44] = 60 + 7 * (seed % 20)
    return pixels


def draw(path: Path, seed: int = 0) -> Path:
    """Write ``person`` to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), person(seed))
    return path
