"""Clips that fail, disks that fill, runs that are stopped: the others are done, and nothing half stays."""

import errno
import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Self

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from PIL import Image

from realtime.errors import GreenlessError, MatterError, SceneError, SettingsError, SinkError
from realtime.matting.matter import Matter
from realtime.offline.clip import Clip
from realtime.offline.video import matte_video
from realtime.offline.video_outputs import writing
from tests.realtime.offline.clips import (
    COUNT,
    RATE_HZ,
    listing,
    order_of,
    watch,
    write_clip,
)
from tests.realtime.offline.conftest import Brightness


def test_clips_that_cannot_be_read_do_not_keep_the_others(clip: Path, tmp_path: Path, matter: Matter) -> None:
    folder = clip.parent
    (folder / "empty.mp4").touch()
    (folder / "junk.mp4").write_bytes(b"junk" * 1000)
    (folder / "text.txt").write_text("hello")
    with av.open(folder / "sound.mka", "w", "matroska") as container:
        audio = container.add_stream("aac", RATE_HZ, layout="mono")
        container.mux(audio.encode(None))
    Image.new("RGB", (8, 8)).save(folder / "picture.png")
    write_song(folder / "song.mp3")
    named = [folder / name for name in ("missing.mp4", "text.txt", "sound.mka", "picture.png", "song.mp3")]
    report = matte_video([*named, folder], tmp_path / "out", matter)
    assert report.matted == [clip]
    assert listing(tmp_path / "out") == ["clip_composite.mp4"]
    assert len(report.failures) == 7
    for failure, name in zip(report.failures, [*(p.name for p in named), "empty.mp4", "junk.mp4"], strict=True):
        assert name in failure.what
        assert failure.cure


