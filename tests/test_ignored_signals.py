"""Children of the tests end by signals, even if nohup or a shell's & started pytest, which makes them ignore some."""

import signal
import subprocess
import sys

import pytest

IGNORED = """
import signal, sys
import pytest
for name in ("SIGHUP", "SIGINT", "SIGQUIT"): signal.signal(getattr(signal, name), signal.SIG_IGN)
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-k", "does_not_ignore", sys.argv[1]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGQUIT"])
def test_this_process_does_not_ignore(name: str) -> None:
    assert signal.getsignal(getattr(signal, name)) != signal.SIG_IGN


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_pytest_that_was_started_in_the_background_ignores_no_signal() -> None:
    done = subprocess.run([sys.executable, "-c", IGNORED, __file__], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
