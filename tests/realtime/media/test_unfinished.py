"""What is left of a recording whose process was killed: how much can be played, and how it becomes an ordinary file."""

import errno
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.media import remux
from realtime.media.remux import finish
from realtime.media.unfinished import in_use, is_unfinished, left_behind, whole_name
from realtime.media.video_writer import VideoWriter
from realtime.settings import paths

SUFFIXES = [".mp4", ".mkv", ".webm", ".mov"]
LOST_S = 2.0
TONE_HZ, RATE_HZ = 441, 44_100

WRITES = """
import sys
from pathlib import Path
import numpy as np
from realtime.media.video_writer import VideoWriter
path, fps, alpha, audio = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "alpha", sys.argv[4]
source = Path(audio) if audio else None
writer = VideoWriter(path, width_px=160, height_px=96, fps=30, alpha=alpha, companions_of=source)
noise = np.random.default_rng(0).integers(0, 256, (12, 20, 4 if alpha else 3), dtype=np.uint8)
for index in range(100_000):
    writer.write(np.roll(noise, index, axis=1).repeat(8, 0).repeat(8, 1), index / fps)
    print(index, flush=True)
sys.stdin.read()
"""


class Played(NamedTuple):
    """What a player gets of a file."""

    times_s: list[float]
    alpha: bool
    duration_s: float
    sound_s: float
    """When the sound ends; 0 without sound."""


def play(path: Path) -> Played:
    times, alpha, sound_s = [], False, 0.0
    with av.open(str(path)) as container:
        stream, duration = container.streams.video[0], (container.duration or 0) / av.time_base
        decoder = stream.codec_context
        if decoder.name == "vp9":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        for packet in container.demux(stream):
            for frame in decoder.decode(packet):
                times.append(float(frame.pts * stream.time_base))
                alpha |= "a" in frame.format.name.removeprefix("gray")
    with av.open(str(path)) as container:
        for heard in container.decode(container.streams.audio) if container.streams.audio else ():
            sound_s = float(heard.time + heard.samples / heard.sample_rate)
    return Played(times, alpha, duration, sound_s)


