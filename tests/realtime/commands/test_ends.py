"""Whatever ends a run from outside, its recording is whole, and what ``video`` was to replace is still there."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
PATIENCE_S = 240
LIVE = {"SIGINT": 0, "SIGTERM": 0, "SIGHUP": 129, "SIGQUIT": 131}
"""Ctrl-C and SIGTERM are the usual ends of a live run."""
ENDS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129, "SIGQUIT": 131}

CHILD = """
import sys, time
import numpy as np
from realtime import __main__
from realtime.commands import offline
from realtime.frame import CoarseMatte
from realtime.session import open_parts
from tests.realtime.hangs import say_when_still

class Half:
    name = "half"
    count = 0
    def matte_batch(self, frames):
        self.count += len(frames)
        if self.count >= 60:
            self.count = -10**9
            {then}
        return [CoarseMatte(alpha=np.ones((48, 64), np.float32), frame=frame) for frame in frames]
    def close(self): pass

open_parts.open_matter = offline.open_matter = lambda settings, **size: Half()
__main__.program()
"""

GOES_ON = 'print("60", flush=True)'
LOOPS = """
            import onnxruntime
            session = onnxruntime.InferenceSession({loop!r})
            say_when_still("60")
            session.run(None, {{"count": np.array(2**62)}})
"""
RETURNS_NEVER = """
            say_when_still("60")
            time.sleep(10**6)
"""


def times_s(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]


def write_clip(path: Path, seconds: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, width=64, height=48, options={"preset": "ultrafast"})
        for _ in range(30 * seconds):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")))
        container.mux(stream.encode(None))
    return path


@contextmanager
def started(words: list[str], then: str = GOES_ON, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that has had 60 frames."""
    command = [sys.executable, "-c", CHILD.format(then=then), *words]
    run = subprocess.Popen(command, text=True, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
    try:
        if run.stdout is not None:
            while (line := run.stdout.readline()) != "60\n":
                assert line, run.communicate()
        yield run
    finally:
        run.kill()
        run.communicate()


@pytest.fixture
def loop(tmp_path: Path) -> Path:
    """A network in ONNX that does not come to its end."""
    helper = pytest.importorskip("onnx.helper", reason="onnx is in the extra torch")
    onnx = pytest.importorskip("onnx")
    number = onnx.TensorProto.INT64

    def value(name: str, kind: int = number) -> Any:
        return helper.make_tensor_value_info(name, kind, [])

    add = helper.make_node("Add", ["sum", "turn"], ["more"])
    same = helper.make_node("Identity", ["go"], ["still"])
    body = helper.make_graph(
        [add, same],
        "body",
        [value("turn"), value("go", onnx.TensorProto.BOOL), value("sum")],
        [value("still", onnx.TensorProto.BOOL), value("more")],
    )
    zero = helper.make_tensor("zero", number, [], [0])
    yes = helper.make_tensor("yes", onnx.TensorProto.BOOL, [], [True])
    node = helper.make_node("Loop", ["count", "yes", "zero"], ["output"], body=body)
    graph = helper.make_graph([node], "endless", [value("count")], [value("output")], [zero, yes])
    path = tmp_path / "loop.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip that lasts until the signal comes, however busy the machine is."""
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 600)


def live(film: Path) -> list[str]:
    size = ["--width", "320", "--height", "180", "--fps", "60"]
    return ["run", "--source", "sample", *size, "--no-page", "--sink", str(film)]


