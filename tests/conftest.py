"""What every test stands on: a home of its own, no display, and the outside things that some tests need.

A test that needs the pictures, an X server, V4L2 devices, PipeWire, D-Bus, a browser, OBS, FFmpeg's programs, Ray or
the system calls of a child asks for ``data_folder``, ``xvfb``, ``v4l2_lab``, ``pipewire``, ``session_bus``,
``chromium``, ``firefox``, ``obs_program``, ``ffmpeg``, ``ray_here`` or ``strace``; where that is missing it skips
aloud.
``GREENLESS_REQUIRE=data,xvfb,v4l2,pipewire,dbus,chromium,firefox,obs,ffmpeg,ray,strace`` turns those skips into
failures.
"""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from realtime.matting.choice.runtime_choice import Choice
    from realtime.settings.schema import MattingSettings
    from tests.realtime.pipewire.desktop import Desktop

ROOT = Path(__file__).resolve().parent.parent
MARK_OF_FIXTURE = {
    "chromium": "chromium",
    "data_folder": "data",
    "ffmpeg": "ffmpeg",
    "firefox": "firefox",
    "pipewire": "pipewire",
    "session_bus": "dbus",
    "portal": "pipewire",
    "ray_here": "ray",
    "obs_program": "obs",
    "strace": "strace",
    "v4l2_lab": "v4l2",
    "xvfb": "xvfb",
}
REAL_PROGRAMS = frozenset({"chromium", "dbus", "ffmpeg", "firefox", "obs", "pipewire", "ray", "strace", "v4l2"})
"""A test that starts one of these counts as slow."""

REQUIRED = frozenset(filter(None, os.environ.get("GREENLESS_REQUIRE", "").split(",")))


# PyTorch's threads spin while they wait, and here they would wait for the cores on which other tests run.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Numba would compile pymatting for a minute, to solve for a few thousand pixels.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores, because a third of the time of the tests is waiting."""
    return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1))


