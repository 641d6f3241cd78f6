"""Inputs and outputs in an object store: moto's server, which speaks S3, on this machine."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime.errors import SourceError
from realtime.scale import footage_store as store
from realtime.scale.footage_plan import planned
from realtime.scale.footage_report import Line, ReportFile
from realtime.scale.footage_worker import Worker
from tests.realtime.scale.conftest import ROOT, draw
from tests.realtime.scale.test_footage_plan import CLIPS, IMAGES, replace

pytestmark = [pytest.mark.usefixtures("ray_here"), pytest.mark.slow]

SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    pytest.importorskip("moto", reason="moto is in the group dev")
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.stdin.close()


@pytest.fixture
def bucket(port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """An empty bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    import requests

    name = f"b{abs(hash(tmp_path))}"
    requests.put(f"http://127.0.0.1:{port}/{name}", timeout=60).raise_for_status()
    store._system.cache_clear()
    yield f"s3://{name}"
    store._system.cache_clear()


def put(path: Path, location: str) -> Path:
    """Upload a copy of a file."""
    copy = path.with_name(f"copy-{path.name}")
    copy.write_bytes(path.read_bytes())
    store.delivered(copy, location)
    return path


def test_files_go_and_come(bucket: str, tmp_path: Path) -> None:
    path = put(draw(tmp_path / "a.png"), f"{bucket}/in/a.png")
    assert store.fetched(f"{bucket}/in/a.png", tmp_path / "back").read_bytes() == path.read_bytes()
    assert store.stamp(f"{bucket}/in/a.png")[0] == path.stat().st_size
    assert store.files_in(f"{bucket}/in") == [f"{bucket}/in/a.png"]
    assert store.is_folder(f"{bucket}/in")
    assert not store.exists(f"{bucket}/in/b.png")
    with pytest.raises(SourceError, match="there is no file"):
        store.stamp(f"{bucket}/in/b.png")
    with pytest.raises(SourceError, match="cannot read"):
        store.fetched(f"{bucket}/in/b.png", tmp_path / "back")
    store.removed(f"{bucket}/in/a.png")
    assert not store.exists(f"{bucket}/in/a.png")


def work(plan: Any) -> list[Any]:
    """Do all units of a plan as a worker does, and write the report."""
    from realtime import __version__
    from realtime.scale.footage_jobs import units_of
    from realtime.scale.footage_worker import join

    worker = Worker(plan.job, plan.places, 1, __version__)
    rows = worker({"unit": [pickle.dumps(unit) for unit in units_of(plan.todo)]})["row"]
    lines = [pickle.loads(row).line for row in rows]
    for item in plan.todo:
        if item.segments:
            lines = [join(item, plan.job, plan.places)]
            for part in plan.places.parts(item, *plan.job.endings):
                assert store.exists(part)
                store.removed(part)
    for line in lines:
        plan.report.add(line)
    plan.report.save()
    return lines


def test_a_folder_of_images_is_matted_and_not_matted_again(bucket: str, tmp_path: Path) -> None:
    for index in range(2):
        put(draw(tmp_path / f"{index}.png", index), f"{bucket}/in/{index}.png")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    put(tmp_path / "broken.png", f"{bucket}/in/broken.png")
    inputs, out = [store.location_of(Path(f"{bucket}/in"))], f"{bucket}/out"
    rows = work(planned(IMAGES, inputs, out))
    assert [bool(row.error) for row in rows] == [False, False, True]
    assert f"{bucket}/in/broken.png" in rows[2].error
    names = [store.name_of(location) for location in store.files_in(out)]
    assert names == ["0_alpha.png", "0_cutout.png", "1_alpha.png", "1_cutout.png", "report.jsonl"]
    text = store.read_bytes(f"{out}/report.jsonl").decode()
    assert [json.loads(line)["status"] for line in text.splitlines()] == ["done", "done", "failed"]
    again = planned(IMAGES, inputs, out)
    assert [item.location for item in again.todo] == [f"{bucket}/in/broken.png"]
    assert len(again.done_before) == 2


def test_a_clip_is_cut_and_joined_there(
    bucket: str, tmp_path: Path, ffmpeg: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from realtime.scale import segments

    monkeypatch.setattr(segments, "SEGMENT_S", 1.0)
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=size=64x48:rate=10", "-f", "lavfi", "-i", "sine", "-t", "3", "-g", "5"),
        *("-c:v", "libx264", "-pix_fmt", "yuv420p", tmp_path / "a.mp4"),
    )
    put(tmp_path / "a.mp4", f"{bucket}/a.mp4")
    plan = planned(replace(CLIPS, background="#405060"), [f"{bucket}/a.mp4"], f"{bucket}/out/b.mp4")
    assert len(plan.todo[0].segments) == 3
    [row] = work(plan)
    assert not row.error
    assert row.outputs == (f"{bucket}/out/b.mp4",)
    file = store.fetched(f"{bucket}/out/b.mp4", tmp_path / "back")
    found = ffmpeg.probe(file, "stream=codec_type,nb_frames")["streams"]
    assert [stream["codec_type"] for stream in found] == ["video", "audio"]
    assert found[0]["nb_frames"] == "30"
    left = [location for location in store.files_in(f"{bucket}/out") if "b.mp4" not in location]
    assert left == []
    assert store.files_in(f"{bucket}/out/.b.mp4.greenless-ray/parts") == []


def test_wrong_credentials_or_no_server_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    store._system.cache_clear()
    with pytest.raises(SourceError, match=r"cannot read s3://bucket/a\.png"):
        store.stamp("s3://bucket/a.png")
    store._system.cache_clear()
    assert os.environ["AWS_ENDPOINT_URL"]


def test_a_report_of_a_store_is_uploaded_at_the_end(bucket: str) -> None:
    report = ReportFile(f"{bucket}/report.jsonl")
    report.add(Line(input="a", key="a"))
    assert not store.exists(report.location)
    report.save()
    assert len(store.read_bytes(report.location).splitlines()) == 1
