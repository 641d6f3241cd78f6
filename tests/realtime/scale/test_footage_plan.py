"""What a job has to do: names, keys, what was done before, and its report. No test here starts Ray."""

import json
import os
import pickle
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from realtime.errors import GreenlessError, SettingsError, SinkError
from realtime.scale import footage_store as store
from realtime.scale.footage_jobs import ClipJob, ImageJob, Item, units_of
from realtime.scale.footage_plan import planned
from realtime.scale.footage_report import Line, ReportFile
from realtime.scale.footage_worker import Places
from realtime.scale.segments import Segment
from realtime.settings.schema import FinishSettings, MattingSettings, SceneSettings
from tests.realtime.scale.conftest import draw

SHARED: dict[str, Any] = {
    "matting": MattingSettings(weights="chroma:#00ff00"),
    "finish": FinishSettings(),
    "scene": SceneSettings(),
    "quality": "fast",
    "background": None,
}
IMAGES = ImageJob(**SHARED, combined=False, keep="credits", refine=None)
FPS = Fraction(30000, 1001)
CLIPS = ClipJob(**SHARED, alpha=None, deinterlace="frame")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("s3://bucket/a.jpg", "s3://bucket/a.jpg"),
        ("gs://bucket", "gs://bucket"),
        ("s3://bucket/a?region=eu&scheme=http", "s3://bucket/a?region=eu&scheme=http"),
        ("folder/a.jpg", "folder/a.jpg"),
        ("C:/a.jpg", "C:/a.jpg"),
        ("/s3:/a", "/s3:/a"),
    ],
)
def test_urls_come_through_the_command_line(typed: str, expected: str) -> None:
    assert store.location_of(Path(typed)) == expected


def test_urls_keep_their_parameters_when_a_name_is_added() -> None:
    assert store.joined("s3://bucket/out?region=eu", "a_alpha.png") == "s3://bucket/out/a_alpha.png?region=eu"
    assert store.name_of("s3://bucket/out/a.jpg?region=eu") == "a.jpg"


def test_outputs_have_the_names_of_the_plain_command(tmp_path: Path) -> None:
    for name in ("in/a.1.jpg", "in/b.png", "more/b.jpg"):
        draw(tmp_path / name)
    plan = planned(IMAGES, [str(tmp_path / "in"), str(tmp_path / "more")], str(tmp_path / "out"))
    assert [item.name for item in plan.todo] == ["in/a.1", "in/b", "more/b"]
    assert plan.report.location == str(tmp_path / "out" / "report.jsonl")


def test_one_clip_may_have_a_file_for_its_output(tmp_path: Path) -> None:
    draw(tmp_path / "a.mp4.png").rename(tmp_path / "a.mp4")
    plan = planned(CLIPS, [str(tmp_path / "a.mp4")], str(tmp_path / "b.mkv"))
    assert [(item.name, plan.job.endings) for item in plan.todo] == [("b", (".mkv",))]
    assert (plan.places.folder, plan.report.location) == (str(tmp_path), str(tmp_path / "b.mkv.report.jsonl"))


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    clip = draw(tmp_path / "a.mp4.png").rename(tmp_path / "a.mp4")
    with pytest.raises(SinkError, match="is an input and would be overwritten"):
        planned(CLIPS, [str(clip)], str(clip))


def test_a_missing_input_is_a_line_of_the_report(tmp_path: Path) -> None:
    plan = planned(IMAGES, [str(tmp_path / "no.jpg")], str(tmp_path / "out"))
    assert not plan.todo
    assert [error.what for error in plan.failures] == [f"cannot read {tmp_path / 'no.jpg'}: No such file or directory"]
    [line] = (tmp_path / "out" / "report.jsonl").read_text().splitlines()
    assert json.loads(line)["status"] == "failed"


def test_a_background_is_checked_as_the_plain_commands_do(tmp_path: Path) -> None:
    replace(CLIPS, alpha="webm", background="transparent").check()
    replace(IMAGES, background="#102030").check()
    with pytest.raises(SettingsError, match="transparent background already"):
        replace(IMAGES, background="transparent").check()
    with pytest.raises(SettingsError, match="a cutout with alpha has no background"):
        replace(CLIPS, alpha="webm", background="#102030").check()
    with pytest.raises(GreenlessError, match=r"no\.png"):
        replace(CLIPS, background=str(tmp_path / "no.png")).check()