def pytest_configure() -> None:
    _take_signals()
    known = set(MARK_OF_FIXTURE.values())
    if unknown := REQUIRED - known:
        raise pytest.UsageError(f"GREENLESS_REQUIRE names {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def _take_signals() -> None:
    """Undo what a background job or ``nohup`` leaves ignored, because the processes that tests start inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGQUIT", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture in MARK_OF_FIXTURE.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARK_OF_FIXTURE[fixture])
            if MARK_OF_FIXTURE[fixture] in REAL_PROGRAMS:
                item.add_marker("slow")
    # A chain of minutes, most of it waiting: begun first, it does not end last.
    items.sort(key=lambda item: item.get_closest_marker("ray") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and (needs := REQUIRED & {mark.name for mark in item.iter_markers()}):
        report.outcome = "failed"
        report.longrepr = f"GREENLESS_REQUIRE names {', '.join(needs)}, yet the test was skipped: {report.longreprtext}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _session_away_from_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fixtures of a wider scope than one test get a home as well, and no window opens on the developer's desktop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GREENLESS_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("DISPLAY", raising=False)
        patch.delenv("WAYLAND_DISPLAY", raising=False)
        patch.setenv("PIPEWIRE_RUNTIME_DIR", os.devnull)  # no camera appears in the developer's programs
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={os.devnull}")
        yield


@pytest.fixture(autouse=True)
def greenless_home(_session_away_from_home: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own GREENLESS_HOME: settings, backgrounds and fetched weights of the real user are out of reach."""
    home = tmp_path / "greenless-home"
    monkeypatch.setenv("GREENLESS_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def _plain_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """No runtime is chosen by the clock: the plainest will do, on one thread."""
    from realtime.matting.choice import runtime_choice, runtime_trial

    candidates = runtime_choice.candidates

    def plainest(settings: "MattingSettings", path: Path) -> "list[Choice]":
        """The last one in float32: not every CPU computes in bfloat16."""
        return sorted(candidates(settings, path), key=lambda choice: choice.precision == "float32")[-1:]

    monkeypatch.setattr(runtime_choice, "candidates", plainest)
    monkeypatch.setattr(runtime_choice, "cores", lambda: 1)
    monkeypatch.setattr(runtime_trial, "cores", lambda: 1)
    monkeypatch.setattr(runtime_trial, "BEGINS_AFTER", 1)


def outside(variable: str, default: str, what: str) -> Path:
    """A path that the environment may name and that need not exist; skips aloud."""
    path = Path(os.environ.get(variable) or ROOT.parent / default)
    if not path.exists():
        pytest.skip(f"no {what} at {path}; name another place in {variable}")
    return path


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of pictures, mattes and clips (train, val, backgrounds, clips)."""
    return outside("GREENLESS_DATA", "shared/data", "pictures")


@pytest.fixture(scope="session")
def v4l2_lab() -> Path:
    """The program that runs a command where real V4L2 devices are: ``[v4l2_lab, command, *arguments]``."""
    return outside("GREENLESS_V4L2_LAB", "shared/tools/v4l2-lab", "lab of V4L2 devices") / "run"


@pytest.fixture(scope="session")
def obs_program() -> str:
    """OBS Studio with obs-websocket, which it includes since version 28."""
    program = shutil.which("obs")
    plugins = ("obs-plugins/obs-websocket.so", "*/obs-plugins/obs-websocket.so")
    if program is None or not any(next(Path("/usr/lib").glob(each), None) for each in plugins):
        pytest.skip("no OBS with obs-websocket; on Debian: sudo apt install obs-studio")
    return program


@pytest.fixture(scope="session")
def ffmpeg() -> "FFmpeg":
    """Debian's ffmpeg and ffprobe, which make inputs and say what is right."""
    if not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        pytest.skip("no ffmpeg; on Debian and Ubuntu: sudo apt install ffmpeg")
    return FFmpeg()


class FFmpeg:
    """Runs both programs."""

    def __call__(self, *words: str | Path) -> bytes:
        """Run ffmpeg; return what it writes to its standard output."""
        return self._run("ffmpeg", "-y", *words)

    def probe(self, path: Path, entries: str, *words: str) -> dict[str, Any]:
        """Return what ffprobe says of ``entries``, as in ``-show_entries``."""
        found = json.loads(self._run("ffprobe", *words, "-show_entries", entries, "-of", "json", path))
        assert isinstance(found, dict)
        return found

    @staticmethod
    def _run(program: str, *words: str | Path) -> bytes:
        done = subprocess.run([program, "-v", "error", *words], capture_output=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


@pytest.fixture(scope="session")
def ray_here() -> None:
    """Ray is installed. Tests start it in other processes, because it warns and leaves threads."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("no Ray; it has no wheels for every Python: pip install '.[ray]'")


@pytest.fixture(scope="session")
def strace() -> str:
    """The program that writes down the system calls of a child and of all its threads and children."""
    if not (program := shutil.which("strace")):
        pytest.skip("no strace; on Debian and Ubuntu: sudo apt install strace")
    tried = subprocess.run([program, "-o", os.devnull, "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"strace may not watch here: {tried.stderr.strip()}")
    return program


@pytest.fixture(scope="session")
def _x_server() -> Iterator[str]:
    """One X server for the whole run: a Qt that once met a display cannot change to another."""
    if not (program := shutil.which("Xvfb")):
        pytest.skip("no Xvfb; on Debian and Ubuntu: sudo apt install xvfb")
    read, write = os.pipe()
    server = subprocess.Popen(
        # A server that starts over whenever its last client leaves turns away whoever comes meanwhile.
        [program, "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as ready:
        number = ready.readline().strip()
    if not number:
        server.wait()
        pytest.fail(f"Xvfb did not start, status {server.returncode}")
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture
def xvfb(_x_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an X display, in DISPLAY as well, on which nobody looks."""
    monkeypatch.setenv("DISPLAY", _x_server)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    return _x_server


@pytest.fixture(scope="session")
def _desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Desktop"]:
    """One desktop for the whole run."""
    from tests.realtime.pipewire.desktop import Desktop

    desktop = Desktop(tmp_path_factory.mktemp("desktop"))
    yield desktop
    desktop.close()


@pytest.fixture
def pipewire(_desktop: "Desktop", monkeypatch: pytest.MonkeyPatch) -> "Desktop":
    """A desktop with a PipeWire daemon, which this process finds as well."""
    for name, value in _desktop.environment.items():
        monkeypatch.setenv(name, value)
    return _desktop
