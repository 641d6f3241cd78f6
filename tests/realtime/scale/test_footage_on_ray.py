"""Images and clips on Ray: the pixels of the plain command, whatever happens to workers and machines.

The cluster and the commands are processes of their own. Each test takes many seconds, because Ray starts in it.
"""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image

import greenless as api
from realtime.capture.sample_clip import labelled
from tests.realtime.scale.conftest import GREEN, HERE, ROOT, Nodes, draw, environment, greenless, person

NETWORK = ("--runtime", "onnx", "--precision", "int8", "--threads", "1")
PATIENCE_S = 900

pytestmark = pytest.mark.usefixtures("ray_here")


def rows(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text().splitlines()]


def left_in(folder: Path) -> list[str]:
    """What is in a folder besides outputs and reports."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix not in (".png", ".mp4", ".jsonl")
    )


def test_a_local_ray_gives_the_pixels_of_the_api_and_of_the_plain_command(tmp_path: Path) -> None:
    pictures = tmp_path / "in"
    pictures.mkdir()
    for (pixels, _), index in zip(labelled("persons"), range(3), strict=False):
        cv2.imwrite(str(pictures / f"{index}.png"), pixels)
    (pictures / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    words = ("image", pictures, "--background", "#102030", *NETWORK)
    plain, out = tmp_path / "plain", tmp_path / "out"

    assert greenless(*words, "-o", plain).status == 1
    done = greenless(*words, "-o", out, "--ray", "local", "--workers", "1")
    assert done.status == 1, done.errors
    assert (done.summary["done"], done.summary["failed"], done.summary["workers"]) == (3, 1, 1), done.errors
    names = sorted(path.name for path in plain.iterdir())
    assert names == sorted(path.name for path in out.glob("*.png"))
    assert len(names) == 9
    assert all((plain / name).read_bytes() == (out / name).read_bytes() for name in names)
    with api.Matting(runtime="onnx", precision="int8", threads=1) as matting, Image.open(out / "0_cutout.png") as image:
        np.testing.assert_array_equal(image, np.asarray(matting.cutout(pictures / "0.png")))
    [failed] = [row for row in rows(out / "report.jsonl") if row["status"] == "failed"]
    assert failed["input"].endswith("broken.png")
    assert "broken.png" in failed["error"]
    assert left_in(out) == []

    (pictures / "broken.png").unlink()
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    again = greenless(*words, "-o", out, "--ray", "local", "--workers", "1")
    assert (again.status, again.summary["done"], again.summary["done_before"]) == (0, 0, 3), again.errors
    assert again.summary["workers"] == 0, "Ray must not even start"
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


def write_clip(path: Path, seconds: int, fps: int = 12, gop: int = 12) -> Path:
    """A clip of ``person`` that moves, with a tone."""
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", fps, width=64, height=48, pix_fmt="yuv444p", options={"crf": "1"})
        track.codec_context.gop_size = gop
        sound = out.add_stream("aac", 48_000, layout="mono")
        for index in range(seconds * fps):
            out.mux(track.encode(av.VideoFrame.from_ndarray(person(index // 3), "bgr24")))
        tone = np.sin(np.arange(48_000 * seconds) / 20).astype(np.float32)[None] / 4
        frame = av.AudioFrame.from_ndarray(tone, "fltp", "mono")
        frame.sample_rate = 48_000
        out.mux(sound.encode(frame))
        out.mux([*track.encode(), *sound.encode()])
    return path


def packets(path: Path) -> list[tuple[str, Fraction]]:
    with av.open(str(path)) as clip:
        found = [
            (packet.stream.type, packet.pts * packet.time_base) for packet in clip.demux() if packet.pts is not None
        ]
    return sorted(found)


def frames(path: Path) -> list["np.ndarray[Any, np.dtype[np.uint8]]"]:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="bgr24") for frame in clip.decode(video=0)]


def psnr(one: "np.ndarray[Any, Any]", other: "np.ndarray[Any, Any]") -> float:
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


def test_a_clip_survives_a_machine_that_leaves(nodes: Nodes, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "slow.mp4", 24)
    words = ("video", clip, *GREEN, "--background", "#405060")
    assert greenless(*words, "-o", tmp_path / "plain.mp4").status == 0
    command = [sys.executable, HERE / "frail.py", *words, "-o", tmp_path / "out.mp4", "--json"]
    job = subprocess.Popen(
        [*map(str, command), "--ray", nodes.address, "--workers", "2"],
        cwd=ROOT,
        env=environment(SEGMENT_S="3"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_s = time.monotonic() + PATIENCE_S
    while not list(tmp_path.glob(".out.mp4.greenless-ray/parts/*")):
        assert job.poll() is None, job.communicate()
        assert time.monotonic() < until_s, "no part was finished"
        time.sleep(0.1)
    nodes.remove()
    output, errors = job.communicate(timeout=PATIENCE_S)
    nodes.add()
    assert job.returncode == 0, errors
    assert json.loads(output)["workers"] == 2
    whole, joined = tmp_path / "plain.mp4", tmp_path / "out.mp4"
    assert packets(joined) == packets(whole)
    assert len(frames(joined)) == 24 * 12
    assert np.mean([psnr(*pair) for pair in zip(frames(joined), frames(whole), strict=True)]) >= 45
    assert not list(tmp_path.glob(".*")), "parts must not stay"
    again = greenless(*words, "-o", joined, "--ray", nodes.address, SEGMENT_S="3")
    assert (again.status, again.summary["done_before"], again.summary["done"]) == (0, 1, 0)


def test_lost_workers_are_replaced_and_a_file_that_kills_them_fails(nodes: Nodes, tmp_path: Path) -> None:
    for index in range(6):
        draw(tmp_path / "in" / f"{index}.png", index)
    draw(tmp_path / "in" / "kills-once.png")
    draw(tmp_path / "in" / "kills-always.png")
    words = ("image", tmp_path / "in", "-o", tmp_path / "out", *GREEN, "--ray", nodes.address, "--workers", "2")
    done = greenless(*words, DIES_AT_START="1")
    assert (tmp_path / "started").exists(), done.errors
    assert (done.status, done.summary["done"], done.summary["failed"]) == (1, 7, 1), done.errors
    [error] = done.summary["errors"]
    assert "kills-always.png: its worker was lost 3 times" in error
    assert len(list((tmp_path / "out").glob("*_cutout.png"))) == 7
    assert left_in(tmp_path / "out") == []


def test_ctrl_c_leaves_whole_outputs_and_the_job_goes_on(nodes: Nodes, tmp_path: Path) -> None:
    for index in range(12):
        draw(tmp_path / "in" / f"slow{index}.png", index)
    words = ("image", tmp_path / "in", "-o", tmp_path / "out", *GREEN, "--ray", nodes.address, "--workers", "2")
    job = subprocess.Popen(
        [sys.executable, str(HERE / "frail.py"), *map(str, words)], cwd=ROOT, env=environment(), text=True
    )
    report = tmp_path / "out" / "report.jsonl"
    until_s = time.monotonic() + PATIENCE_S
    while not (report.exists() and rows(report)):
        assert job.poll() is None
        assert time.monotonic() < until_s, "no image was finished"
        time.sleep(0.1)
    os.kill(job.pid, signal.SIGINT)
    assert job.wait(PATIENCE_S) == 130
    assert left_in(tmp_path / "out") == []
    finished = len(rows(report))
    assert 0 < finished < 12
    done = greenless(*words)
    assert (done.status, done.summary["done_before"] + done.summary["done"]) == (0, 12), done.errors
    assert done.summary["done_before"] >= finished - 2  # an output may have gone with the last moments
    assert len(list((tmp_path / "out").glob("*_cutout.png"))) == 12


def test_a_pool_that_is_too_large_and_a_network_that_is_missing(nodes: Nodes, tmp_path: Path) -> None:
    image = draw(tmp_path / "a.png")
    words = ("image", image, "-o", tmp_path / "out", "--ray", nodes.address)
    done = greenless(*words, *GREEN, "--workers", "50")
    assert done.status == 2
    assert (
        "50 workers with 1 CPU each cannot start: the cluster has 6 CPUs, 1 CPU must stay free, and so 5 fit"
        in done.errors
    )
    assert not (tmp_path / "out").exists()
    nowhere = greenless(*words[:-1], "127.0.0.1:1", *GREEN)
    assert nowhere.status == 2
    assert "cannot join the Ray cluster 127.0.0.1:1" in nowhere.errors
