"""What reads a camera node, and what feeds it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

from realtime.pipewire.camera_node import CameraNode
from tests.realtime.pipewire.reader import stamped
from tests.realtime.stand_ins import until

ROOT = Path(__file__).resolve().parents[3]
PERIOD_S = 1 / 30


class Held:
    """How many descriptors and threads this process has at the start.

    Other libraries, as OpenCV, start threads with their first work, and keep them: let them do some before.
    """

    def __init__(self) -> None:
        self._descriptors, self._threads = self._now()

    def no_more(self) -> None:
        """Wait until there are no more; the system may list a thread that has just ended."""
        until(self._are_no_more)

    def _are_no_more(self) -> bool:
        descriptors, threads = self._now()
        return descriptors <= self._descriptors and threads <= self._threads

    @staticmethod
    def _now() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


class Consumer:
    """Another program that reads a camera.

    Args:
        node: name of the camera.
        how: empty, or ``hold`` for a program that gives no buffer back.
    """

    def __init__(self, node: str, *how: str) -> None:
        command = [sys.executable, "-m", "tests.realtime.pipewire.reader", node, *how]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    @property
    def numbers(self) -> list[int]:
        """The numbers of the frames so far, all of which must be whole."""
        assert "torn" not in self.lines
        return [int(line.split()[0]) for line in list(self.lines)]

    def sees(self, more: int = 1) -> int:
        """Wait for more frames; return the number of the first that this consumer ever got."""
        wanted = len(self.lines) + more
        until(lambda: len(self.lines) >= wanted)
        return self.numbers[0]

    def pause(self) -> None:
        """Let it take no frames, with the camera open."""
        self._process.send_signal(signal.SIGUSR1)

    def resume(self) -> None:
        """Let it take frames again."""
        self._process.send_signal(signal.SIGUSR2)

    def stop(self) -> None:
        """Let it hang."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it hang no longer."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it, like a crash."""
        self._process.kill()
        self._process.wait()
        self._thread.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self.lines.append(line)


class Feed:
    """Gives a node stamped frames, thirty a second."""

    def __init__(self, node: CameraNode) -> None:
        self.number = 0
        self.longest_s = 0.0
        self._node = node
        self._sending = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()

    def sends(self, more: int) -> None:
        """Wait until it has sent that many more frames."""
        wanted = self.number + more
        until(lambda: self.number > wanted)

    def pause(self) -> None:
        """Send nothing until ``go_on``."""
        self._sending.acquire()

    def go_on(self, number: int) -> None:
        """Continue with this number."""
        self.number = number
        self._sending.release()

    def _run(self) -> None:
        while not self._over.wait(PERIOD_S):
            with self._sending:
                planes = stamped(self.number)
                start_s = time.perf_counter()
                self._node.send(planes)
                self.longest_s = max(self.longest_s, time.perf_counter() - start_s)
                self.number += 1
