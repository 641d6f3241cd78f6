"""``Child``: the process of the run that the tray started."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import realtime

_END_S = 15.0
"""How long a run may take to finish its recordings and close its devices."""

if sys.platform == "win32":  # SIGTERM would kill it there
    _FLAGS, _END = subprocess.CREATE_NEW_PROCESS_GROUP, signal.CTRL_BREAK_EVENT
else:
    _FLAGS, _END = 0, signal.SIGTERM

_ERROR = "greenless: error: "
_LONGEST_LINE = 1 << 20


class Child:
    """A run in a process of its own. It opens the camera only while a program shows it.

    Args:
        flags: further words for ``greenless run``.
        tell: takes each line that the run reports.
        ended: called when a run ends without ``stop``, with the reason; empty if it ended as usual.
    """

    def __init__(self, flags: Sequence[str], *, tell: Callable[[str], None], ended: Callable[[str], None]) -> None:
        self._words = [*program(), "run", "--on-demand", "--page", *flags]  # the page is the control
        self._tell = tell
        self._ended = ended
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def lives(self) -> bool:
        """Whether the run has begun and has not ended."""
        return self._watching is not None and not self._watching.done()

    async def start(self) -> None:
        """Begin the run, unless it lives."""
        if self.lives:
            return
        self._process = await asyncio.create_subprocess_exec(
            *self._words,
            env=os.environ | {"PYTHONPATH": _python_path()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            limit=_LONGEST_LINE,
            creationflags=_FLAGS,
            start_new_session=True,  # Ctrl-C in the terminal goes to the tray alone, which ends the run
        )
        self._watching = asyncio.ensure_future(self._watch(self._process))

    async def stop(self) -> None:
        """End the run: its recordings are finished first. May be called twice."""
        process, watching = self._process, self._watching
        self._process = None
        if process is None or watching is None or watching.done():
            return
        with suppress(ProcessLookupError):  # it has just ended
            process.send_signal(_END)
        await asyncio.wait([watching], timeout=_END_S)
        if not watching.done():
            process.kill()
            await watching

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Pass on what the run reports, until it ends."""
        assert process.stderr is not None
        error = ""
        async for line in process.stderr:
            text = line.decode(errors="replace").rstrip()
            self._tell(text)
            if text.startswith(_ERROR):
                error = text.removeprefix(_ERROR)
        status = await process.wait()
        if process is self._process:
            self._ended(error or (f"greenless ended with status {status}" if status else ""))


def program() -> list[str]:
    """Return the words that start greenless: this program, if it brings its own Python, or this Python."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-P", "-m", "realtime"]


def _python_path() -> str:
    """Return the search path of modules, with the folder of this greenless first."""
    own = str(Path(realtime.__file__).resolve().parents[1])
    return os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH"))))
