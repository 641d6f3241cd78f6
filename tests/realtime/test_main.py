import subprocess
import sys

import pytest

SCRIPT = """
import atexit, threading
from realtime import __main__
atexit.register(print, "Python's own end")
threading.Thread(target=threading.Event().wait, daemon={daemon}).start()
__main__.main = lambda: print("done") or 3
__main__.program()
"""

CRASH = """
import ctypes
from realtime import __main__
def deep_in_a_driver(): ctypes.string_at(0)
__main__.main = deep_in_a_driver
__main__.program()
"""


@pytest.mark.parametrize("daemon", [True, False])
def test_what_still_runs_does_not_live_to_see_the_interpreter_taken_apart(daemon: bool) -> None:
    script = SCRIPT.format(daemon=daemon)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=180)
    assert (done.returncode, done.stdout) == (3, "done\n"), done.stderr


ENDING = """
import sys, threading
from realtime import __main__
threading.Thread(target=threading.Event().wait).start()
def main():
    {how}
__main__.main = main
sys.{gone} = None
__main__.program()
"""


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("return 3", 3, ""),
        ("sys.exit(2)", 2, ""),
        ("sys.exit()", 0, ""),
        ("raise ValueError('no such thing')", 1, "ValueError: no such thing"),
    ],
)
@pytest.mark.parametrize("gone", ["stdout", "argv"])
def test_every_end_is_at_once(how: str, status: int, said: str, gone: str) -> None:
    script = ENDING.format(how=how, gone=gone)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=180)
    assert done.returncode == status, done.stderr
    assert said in done.stderr


def test_a_console_that_is_missing_is_no_error() -> None:
    script = ENDING.format(how="return 3", gone="stderr")
    assert subprocess.run([sys.executable, "-c", script], timeout=180).returncode == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to die of")
def test_a_crash_in_native_code_says_where_it_was() -> None:
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, timeout=180)
    assert done.returncode < 0
    assert "in deep_in_a_driver" in done.stderr
