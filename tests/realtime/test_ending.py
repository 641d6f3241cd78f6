"""How a process ends that a signal asks to: what is open is closed, and a second signal waits for nobody."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from realtime import ending

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
PATIENCE_S = 120
ENDS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129, "SIGQUIT": 131}

CHILD = """
import sys, time, threading
from realtime import __main__, cli, ending
def command(words):
    said = lambda text: print(text, flush=True)
{body}
cli._dispatch = command
__main__.program()
"""

WAITS = """
    try:
        said("ready")
        time.sleep(600)
    finally:
        said("closed")
"""

HANGS = """
    import ctypes
    from tests.realtime.hangs import say_when_still
    ending.at_end(lambda: said("finished"))
    mutex = ctypes.create_string_buffer(256)
    ctypes.CDLL(None).pthread_mutex_init(mutex, None)
    ctypes.CDLL(None).pthread_mutex_lock(mutex)
    say_when_still("ready")
    ctypes.CDLL(None).pthread_mutex_lock(mutex)  # no signal wakes it
"""

CLOSES = """
    try:
        with ending.undisturbed():
            said("ready")
            sys.stdin.readline()
            said("closed")
    finally:
        said("after")
"""


def start(body: str, **options: object) -> subprocess.Popen[str]:
    run: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(body=body)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    return run


@pytest.mark.parametrize("name", ENDS)
def test_a_signal_closes_what_is_open_and_is_the_status(name: str) -> None:
    with start(WAITS) as run:
        run.send_signal(getattr(signal, name))
        assert run.communicate(timeout=PATIENCE_S)[0] == "closed\n"
    assert run.returncode == ENDS[name]


@pytest.mark.parametrize(
    ("first", "second"),
    [("SIGINT", "SIGINT"), ("SIGTERM", "SIGTERM"), ("SIGTERM", "SIGINT"), ("SIGHUP", "SIGQUIT"), ("SIGQUIT", "SIGHUP")],
)
def test_a_second_signal_ends_what_hangs_in_native_code(first: str, second: str) -> None:
    with start(HANGS) as run:
        run.send_signal(getattr(signal, first))
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(0.1)
        run.send_signal(getattr(signal, second))
        assert run.communicate(timeout=PATIENCE_S)[0] == "finished\n"
    assert run.returncode == ENDS[second]


def test_the_two_signals_of_a_terminal_that_closes_are_one() -> None:
    with start(WAITS) as run:
        run.send_signal(signal.SIGHUP)
        run.send_signal(signal.SIGHUP)
        assert run.communicate(timeout=PATIENCE_S)[0] == "closed\n"
    assert run.returncode == 129


@pytest.mark.parametrize("second", ["SIGHUP", "SIGTERM"])
def test_a_second_signal_after_the_command_is_handled_too(second: str) -> None:
    body = f"""
    __main__.tidy = lambda: (said("tidies"), time.sleep({PATIENCE_S}))
{WAITS}"""
    with start(body) as run:
        assert run.stdout is not None
        run.send_signal(signal.SIGHUP)
        assert [run.stdout.readline() for _ in range(2)] == ["closed\n", "tidies\n"]
        run.send_signal(getattr(signal, second))
        assert run.wait(PATIENCE_S) == ENDS[second]


def test_what_must_not_be_disturbed_comes_to_its_end_first() -> None:
    with start(CLOSES) as run:
        run.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(0.5)
        assert run.communicate("go on\n", timeout=PATIENCE_S)[0] == "closed\nafter\n"
    assert run.returncode == 143


def test_what_is_ignored_stays_ignored() -> None:
    """As under nohup."""
    with start(WAITS, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as run:
        run.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(0.5)
        run.terminate()
        assert run.wait(PATIENCE_S) == 143


@pytest.mark.parametrize("end", ["return 0", "raise ValueError('no')", "raise SystemExit(3)"])
def test_every_end_finishes_what_is_registered(end: str) -> None:
    body = f"""
    said("ready")
    ending.at_end(lambda: 1 / 0)
    ending.at_end(lambda: said("finished"))
    {end}
"""
    with start(body, stderr=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        assert run.stdout.read() == "finished\n"  # communicate would miss what came with the first line


def test_what_hangs_in_its_finish_does_not_hold_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_FINISH_S", 0.5)
    hangs, done = threading.Event(), threading.Event()
    ending.at_end(lambda: hangs.wait(PATIENCE_S) and None)
    ending.at_end(done.set)
    ending.finish()
    assert done.wait(PATIENCE_S)
    hangs.set()


def test_what_a_block_opened_is_closed_after_it_or_before_the_process_ends() -> None:
    calls: list[str] = []
    with pytest.raises(AssertionError), ending.at_last(lambda: calls.append("after")):
        assert calls == ["something"]
    ending.finish()
    assert calls == ["after"]
    with ending.at_last(lambda: calls.append("end")):
        ending.finish()
        assert calls == ["after", "end"]


def test_what_is_done_is_not_done_again() -> None:
    calls: list[int] = []
    taken_back = ending.at_end(lambda: calls.append(1))
    taken_back()
    taken_back()
    ending.at_end(lambda: calls.append(2))
    ending.finish()
    ending.finish()
    assert calls == [2]


def test_the_signals_are_given_back() -> None:
    before = {number: signal.getsignal(number) for number in ending.ENDS}

    def terminated() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(PATIENCE_S)

    with ending.signals() as signals, pytest.raises(ending.Asked, match="SIGTERM"):
        terminated()
    assert signals.first == signal.SIGTERM
    assert {number: signal.getsignal(number) for number in ending.ENDS} == before
    until = time.monotonic() + PATIENCE_S
    while (
        left := [thread for thread in threading.enumerate() if thread.name == "signals"]
    ) and time.monotonic() < until:
        time.sleep(0.01)
    assert left == []
    assert signal.set_wakeup_fd(-1) == -1


def test_another_thread_leaves_them_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def other() -> None:
        with ending.signals() as signals, ending.undisturbed():
            seen.append((signals.first, signal.getsignal(signal.SIGTERM)))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [(None, before)]
