"""The table of quality against speed, made as a user makes it, from one picture."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from benchmarks.svg_plot import Panel, draw

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_one_command_writes_figures_table_and_plot(tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "docs"
    for kind in ("images", "mattes"):
        (data / kind).mkdir(parents=True)
        cv2.imwrite(str(data / kind / "half.png"), np.repeat(np.tile([0, 255], (64, 1)), 48, axis=1))
    command = [sys.executable, "benchmarks/quality.py", "--data", str(data), "--output", str(output)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, "--pictures", "1", "--rounds", "1"], cwd=ROOT, env=environment, check=True)
    measured = json.loads((output / "data" / "quality.json").read_text())
    rows = [row for row in measured["rows"] if row["network"] == "greenless-lite"]
    assert [row["size"] for row in rows] == ["256x160", "320x192", "384x224", "448x256", "512x288"]
    assert all(row["processor_ms"] > 0 for row in rows)
    assert rows[-1]["drawn"]["iou"] > 0.9
    assert not math.isnan(rows[-1]["shaken"]["dtssd"])
    page = (output / "quality.md").read_text()
    assert page.count("| greenless-lite | ") == len(rows) + 1

    (output / "quality.svg").unlink()
    subprocess.run([*command, "--draw"], cwd=ROOT, env=environment, check=True)
    assert (output / "quality.md").read_text() == page
    assert "greenless-lite" in (output / "quality.svg").read_text()


def test_points_stand_where_their_figures_say(tmp_path: Path) -> None:
    lines = {"a & b": [(2.0, 10.0, "small"), (20.0, 5.0, "large")], "c": [(5.0, 0.0, "none")]}
    draw(tmp_path / "plot.svg", [Panel(title="time", lines=lines)], across="ms", up="error")
    svg = ElementTree.parse(tmp_path / "plot.svg").getroot()
    points = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in svg.iter() if dot.tag.endswith("circle")]
    (x_small, y_small), (x_large, y_large), (x_none, y_none) = points
    # Across on a logarithmic scale, up from 0 on a linear one.
    assert (x_none - x_small) / (x_large - x_small) == pytest.approx(math.log(2.5) / math.log(10), abs=0.01)
    assert (y_none - y_large) / (y_none - y_small) == pytest.approx(0.5, abs=0.01)
    texts = {text.text for text in svg.iter() if text.tag.endswith("text")}
    assert {"a & b", "c", "time", "ms", "error", "small", "large", "none"} <= texts
