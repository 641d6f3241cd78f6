"""Nothing leaves the machine, and nothing is written outside greenless's own folders: by its system calls.

A guard in Python would not see what native libraries do; ``strace`` sees every thread and every child.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for package in ("models", "realtime")
    for path in sorted((ROOT / package).rglob("*.py"))
]
FOLDERS = (".cache/greenless", ".config/greenless", ".local/share/greenless", ".local/state/greenless")
"""Greenless's own, in an empty home."""

SENDS = "connect,bind,sendto,sendmsg,sendmmsg"
WRITES = (
    "?open,openat,?openat2,?creat,?mkdir,mkdirat,?rename,?renameat,?renameat2,?link,linkat,?symlink,symlinkat,"
    "?mknod,mknodat"
)
OPENED = re.compile(r"(open|openat|openat2|creat)\(.*\) = \d+<(?P<path>[^>]*)>")
MADE = re.compile(r"(mkdir|rename|link|symlink|mknod)\w*\(.*\"(?P<path>[^\"]*)\".*\) = 0$")
RUN = ("run", "--source", "sample", "--width", "320", "--height", "240", "--sink", "null", "--seconds", "3")


class Watched:
    """Runs commands in an empty home, and tells what they did that they should not."""

    def __init__(self, strace: str, folder: Path) -> None:
        self.home = folder / "home"
        self._trace, self._here, self._temporary = folder / "trace", folder / "here", folder / "temporary"
        for made in (self.home, self._trace, self._here, self._temporary):
            made.mkdir()
        names = ("GREENLESS_", "XDG_", "PYTHONPYCACHEPREFIX")
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith(names)} | {
            "HOME": str(self.home),
            "LOGNAME": "somebody",  # else who asks for it asks the system's services
            "ORT_DISABLE_TELEMETRY": "0",  # what the user says here allows nothing
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self._temporary),
        }
        self._strace = [
            strace,
            "--follow-forks",
            "--output-separately",
            "--seccomp-bpf",
            "--decode-fds=path",
            "-e",
            "signal=none",
        ]

    def faults(self, *words: str) -> list[str]:
        """The calls of ``python WORDS`` that reach beyond the machine or write elsewhere."""
        calls = f"trace={SENDS},{WRITES}"
        command = [*self._strace, "-e", calls, "-o", str(self._trace / "of"), sys.executable, *words]
        done = subprocess.run(command, cwd=self._here, env=self._environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        lines = [line for path in self._trace.iterdir() for line in path.read_text().splitlines()]
        assert lines
        left = [str(path) for folder in (self._here, self._temporary) for path in folder.iterdir()]
        return [line for line in lines if self._sends(line) or not self._may_write(line)] + left

    def _sends(self, line: str) -> bool:
        """Whether a call names an address beyond this machine, or asks another program here for a name."""
        if not line.startswith(tuple(SENDS.split(","))) or "sa_family=" not in line:
            return False
        if "AF_UNIX" in line:  # nscd, systemd-resolved and the like; not a run's own socket
            return line.startswith("connect") and f'sun_path="{self._temporary.parent}/' not in line
        if "AF_INET" not in line:
            return False
        own = re.search(r'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"', line)
        return own is None or "htons(53)" in line

    def _may_write(self, line: str) -> bool:
        own = [self._temporary, *(self.home / folder for folder in FOLDERS)]
        for path in _written(line):
            place = self._here / path
            if not any(place.is_relative_to(folder) or folder.is_relative_to(place) for folder in own):
                return place.parts[1] in ("dev", "proc")
        return True


def _written(line: str) -> Iterator[str]:
    if (opened := OPENED.match(line)) and re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|^creat", line):
        yield opened["path"]
    if made := MADE.match(line):
        yield made["path"]


@pytest.fixture
def watched(strace: str, tmp_path: Path) -> Watched:
    return Watched(strace, tmp_path)


@pytest.mark.slow
def test_no_module_sends_or_writes_when_it_is_imported(watched: Watched) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("openvino")
    code = f"import importlib\nfor name in {MODULES}: importlib.import_module(name)"
    assert watched.faults("-c", code) == []
    assert list(watched.home.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("runtime", ["onnx", "openvino", "torch"])
def test_a_run_sends_nothing_and_writes_into_its_own_folders_only(watched: Watched, runtime: str) -> None:
    pytest.importorskip({"onnx": "onnxruntime"}.get(runtime, runtime))
    assert watched.faults("-m", "realtime", *RUN, "--runtime", runtime, "--provider", "cpu") == []
    assert (watched.home / ".local/state/greenless/control.json").is_file()  # the page was served


@pytest.mark.parametrize("words", [["doctor"], ["devices"], ["settings", "--write"], ["weights", "list"]], ids=" ".join)
def test_a_command_sends_nothing_and_writes_into_its_own_folders_only(watched: Watched, words: list[str]) -> None:
    assert watched.faults("-m", "realtime", *words) == []


@pytest.mark.slow
def test_an_export_sends_nothing_and_leaves_nothing_behind(watched: Watched) -> None:
    pytest.importorskip("torch")
    code = """
from models import weights
weights.onnx_for(weights.find("greenless-lite").with_suffix(".safetensors"))
"""
    assert watched.faults("-c", code) == []
    assert [path.name for path in (watched.home / ".cache/greenless/weights").iterdir()] == ["exported"]


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 53))",
        "import pathlib; pathlib.Path.home().joinpath('.device').touch()",
        "import pathlib; pathlib.Path.home().joinpath('.cache/Other').mkdir(parents=True)",
        "import threading; threading.Thread(target=open, args=['here', 'w']).start()",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'open(\"here\", \"w\")'])",
    ],
)
def test_the_guard_sees_what_breaks_the_rule(watched: Watched, code: str) -> None:
    assert watched.faults("-c", code)


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", ["models.export", "realtime.commands.network.predictors", "realtime.matting.runtimes.onnx_sessions"]
)
def test_whichever_module_comes_first_nothing_appears_in_the_home(tmp_path: Path, module: str) -> None:
    pytest.importorskip("torch" if module == "models.export" else "onnxruntime")
    environment = os.environ | {"HOME": str(tmp_path), "ORT_DISABLE_TELEMETRY": "off"}
    code = f"import {module}, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == "1\n", done.stderr
    assert list(tmp_path.rglob("*")) == []


def test_benchmarks_silence_a_runtime_before_they_import_it() -> None:
    loud = []
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = [ast.unparse(node).split()[1] for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        tops = [name.partition(".")[0] for name in imports]
        for runtime in {"onnxruntime", "openvino"} & set(tops):
            if not {"models", "realtime"} & set(tops[: tops.index(runtime)]):
                loud.append(f"{path.name} imports {runtime} first")
    assert loud == []
