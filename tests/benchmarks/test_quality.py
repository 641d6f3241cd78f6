"""The table of quality against speed, made as a user makes it, from one picture."""

import json
import math
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import quality


@pytest.mark.slow
def test_one_command_writes_figures_table_and_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, output = tmp_path / "data", tmp_path / "docs"
    for kind in ("images", "mattes"):
        (data / kind).mkdir(parents=True)
        cv2.imwrite(str(data / kind / "half.png"), np.repeat(np.tile([0, 255], (64, 1)), 48, axis=1))
    monkeypatch.setattr(quality, "SIZES", quality.SIZES[::4])
    command = ["quality.py", "--data", str(data), "--output", str(output)]
    monkeypatch.setattr(sys, "argv", [*command, "--pictures", "1", "--rounds", "1"])
    quality.main()
    measured = json.loads((output / "data" / "quality.json").read_text())
    rows = [row for row in measured["rows"] if row["network"] == "greenless-lite"]
    assert [row["size"] for row in rows] == ["256x160", "512x288"]
    assert all(row["processor_ms"] > 0 for row in rows)
    assert rows[-1]["drawn"]["iou"] > 0.9
    assert not math.isnan(rows[-1]["shaken"]["dtssd"])
    page = (output / "quality.md").read_text()
    assert page.count("| greenless-lite | ") == len(rows) + 1

    (output / "quality.svg").unlink()
    monkeypatch.setattr(sys, "argv", [*command, "--draw"])
    quality.main()
    assert (output / "quality.md").read_text() == page
    assert "greenless-lite" in (output / "quality.svg").read_text()
