import subprocess
import sys

import pytest

SCRIPT = """
import atexit, ctypes, threading
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
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (3, "done\n"), done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to die of")
def test_a_crash_in_native_code_says_where_it_was() -> None:
    done = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, timeout=60)
    assert done.returncode < 0
    assert "in deep_in_a_driver" in done.stderr