@pytest.mark.slow
@pytest.mark.parametrize("name", LIVE)
def test_every_signal_finishes_the_recording(tmp_path: Path, name: str) -> None:
    film = tmp_path / "film.mp4"
    with started(live(film)) as run:
        run.send_signal(getattr(signal, name))
        assert "frames in " in run.communicate(timeout=PATIENCE_S)[0]
    assert run.returncode == LIVE[name]
    assert len(times_s(film)) > 20
    assert not list(tmp_path.glob("*.unfinished*"))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_terminal_that_closes_finishes_the_recording(tmp_path: Path, suffix: str) -> None:
    """Its process gets SIGHUP, and can write no word any more."""
    pty = pytest.importorskip("pty")
    film = tmp_path / f"film{suffix}"
    ours, theirs = pty.openpty()
    said = threading.Event()

    def read() -> None:
        text = b""
        while not said.is_set():
            text += os.read(ours, 1000)
            if b"60\r\n" in text:
                said.set()

    words = [sys.executable, "-c", CHILD.format(then=GOES_ON), *live(film)]
    lead = f"import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, {words!r})"
    run = subprocess.Popen(
        [sys.executable, "-c", lead], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    threading.Thread(target=read, daemon=True).start()
    assert said.wait(PATIENCE_S)
    os.close(ours)
    assert run.wait(PATIENCE_S) == 129
    assert len(times_s(film)) > 20


@pytest.mark.slow
def test_readers_that_leave_do_not_keep_the_recording_from_its_end(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    with started(live(film)) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        run.stderr.close()
        run.send_signal(signal.SIGHUP)
        assert run.wait(PATIENCE_S) == 129
        run.stdout = run.stderr = None
    assert len(times_s(film)) > 20


@pytest.mark.slow
@pytest.mark.parametrize(("name", "how"), [("SIGINT", "loops"), ("SIGTERM", "returns never")])
def test_a_second_signal_finishes_the_recording_of_a_run_that_hangs(
    tmp_path: Path, loop: Path, name: str, how: str
) -> None:
    film = tmp_path / "film.mov"
    then = LOOPS.format(loop=str(loop)) if how == "loops" else RETURNS_NEVER
    with started(live(film), then) as run:
        for _ in range(2):
            run.send_signal(getattr(signal, name))
            with pytest.raises(subprocess.TimeoutExpired):
                run.wait(0.1)
        assert run.wait(PATIENCE_S) == ENDS[name]
    assert len(times_s(film)) > 20
    assert not list(tmp_path.glob("*.unfinished*"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDS)
def test_a_clip_that_is_ended_leaves_what_was_there(tmp_path: Path, long_clip: Path, name: str) -> None:
    film = tmp_path / "film.mp4"
    film.write_text("the film of yesterday")
    with started(["video", str(long_clip), "-o", str(film)]) as run:
        run.send_signal(getattr(signal, name))
        run.communicate(timeout=PATIENCE_S)
    assert run.returncode == ENDS[name]
    assert film.read_text() == "the film of yesterday"
    assert not list(tmp_path.glob("*.unfinished*"))


@pytest.mark.slow
def test_a_clip_whose_network_hangs_in_the_main_thread_ends_by_a_second_signal(tmp_path: Path, loop: Path) -> None:
    clip, film = write_clip(tmp_path / "clip.mp4", 4), tmp_path / "film.mp4"
    with started(["video", str(clip), "-o", str(film)], LOOPS.format(loop=str(loop))) as run:
        run.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(1)
        run.terminate()
        assert run.wait(PATIENCE_S) == 143
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["clip.mp4", "loop.onnx"]


@pytest.mark.slow
def test_a_recording_that_was_killed_is_named_at_the_next_start_and_recovered(tmp_path: Path) -> None:
    film, rest = tmp_path / "film.mp4", tmp_path / "film.unfinished.mp4"
    with started(live(film)) as run:
        run.kill()
    greenless = [sys.executable, "-m", "realtime"]
    elsewhere = [*greenless, "run", "--source", str(tmp_path / "nowhere.mp4"), "--sink", "null", "--no-page"]
    said = subprocess.run(elsewhere, capture_output=True, text=True, timeout=PATIENCE_S).stderr
    assert f"unfinished recording: {rest} plays already. To finish it: greenless recover {rest}\n" in said
    listed = subprocess.run([*greenless, "recover"], capture_output=True, text=True, timeout=PATIENCE_S)
    assert listed.stdout == f"{rest}\n"
    left = times_s(rest)
    done = subprocess.run([*greenless, "recover", str(rest)], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout) == (0, f"{film}\n"), done.stderr
    assert times_s(film) == pytest.approx(left, abs=0.001)
    again = subprocess.run([*greenless, "recover", str(rest)], capture_output=True, text=True, timeout=PATIENCE_S)
    assert again.returncode == 1
    assert "unfinished" not in subprocess.run(elsewhere, capture_output=True, text=True, timeout=PATIENCE_S).stderr
    nothing = subprocess.run([*greenless, "recover"], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "no unfinished recordings\n")
