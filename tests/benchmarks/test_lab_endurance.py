"""A short form of the endurance of camera and virtual camera on real devices; the long one gives the figures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, PULLS = 2, 1
GAP_S = 5.0


@pytest.mark.slow
def test_readers_and_camera_come_and_go_and_the_virtual_camera_stays(
    v4l2_lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_TIMEOUT", "1800")
    script = [sys.executable, "benchmarks/lab_endurance.py", "--rounds", str(ROUNDS), "--pulls", str(PULLS)]
    done = subprocess.run([str(v4l2_lab), *script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout[done.stdout.rindex("\n{\n") :])

    always = found["always_on"]
    assert len(always["first_frame_after_s"]) == ROUNDS, "each reader got frames"
    assert len(always["pulled"]["back_after_s"]) == PULLS, "the camera's picture was back each time"
    assert len(always["pulled"]["opened_after_s"]) == PULLS, "greenless wrote when it had opened it"
    for during in ("beside_others", "pulled"):
        assert always[during]["gap_s"] < GAP_S, f"{during}: the output stood still for a reader that stays"
    for leak in ("threads", "descriptors"):
        assert always["at_the_end"][leak] <= always["at_the_start"][leak]
    on_demand = found["on_demand"]
    for step in ("noticed_after_s", "opened_after_s", "first_real_picture_after_s", "closed_after_s"):
        assert len(on_demand[step]) == ROUNDS
    for run in (always, on_demand):
        assert (run["status"], run["errors"]) == (0, [])
