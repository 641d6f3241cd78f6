"""How far a command is: plain lines where nobody looks on, a bar on a terminal."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from realtime.commands import progress

ROOT = Path(__file__).resolve().parents[3]


def lines(capsys: pytest.CaptureFixture[str], count: int) -> list[str]:
    """The first lines on standard error, waited for."""
    text, give_up_s = "", time.monotonic() + 60
    while text.count("\n") < count and time.monotonic() < give_up_s:
        time.sleep(0.01)
        text += capsys.readouterr().err
    return text.splitlines()[:count]


def test_without_a_terminal_a_line_comes_again_and_again_even_between_two_steps(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress.progress("adapting", "steps", every_s=0.05) as show:
        assert all(line.startswith("adapting: 0 steps after ") for line in lines(capsys, 2))
        show(1, 4)
        capsys.readouterr()
        last = lines(capsys, 2)[-1]
    assert last.startswith("adapting: 1 of 4 steps after ")


@pytest.mark.parametrize(
    ("now_s", "line"),
    [
        (10.0, "a.jpg: 1 of 4 pictures after 10 s, about 30 s left"),
        (25.0, "a.jpg: 1 of 4 pictures after 25 s, about 15 s left"),
        (70.0, "a.jpg: 1 of 4 pictures after 70 s"),
    ],
)
def test_the_rest_is_estimated_from_the_last_reported_step(now_s: float, line: str) -> None:
    assert progress._line("working", "pictures", 1, 4, "a.jpg", 10.0, now_s) == line


def test_nothing_is_said_of_what_takes_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress("adapting", "steps", every_s=600) as show:
        show(1, 1)
    assert capsys.readouterr() == ("", "")


SCRIPT = """
from realtime.commands.progress import progress
with progress("adapting", "steps") as show:
    show(3, 4)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo terminals")
def test_on_a_terminal_it_is_a_bar_that_goes_again() -> None:
    import pty  # only here: it cannot be imported on Windows

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stderr=theirs, cwd=ROOT, env=environment)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        text += part
    assert process.wait() == 0
    os.close(ours)
    assert b"adapting" in text
    assert b"3/4" in text