def test_the_key_changes_with_the_input_and_the_options(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.png")
    key = IMAGES.digest_of(str(path))
    assert IMAGES.digest_of(os.path.relpath(path)) == key
    assert replace(IMAGES, matting=replace(IMAGES.matting, threads=3)).digest_of(str(path)) == key
    assert replace(IMAGES, background="#ffffff").digest_of(str(path)) != key
    assert replace(IMAGES, finish=FinishSettings(grow=1.0)).digest_of(str(path)) != key
    os.utime(path, (1, 1))
    assert IMAGES.digest_of(str(path)) != key


def test_the_key_changes_with_the_background_file(tmp_path: Path) -> None:
    path, plate = draw(tmp_path / "a.png"), draw(tmp_path / "plate.png", 3)
    job = replace(IMAGES, background=str(plate))
    key = job.digest_of(str(path))
    os.utime(plate, (1, 1))
    assert job.digest_of(str(path)) != key


def finished(tmp_path: Path) -> tuple[Path, Path, ReportFile]:
    """An image, one of its outputs, and the report that says so."""
    path, output = draw(tmp_path / "in" / "a.png"), draw(tmp_path / "out" / "a_alpha.png")
    report = ReportFile(str(tmp_path / "out" / "report.jsonl"))
    report.add(Line(input=str(path), key=IMAGES.digest_of(str(path)), outputs=(str(output),)))
    return path, output, report


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    path, output, _ = finished(tmp_path)
    plan = planned(IMAGES, [str(path)], str(tmp_path / "out"))
    assert (len(plan.todo), len(plan.done_before)) == (0, 1)
    output.unlink()
    assert len(planned(IMAGES, [str(path)], str(tmp_path / "out")).todo) == 1


def test_what_failed_or_changed_is_done_again(tmp_path: Path) -> None:
    path, _, report = finished(tmp_path)
    changed = replace(IMAGES, combined=True)
    assert len(planned(changed, [str(path)], str(tmp_path / "out")).todo) == 1
    report.add(Line(input=str(path), key=IMAGES.digest_of(str(path)), error="it broke"))
    assert len(planned(IMAGES, [str(path)], str(tmp_path / "out")).todo) == 1


def test_a_report_that_was_cut_off_is_read_and_goes_on(tmp_path: Path) -> None:
    path, output, report = finished(tmp_path)
    with open(report.location, "a") as file:
        file.write('{"status": "done", "inp')
    again = ReportFile(report.location)
    assert again.done(IMAGES.digest_of(str(path))) is not None
    again.add(Line(input="b.png", key="b", outputs=(str(output),)))
    assert ReportFile(report.location).done("b") is not None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_report_on_a_full_disk_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "report.jsonl").symlink_to("/dev/full")
    report = ReportFile(str(tmp_path / "missing.jsonl"))
    report.location = str(tmp_path / "report.jsonl")
    with pytest.raises(SinkError, match="disk is full"):
        report.add(Line(input="a", key="a"))


@pytest.mark.parametrize("ending", [".mp4", "_composite.mp4", "_cutout.webm"])
def test_a_part_has_the_suffix_of_its_output(ending: str) -> None:
    item = Item(location="a.mp4", name="a", key="k")
    item = replace(item, segments=(Segment(start_s=1.5, end_s=2.0, fps=FPS),))
    places = Places(folder="out", work="work")
    assert places.parts(item, ending) == [str(Path("work", "parts", f"k-1500{Path(f'x{ending}').suffix}"))]


def test_units_survive_the_way_to_a_worker() -> None:
    item = Item(location="caf\udce9.mp4", name="a", key="k")
    cut = [Segment(start_s=0.0, end_s=1.5, fps=FPS), Segment(start_s=1.5, end_s=float("inf"), fps=FPS)]
    units = units_of([item, replace(item, key="l", segments=tuple(cut))])
    assert [unit.segments for unit in units] == [(), (cut[0],), (cut[1],)]
    assert dict.fromkeys(pickle.loads(pickle.dumps(units))) == dict.fromkeys(units)
