"""``greenless serve`` in a process of its own, with a stand-in network on a small local Ray."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from realtime.settings.token_file import read

START_S = 300.0
"""Ray starts a dozen processes, which takes a minute on a busy machine."""


class Serving:
    """A server that runs.

    Attributes:
        port: where it listens.
        token_path: the file with its token.
        lines: what it has printed.
    """

    def __init__(self, process: "subprocess.Popen[str]", token_path: Path) -> None:
        self.process, self.token_path = process, token_path
        self.lines: list[str] = []
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self._ready.wait(START_S), "".join(self.lines)
        assert self.port, "".join(self.lines)

    @property
    def token(self) -> str:
        return read(self.token_path)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def replicas(self) -> list[int]:
        """The process IDs of the replicas of this server."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if b"ray::ServeReplica" in (folder / "cmdline").read_bytes() and self._is_ours(int(folder.name)):
                    found.append(int(folder.name))
            except OSError:
                continue  # it has just ended
        return found

    def end(self) -> int:
        """End it as a service manager does, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(START_S)
        self._thread.join(START_S)
        return status

    def _is_ours(self, pid: int) -> bool:
        """Whether a process descends from the server."""
        while pid > 1:
            if pid == self.process.pid:
                return True
            pid = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        return False

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if (found := re.search(r"serving at wss?://.*:(\d+)", line)) is not None:
                self.port = int(found[1])
                self._ready.set()
        self._ready.set()


@contextmanager
def serving(home: Path, words: Sequence[str] = ("--replicas", "2"), *, port: int = 0) -> Iterator[Serving]:
    path = home / "server-token"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "realtime", "serve", "--stand-in-ms", "5", "--port", str(port)),
            *("--token-file", str(path), "--verbose", *words),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "GREENLESS_HOME": str(home)},
    )
    try:
        yield Serving(process, path)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def until(condition: object, timeout_s: float = START_S) -> None:
    """Wait for ``condition``, a function."""
    assert callable(condition)
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.05)
