"""The size of a pool, and the addresses of clusters. No test here starts Ray."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from realtime.cli import main
from realtime.commands.on_ray import address_words
from realtime.errors import SettingsError
from realtime.scale import cluster
from realtime.scale.cluster import Node, Pool, address_of, holds, pool_of
from tests.realtime.scale.conftest import ROOT, draw, environment


def machines(*cpus: int, gpus: float = 0.0) -> list[Node]:
    return [Node(cpus=each, gpus=gpus) for each in cpus]


@pytest.mark.parametrize(
    ("cpus", "workers", "expected"),
    [
        ((2,), None, (1, 1)),  # one CPU stays free
        ((5,), None, (4, 1)),
        ((5,), 1, (1, 4)),
        ((5,), 2, (2, 2)),
        ((65,), 1, (1, 4)),  # more threads gain little
        ((2, 2, 2), 2, (2, 2)),  # no worker spans two machines
        ((2, 2, 2), 3, (3, 1)),
        ((2, 2, 2), 5, (5, 1)),
        ((2, 3), None, (4, 1)),
    ],
)
def test_a_pool_fits_the_machines_and_leaves_a_cpu(
    cpus: tuple[int, ...], workers: int | None, expected: tuple[int, int]
) -> None:
    pool = pool_of(machines(*cpus), workers=workers)
    assert (pool.workers, pool.cpus) == expected
    assert pool.workers * pool.cpus <= sum(cpus) - 1


def test_a_pool_is_not_larger_than_its_work() -> None:
    assert pool_of(machines(64), workers=None, most=3).workers == 3


def test_gpus_limit_a_pool() -> None:
    assert pool_of(machines(8, gpus=2), workers=None, gpus=0.5).workers == 4
    with pytest.raises(
        SettingsError, match=r"5 workers with 1 CPU and 0.5 GPUs each cannot start: .* 8 CPUs and 2 GPUs"
    ):
        pool_of(machines(8, gpus=2), workers=5, gpus=0.5)


@pytest.mark.parametrize(("cpus", "workers"), [((1,), None), ((4,), 4), ((2, 2), 4)])
def test_a_size_that_does_not_fit_is_an_error(cpus: tuple[int, ...], workers: int | None) -> None:
    with pytest.raises(SettingsError, match=r"cannot start: the cluster has \d CPUs?, 1 CPU must stay free") as caught:
        pool_of(machines(*cpus), workers=workers)
    assert caught.value.cure


def test_a_pool_may_lose_its_place() -> None:
    pool = Pool(workers=2, cpus=2, gpus=0)
    assert holds(machines(2, 2), pool)
    assert not holds(machines(3), pool)


@pytest.mark.parametrize("word", ["auto", "local", "ray://head:10001", "192.0.2.1:6379", "head:6379", "[::1]:6379"])
def test_addresses(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert address_of(word) == word
    assert address_words(["--ray", word, "a.jpg"]) == ["--ray", word, "a.jpg"]


@pytest.mark.parametrize("follows", [[], ["a.jpg"], ["-o", "out"], ["folder"]])
def test_ray_without_an_address_takes_no_input_for_one(follows: list[str]) -> None:
    assert address_words(["a.jpg", "--ray", *follows]) == ["a.jpg", "--ray=", *follows]


def test_the_environment_names_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert address_of("") == "head:6379"
    assert address_of("local") == "local"
    monkeypatch.delenv("RAY_ADDRESS")
    assert address_of("") == "local"
    with pytest.raises(SettingsError, match="expected the address of a Ray cluster, got 'nonsense'"):
        address_of("nonsense")


def test_the_folder_of_a_process_that_was_killed_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, running, young = (tmp_path / f"greenless-ray-{name}" for name in ("killed", "running", "young"))
    for folder in (killed, running, young):
        (folder / "session").mkdir(parents=True)
    with FileLock(running / "lock"):
        for folder in (killed, running):
            os.utime(folder, (1, 1))
        with cluster._folder() as own:
            assert sorted(tmp_path.iterdir()) == sorted([running, young, Path(own)])
        assert not Path(own).exists()


@pytest.mark.parametrize("command", ["image", "video"])
@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["in.png", "-o", "s3://bucket/out"], "s3://bucket/out"),
        (["gs://bucket/in.png", "-o", "out"], "gs://bucket/in.png"),
        (["in.png", "-o", "out", "--workers", "2"], "--workers"),
        (["in.png", "-o", "out", "--gpus-per-worker", "1"], "--gpus-per-worker"),
    ],
)
def test_what_needs_ray_is_an_error_without_it(
    command: str,
    words: list[str],
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([command, *words]) == 2
    assert f"{what} needs --ray" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def run(script: str, *words: str) -> "subprocess.CompletedProcess[str]":
    start = "import sys\nfrom realtime.cli import main\n"
    command = [sys.executable, "-c", start + script, *words]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)


def test_without_the_extra_the_error_names_it(tmp_path: Path) -> None:
    folder = tmp_path
    words = ["image", str(draw(folder / "a.png")), "-o", str(folder / "out"), "--ray", "--weights", "chroma"]
    done = run("sys.modules['ray'] = None\nsys.exit(main(sys.argv[1:]))", *words)
    assert done.returncode == 2, done.stderr
    assert "the package ray is not installed. In the folder of greenless, type: pip install '.[ray]'" in done.stderr
    assert not (folder / "out").exists()


def test_auto_without_a_cluster_is_an_error() -> None:
    why = str(ConnectionError("Could not find any running Ray instance. Please specify the one with `--address`."))
    error = cluster._not_joined("auto", ConnectionError(why))
    assert str(error).startswith("cannot join the Ray cluster auto: none runs on this machine. Start it with ray start")


def test_ray_takes_no_signal_while_it_starts(ray_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    seen = []

    def init(**arguments: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        seen.append(signal.getsignal(signal.SIGTERM))

    monkeypatch.setattr(ray, "init", init)
    before = signal.getsignal(signal.SIGTERM)
    with cluster.joined("local"):
        assert [*seen, signal.getsignal(signal.SIGTERM)] == [before, before]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    signal.signal(signal.SIGTERM, before)


def test_nothing_starts_another_ray(ray_here: None) -> None:
    """Ray starts one on the first call of a thread that has outlived the job, for example after Ctrl-C."""
    script = """
from realtime.errors import GreenlessError
from realtime.scale.cluster import joined
try:
    with joined("127.0.0.1:1"):
        pass
except GreenlessError:
    import ray
    try:
        ray.put(1)
    except Exception as error:
        print(type(error).__name__, ray.is_initialized())
"""
    done = run(script)
    assert done.stdout.split()[-1] == "False", done.stderr


def test_without_ray_nothing_of_it_is_imported(tmp_path: Path) -> None:
    folder = tmp_path
    words = ["image", str(draw(folder / "a.png")), "-o", str(folder / "out"), "--weights", "chroma"]
    script = "status = main(sys.argv[1:])\nprint(status, {'ray', 'pyarrow', 'fsspec'} & set(sys.modules))"
    done = run(script, *words)
    assert done.stdout.splitlines()[-1] == "0 set()", done.stderr
