"""A worker without Ray around it: outputs are whole or missing, and each failure is a row."""

import errno
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realtime import __version__
from realtime.scale.footage_jobs import Job, units_of
from realtime.scale.footage_plan import planned
from realtime.scale.footage_worker import Row, Worker
from tests.realtime.scale.conftest import draw
from tests.realtime.scale.test_footage_plan import CLIPS, IMAGES

SAMPLE = Path(__file__).resolve().parents[3] / "realtime" / "capture" / "sample" / "person.mp4"


def rows(job: Job, inputs: list[Path], out: Path, version: str = __version__) -> list[Row]:
    """Do a job in this process."""
    plan = planned(job, [str(path) for path in inputs], str(out))
    worker = Worker(plan.job, plan.places, 1, version)
    units = [pickle.dumps(unit) for unit in units_of(plan.todo)]
    return [pickle.loads(row) for row in worker({"unit": units})["row"]]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_image_gives_the_outputs_of_the_plain_command(tmp_path: Path) -> None:
    image, out = draw(tmp_path / "a.1.png"), tmp_path / "out"
    [row] = rows(replace(IMAGES, background="#102030", combined=True), [image], out)
    names = ["a.1_alpha.png", "a.1_combined.png", "a.1_composite.png", "a.1_cutout.png"]
    assert files(out) == names
    assert sorted(row.line.outputs) == [str(out / name) for name in names]
    assert (row.line.error, row.line.empty) == ("", False)


def test_an_image_without_a_person_says_so(tmp_path: Path) -> None:
    Image.fromarray(np.full((48, 64, 3), (0, 255, 0), np.uint8)).save(tmp_path / "green.png")
    [row] = rows(IMAGES, [tmp_path / "green.png"], tmp_path / "out")
    assert row.line.empty


def test_a_broken_file_is_a_row_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    found = rows(IMAGES, [tmp_path / "broken.png", draw(tmp_path / "a.png")], tmp_path / "out")
    assert [bool(row.line.error) for row in found] == [True, False]
    assert "broken.png" in found[0].line.error
    assert not found[0].fatal
    assert files(tmp_path / "out") == ["a_alpha.png", "a_cutout.png"]


def test_a_full_disk_is_a_row_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = draw(tmp_path / "a.png")

    def full(source: Any, target: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    [row] = rows(IMAGES, [image], tmp_path / "out")
    assert "disk is full" in row.line.error
    assert not row.fatal
    assert files(tmp_path / "out") == []
    assert list((tmp_path / "out").rglob("unit-*")) == []


def test_a_place_that_cannot_be_replaced_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "out" / "a_alpha.png").mkdir(parents=True)
    [row] = rows(IMAGES, [draw(tmp_path / "a.png")], tmp_path / "out")
    assert "a_alpha.png" in row.line.error


def test_missing_weights_end_the_job(tmp_path: Path) -> None:
    job = replace(IMAGES, matting=replace(IMAGES.matting, weights="no-such-network"))
    [row] = rows(job, [draw(tmp_path / "a.png")], tmp_path / "out")
    assert row.fatal
    assert "no-such-network" in row.line.error


def test_another_version_ends_the_job(tmp_path: Path) -> None:
    [row] = rows(IMAGES, [draw(tmp_path / "a.png")], tmp_path / "out", version="0.0.1")
    assert row.fatal
    assert f"this worker has greenless {__version__}, the command has 0.0.1" in row.line.error


def test_a_whole_clip_becomes_a_folder_of_images(tmp_path: Path, ffmpeg: Any) -> None:
    clip = tmp_path / "a.mp4"
    ffmpeg("-i", SAMPLE, "-t", "0.4", "-vf", "scale=64:48,fps=10", clip)
    [row] = rows(replace(CLIPS, alpha="png"), [clip], tmp_path / "out")
    assert row.line.outputs == (str(tmp_path / "out"),), row.line.error
    assert files(tmp_path / "out") == [f"{index:06d}.png" for index in range(4)]
