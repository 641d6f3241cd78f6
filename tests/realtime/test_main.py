import subprocess
import sys

import pytest

SCRIPT = """
import atexit, sys, threading
from realtime import __main__
atexit.register(print, "Python's own end")
if {left}:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
__main__.main = lambda: print("done") or 3
__main__.program()
"""


@pytest.mark.parametrize(("left", "said"), [(False, "done\nPython's own end\n"), (True, "done\n")])
def test_a_thread_that_hangs_does_not_live_to_see_the_interpreter_end(left: bool, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(left=left)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, said), done.stderr
