"""One core of OpenVINO for the process, and no library's stack under the signals of the main thread."""

import ast
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("openvino")

from realtime.matting.runtimes.openvino_core import core

ROOT = Path(__file__).resolve().parents[4]
OPENED = """
import gc, os, signal, threading
import numpy as np
from realtime.frame import Frame
from realtime.matting import open_matter
from realtime.settings.schema import MattingSettings

def opened(runtime):
    settings = MattingSettings(runtime=runtime, threads=1, reference_size=64, precision="float32", provider="cpu")
    return open_matter(settings, width_px=64, height_px=48)
"""
"""What the children below begin with."""


def child(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", OPENED + code], cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_after_the_network_went_in_another_thread_reaches_its_handler() -> None:
    """OpenVINO's signal stack stayed registered after its memory was gone: this ended by SIGSEGV."""
    ended = child("""
signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
held = [opened("openvino")]

def drop():
    held.pop().close()
    gc.collect()

dropping = threading.Thread(target=drop)
dropping.start()
dropping.join()
os.kill(os.getpid(), signal.SIGTERM)
""")
    assert ended.returncode == 128 + signal.SIGTERM, ended.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the layout of stack_t is that of Linux")
@pytest.mark.parametrize("runtime", ["onnx", "openvino", "torch"])
def test_no_runtime_replaces_the_signal_stack_of_the_main_thread(runtime: str) -> None:
    if runtime == "torch":
        pytest.importorskip("torch")
    ended = child(f"""
import ctypes, faulthandler

class Stack(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t)]

def registered():
    stack = Stack()
    assert ctypes.CDLL(None).sigaltstack(None, ctypes.byref(stack)) == 0
    return stack.start, stack.flags, stack.size

faulthandler.enable()
before = registered()
held = opened("{runtime}")
assert before[0] and registered() == before, (before, registered())
""")
    assert ended.returncode == 0, ended.stderr


def test_every_thread_gets_the_same_core() -> None:
    with ThreadPoolExecutor(4) as threads:
        cores = {id(one) for one in threads.map(lambda _: core(), range(8))}
    assert cores == {id(core())}


@pytest.mark.slow
def test_nothing_else_makes_a_core() -> None:
    files = [path for folder in ("benchmarks", "models", "realtime") for path in (ROOT / folder).rglob("*.py")]
    makes = [
        path.relative_to(ROOT).as_posix()
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Core"
    ]
    assert makes == ["realtime/matting/runtimes/openvino_core.py"]