def write_sound(path: Path, seconds: int, codec: str) -> Path:
    """A film with a tone, in a codec that is copied or encoded."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10, width=64, height=48)
        sound = container.add_stream(codec, rate=RATE_HZ, layout="mono")
        for index in range(seconds * 10):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        wave = 0.5 * np.sin(2 * np.pi * TONE_HZ / RATE_HZ * np.arange(seconds * RATE_HZ))
        resampler = av.AudioResampler(
            sound.codec_context.format, "mono", RATE_HZ, sound.codec_context.frame_size or 1024
        )
        whole = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], "fltp", "mono")
        whole.sample_rate, whole.pts, whole.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
        for frame in (*resampler.resample(whole), *resampler.resample(None)):
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def killed(path: Path, at: int, *, fps: float = 30, alpha: bool = False, audio: Path | None = None) -> float:
    """Have a process write until picture ``at`` is in its file, and kill it; the time of the last one that was."""
    words = [str(path), str(fps), "alpha" if alpha else "opaque", str(audio or "")]
    with subprocess.Popen([sys.executable, "-c", WRITES, *words], stdout=subprocess.PIPE, stdin=subprocess.PIPE) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if int(line) == at:
                break
        run.kill()
        last = max([at, *map(int, run.stdout.read().split(b"\n")[:-1])])
    assert run.returncode == -signal.SIGKILL
    return last / fps


@pytest.mark.skipif(sys.platform == "win32", reason="Windows kills in other words")
@pytest.mark.parametrize("at_s", [2.1, 2.6, 3.3, 4.0])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_kill_loses_two_seconds_at_most(tmp_path: Path, suffix: str, at_s: float) -> None:
    alpha = suffix in (".webm", ".mov")
    written_s = killed(tmp_path / f"film{suffix}", round(at_s * 30), alpha=alpha)
    left = play(tmp_path / f"film.unfinished{suffix}")
    assert written_s - left.times_s[-1] <= LOST_S
    assert left.times_s == pytest.approx([index / 30 for index in range(len(left.times_s))], abs=0.001)
    assert left.alpha == alpha


@pytest.mark.skipif(sys.platform == "win32", reason="Windows kills in other words")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_kill_loses_no_more_where_pictures_are_slow_in_coming(tmp_path: Path, suffix: str) -> None:
    written_s = killed(tmp_path / f"film{suffix}", 23, fps=4)
    assert written_s - play(tmp_path / f"film.unfinished{suffix}").times_s[-1] <= LOST_S


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows kills in other words")
@pytest.mark.parametrize(("codec", "seconds"), [("aac", 30), ("flac", 30), ("aac", 2)], ids=["aac", "flac", "short"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_kill_loses_no_more_of_the_sound(tmp_path: Path, suffix: str, codec: str, seconds: int) -> None:
    source = write_sound(tmp_path / "source.mkv", seconds, codec)
    written_s = killed(tmp_path / f"film{suffix}", 180, audio=source)
    left = play(tmp_path / f"film.unfinished{suffix}")
    assert written_s - left.times_s[-1] <= LOST_S
    assert min(written_s, seconds) - left.sound_s <= LOST_S
    recovered = play(finish(tmp_path / f"film.unfinished{suffix}"))
    assert recovered.times_s == pytest.approx(left.times_s, abs=0.001)
    assert recovered.sound_s == pytest.approx(left.sound_s, abs=0.03)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows kills in other words")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_left_is_found_and_becomes_an_ordinary_file(tmp_path: Path, suffix: str) -> None:
    alpha = suffix in (".webm", ".mov")
    killed(tmp_path / f"film{suffix}", 90, alpha=alpha)
    unfinished = tmp_path / f"film.unfinished{suffix}"
    assert left_behind() == [unfinished]
    left = play(unfinished)
    (tmp_path / f"film{suffix}").write_text("the film of yesterday")
    whole = finish(unfinished)
    assert whole == tmp_path / f"film-2{suffix}"
    assert (tmp_path / f"film{suffix}").read_text() == "the film of yesterday"
    recovered = play(whole)
    assert recovered.times_s == pytest.approx(left.times_s, abs=0.001)
    assert recovered.alpha == alpha
    assert recovered.duration_s == pytest.approx(recovered.times_s[-1] + 1 / 30, abs=0.04)
    assert left_behind([tmp_path]) == []
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    if suffix in (".mp4", ".mov"):
        assert b"moof" not in whole.read_bytes()


def test_a_recording_that_goes_on_is_not_called_unfinished(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "film.mkv", width_px=64, height_px=48, fps=30)
    for _ in range(60):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    assert writer.part.stat().st_size > 0
    assert in_use(writer.part)
    assert left_behind([tmp_path]) == []
    with pytest.raises(SinkError, match="still writing"):
        finish(writer.part)
    writer.close()
    assert not (paths.unfinished_folder()).exists()


def test_it_is_found_in_its_folder_without_a_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLESS_HOME", os.devnull)
    (unfinished := tmp_path / "film.unfinished-2.MP4").write_bytes(b"something")
    assert left_behind([tmp_path]) == [unfinished]
    writer = VideoWriter(tmp_path / "other.mp4", width_px=64, height_px=48, fps=30)
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.close()
    assert (tmp_path / "other.mp4").exists()


def test_a_note_of_what_was_removed_goes_away(tmp_path: Path) -> None:
    notes = paths.unfinished_folder()
    notes.mkdir(parents=True)
    (notes / "0123").write_bytes(os.fsencode(tmp_path / "gone.unfinished.mp4"))
    assert left_behind() == []
    assert not notes.exists()


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_where_nothing_was_recorded_it_says_so(tmp_path: Path, content: bytes) -> None:
    (unfinished := tmp_path / "film.unfinished.mp4").write_bytes(content)
    with pytest.raises(SinkError, match="holds no frame"):
        finish(unfinished)
    assert [path.name for path in tmp_path.iterdir()] == ["film.unfinished.mp4"]


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot read"):
        finish(tmp_path / "film.unfinished.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["film.mp4", "film.unfinished.avi", "film.unfinished-x.mp4"])
def test_other_files_are_left_alone(tmp_path: Path, name: str) -> None:
    assert not is_unfinished(Path(name))
    with pytest.raises(SinkError, match="not named like an unfinished recording"):
        whole_name(tmp_path / name)


@pytest.mark.parametrize("letter", ["a", "\N{CJK UNIFIED IDEOGRAPH-5F71}"])
def test_a_name_as_long_as_can_be_is_written(tmp_path: Path, letter: str) -> None:
    stem = letter * (251 // len(letter.encode()))
    writer = VideoWriter(tmp_path / f"{stem}.mp4", width_px=64, height_px=48, fps=30)
    assert is_unfinished(writer.part)
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.close()
    assert writer.path.exists()


def test_a_name_that_is_too_long_is_reported_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="cannot write"):
        VideoWriter(tmp_path / f"{'a' * 300}.mp4", width_px=64, height_px=48, fps=30)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_was_recovered_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "film.mkv", width_px=64, height_px=48, fps=30)
    writer.write(np.zeros((48, 64, 3), np.uint8))
    (tmp_path / "film.mkv").write_text("the film of before the crash")
    writer.close()
    assert (tmp_path / "film.mkv").read_text() == "the film of before the crash"
    assert writer.path == tmp_path / "film-2.mkv"
    assert len(play(writer.path).times_s) == 1


def test_a_recording_takes_the_place_of_the_file_that_was_there_at_its_start(tmp_path: Path) -> None:
    (tmp_path / "film.mkv").write_text("the film of yesterday")
    writer = VideoWriter(tmp_path / "film.mkv", width_px=64, height_px=48, fps=30)
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.close()
    assert len(play(tmp_path / "film.mkv").times_s) == 1


def test_a_file_that_appears_while_a_recording_is_recovered_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (unfinished := tmp_path / "film.unfinished.mkv").write_bytes(b"packets")

    def copy(source: Path, part: Path) -> int:
        part.write_bytes(source.read_bytes())
        (tmp_path / "film.mkv").write_text("somebody else's")
        return 1

    monkeypatch.setattr(remux, "_copy", copy)
    assert finish(unfinished) == tmp_path / "film-2.mkv"
    assert (tmp_path / "film.mkv").read_text() == "somebody else's"
    assert (tmp_path / "film-2.mkv").read_bytes() == b"packets"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["film-2.mkv", "film.mkv"]


def test_a_note_stays_while_its_folder_is_away(tmp_path: Path) -> None:
    notes = paths.unfinished_folder()
    notes.mkdir(parents=True)
    (notes / "0123").write_bytes(os.fsencode(tmp_path / "unmounted" / "film.unfinished.mp4"))
    assert left_behind() == []
    assert (notes / "0123").exists()


def test_without_locks_a_recording_can_be_recovered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (unfinished := tmp_path / "film.unfinished.mp4").write_bytes(b"something")

    def no_locks(descriptor: int, *, alone: bool) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("realtime.media.unfinished._lock", no_locks)
    assert not in_use(unfinished)