def write_song(path: Path) -> None:
    """Sound whose only picture is that of its cover."""
    with av.open(path, "w") as container:
        audio = container.add_stream("libmp3lame", RATE_HZ, layout="mono")
        cover = container.add_stream("mjpeg", 1, width=16, height=16)
        cover.pix_fmt, cover.disposition = "yuvj420p", Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame(16, 16, "yuvj420p")))
        container.mux(cover.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        silence.sample_rate = RATE_HZ
        container.mux(audio.encode(silence))
        container.mux(audio.encode(None))


def test_a_disk_that_disappears_in_the_middle_is_reported_and_leaves_nothing(
    clip: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_clip = av.open

    class Unplugged:
        def __init__(self, container: InputContainer) -> None:
            self._container = container

        def __getattr__(self, name: str) -> object:
            return getattr(self._container, name)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *exc: object) -> None:
            self._container.close()

        def demux(self, stream: Stream) -> Iterator[Packet]:
            yield from islice(self._container.demux(stream), 4)
            raise OSError(errno.EIO, "Input/output error")

    def unplugged(path: str | Path, *mode: str, **options: object) -> object:
        container = open_clip(path, *mode, **options)
        return container if mode else Unplugged(container)

    monkeypatch.setattr(av, "open", unplugged)
    report = matte_video([clip], tmp_path / "out.mp4", matter)
    assert "Input/output error" in report.failures[0].what
    assert listing(tmp_path) == ["in"]


def test_a_clip_that_is_cut_off_gives_what_there_is(tmp_path: Path, matter: Matter) -> None:
    source = write_clip(tmp_path / "clip.mkv", sound="", encoder="mjpeg")
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 6 // 10])
    report = matte_video([source], tmp_path / "out.mp4", matter)
    assert report.matted == [source]
    seen = order_of(watch(tmp_path / "out.mp4").pictures)
    assert seen == list(range(len(seen)))
    assert 1 <= len(seen) < COUNT


def test_damage_in_the_middle_is_skipped_and_reported(tmp_path: Path, matter: Matter) -> None:
    source = write_clip(tmp_path / "clip.mkv", sound="", encoder="mjpeg")
    data = bytearray(source.read_bytes())
    begins = [i for i in range(len(data)) if data[i : i + 2] == b"\xff\xd8"]
    fourth = slice(begins[3], begins[4] - 20)
    data[fourth] = bytes(len(data[fourth]))
    source.write_bytes(data)
    report = matte_video([source], tmp_path / "out.mp4", matter)
    assert order_of(watch(tmp_path / "out.mp4").pictures) == [0, 1, 2, 4, 5, 6, 7]
    assert report.incomplete == [f"{source}: 1 damaged packet"]


@pytest.mark.parametrize("alpha", [None, "webm", "prores", "png"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt(), MatterError("the network failed")], ids=["Ctrl-C", "network"])
def test_a_run_that_is_stopped_leaves_nothing_half_there(
    clip: Path, tmp_path: Path, matter: Matter, alpha: str | None, stop: BaseException
) -> None:
    target = tmp_path / {None: "out.mp4", "webm": "out.webm", "prores": "out.mov", "png": "out"}[alpha]
    if alpha != "png":
        target.write_text("old")
    before = listing(tmp_path)

    def third(done: int, total: int, name: str) -> None:
        if done == 3:
            raise stop

    if isinstance(stop, MatterError):
        report = matte_video([clip], target, matter, alpha=alpha, progress=third)
        assert [failure.what for failure in report.failures] == [f"{clip}: the network failed"]
    else:
        with pytest.raises(type(stop)):
            matte_video([clip], target, matter, alpha=alpha, progress=third)
    assert listing(tmp_path) == before
    assert alpha == "png" or target.read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_no_clip(
    clip: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part := tmp_path / "out.unfinished.mp4").symlink_to("/dev/full")
    monkeypatch.setattr("realtime.media.unfinished._made", lambda path: (part, os.open(part, os.O_RDWR)))
    report = matte_video([clip], tmp_path / "out.mp4", matter)
    assert "out.mp4: the disk is full" in report.failures[0].what
    assert listing(tmp_path) == ["in"]


def test_a_full_disk_leaves_no_folder_of_pngs(
    clip: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def full(part: Path, target: Path) -> None:
        if "000002" in target.name:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        replace(part, target)

    monkeypatch.setattr(os, "replace", full)
    report = matte_video([clip], tmp_path / "out", matter, alpha="png")
    assert "the disk is full" in report.failures[0].what
    assert listing(tmp_path) == ["in"]


def test_what_a_killed_run_left_is_swept_away(clip: Path, tmp_path: Path, matter: Matter) -> None:
    with Clip(clip) as opened, writing(opened, tmp_path / "out", "png", []):
        (part,) = (path for path in tmp_path.iterdir() if path != clip.parent)
        shutil.copytree(part, tmp_path / "kept")
    (tmp_path / "kept").rename(part)
    (part / "000099.png").touch()
    shutil.rmtree(tmp_path / "out")
    matte_video([clip], tmp_path / "out", matter, alpha="png")
    assert len(listing(tmp_path / "out")) == COUNT
    assert listing(tmp_path) == ["in", "out"]


def test_one_bad_clip_does_not_keep_the_others_in_any_way_of_failing(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("a", "network", "memory", "bug", "n" * 243, "y", "z")
    inputs = [shutil.copy(clip, clip.with_stem(name)) for name in names]
    (tmp_path / "out" / "y_composite.mp4").mkdir(parents=True)
    failing = dict(
        zip(names[1:4], (MatterError("the network failed"), MemoryError(), RuntimeError("what?")), strict=True)
    )

    def third(done: int, total: int, name: str) -> None:
        if done == 3 and (error := failing.get(Path(name).stem)):
            raise error

    report = matte_video(inputs, tmp_path / "out", Brightness(), progress=third)
    assert report.matted == [inputs[0], inputs[-1]]
    whats = [failure.what for failure in report.failures]
    assert [what.partition(str(clip.parent))[2][1:40] for what in whats[:3]] == [
        *(
            "network.mp4: the network failed",
            "memory.mp4 needs more memory than is fr",
            "bug.mp4 failed: RuntimeError: what?",
        )
    ]
    assert "File name too long" in whats[3]
    assert "y_composite.mp4" in whats[4]
    assert listing(tmp_path / "out") == ["a_composite.mp4", "y_composite.mp4", "z_composite.mp4"]


@pytest.mark.parametrize(
    ("output", "options", "error", "message"),
    [
        ("out.mp4", {"alpha": "webm"}, SinkError, r"written as \.webm"),
        ("out.webm", {"alpha": "prores"}, SinkError, r"written as \.mov"),
        ("out.mov", {"alpha": "png"}, SinkError, "need a folder"),
        ("out.wmv", {}, SinkError, r"\.wmv"),
        ("in/clip.mp4", {}, SinkError, "is an input"),
        ("out.mp4", {"background": "transparent"}, SettingsError, "alpha"),
        ("out.webm", {"background": "blur", "alpha": "webm"}, SettingsError, "no background"),
        ("out.mp4", {"background": "nothing.jpg"}, SceneError, r"nothing\.jpg"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    clip: Path,
    tmp_path: Path,
    matter: Matter,
    output: str,
    options: dict[str, str],
    error: type[GreenlessError],
    message: str,
) -> None:
    before = clip.read_bytes()
    with pytest.raises(error, match=message) as caught:
        matte_video([clip], tmp_path / output, matter, **options)
    assert caught.value.cure
    assert listing(tmp_path) == ["in"]
    assert clip.read_bytes() == before


def test_several_clips_do_not_fit_one_file(clip: Path, tmp_path: Path, matter: Matter) -> None:
    with pytest.raises(SinkError, match="need a folder"):
        matte_video([clip.parent], tmp_path / "out.mp4", matter)


def test_a_folder_of_pngs_is_not_mixed_with_another(clip: Path, tmp_path: Path, matter: Matter) -> None:
    (tmp_path / "out" / "clip_cutout").mkdir(parents=True)
    with pytest.raises(SinkError, match="exists already"):
        matte_video([clip], tmp_path / "out", matter, alpha="png")
