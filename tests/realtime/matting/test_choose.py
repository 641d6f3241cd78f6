"""Fake matters on a fake clock: each way to run a network takes as long as the test says."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import weights
from models.files import digest
from models.weights import cache_folder
from realtime.errors import MatterError
from realtime.frame import Frame
from realtime.matting import choose as module
from realtime.matting import open_matter
from realtime.matting.choose import Choice, candidates, choose, forget, int8_twin, measure, remembered
from realtime.matting.providers import PROVIDERS, available
from realtime.settings import MattingSettings

FRAME = Frame(pixels=np.zeros((64, 96, 3), np.uint8), index=0, captured_s=0.0)


class Machine:
    """Opens matters and notes which; ``ms`` maps (runtime, precision, threads) to what a picture takes.

    For its first ``busy`` pictures it takes ten times as long.
    """

    def __init__(self, ms: dict[tuple[str, str, int], float], provider: str = "cpu", busy: int = 0) -> None:
        self.ms, self.provider = ms, provider
        self.now_s = 0.0
        self.opened: list[tuple[str, str, int]] = []
        self.closed = 0
        self.busy = busy
        self.share = 1.0

    def perf_counter(self) -> float:
        return self.now_s

    def process_time(self) -> float:
        return self.now_s * self.share

    def open(self, choice: Choice) -> "Running":
        kind = (choice.runtime, choice.precision, choice.threads)
        self.opened.append(kind)
        if kind not in self.ms:
            raise MatterError(f"no {choice.runtime} {choice.precision}")
        return Running(self, self.ms[kind] / 1000)


class Running:
    """A matter on that machine."""

    def __init__(self, machine: Machine, takes_s: float) -> None:
        self.machine, self.takes_s = machine, takes_s
        self.provider = machine.provider

    def matte_batch(self, frames: list[Frame]) -> None:
        self.machine.busy -= 1
        self.machine.now_s += self.takes_s * (10 if self.machine.busy >= 0 else 1)

    def close(self) -> None:
        self.machine.closed += 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "x.onnx").write_bytes(b"float")
    return tmp_path / "x.onnx"


@pytest.fixture
def twin(path: Path) -> Path:
    path.with_name("x-int8.onnx").write_bytes(b"int8 of " + digest(path).encode())
    return path.with_name("x-int8.onnx")


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cores", lambda: 4)
    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "_others", lambda: 0.0)
    monkeypatch.setattr(module, "_installed", lambda runtime: True)


def chosen(machine: Machine, path: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> Choice:
    monkeypatch.setattr(module, "time", machine)
    return choose(path, MattingSettings(**{"provider": "cpu", **settings}), FRAME, machine.open)


def test_the_fastest_is_chosen_and_everything_closed(path, twin, monkeypatch):
    machine = Machine({("onnx", "float32", 4): 20, ("onnx", "int8", 4): 15, ("openvino", "int8", 4): 8} | FEWER)
    found = chosen(machine, path, monkeypatch)
    assert (found.runtime, found.precision, found.threads) == ("openvino", "int8", 4)
    assert found.ms == pytest.approx(8)
    assert machine.closed == len(machine.opened) == 6


@pytest.mark.parametrize("busy", range(1, 12))
def test_a_busy_moment_does_not_decide(path, twin, monkeypatch, busy):
    ms = {("onnx", "float32", 4): 8, ("onnx", "int8", 4): 15, ("openvino", "int8", 4): 20}
    ms |= {("onnx", "float32", 1): 20, ("onnx", "float32", 2): 11}
    found = chosen(Machine(ms, busy=busy), path, monkeypatch)
    assert (found.runtime, found.precision, found.threads, found.ms) == ("onnx", "float32", 4, pytest.approx(8))


FEWER = {("openvino", "int8", 1): 20.0, ("openvino", "int8", 2): 11.0}


def test_fewer_threads_are_taken_where_more_gain_little(path, twin, monkeypatch):
    ms = {("openvino", "int8", 4): 10.0, ("openvino", "int8", 2): 10.9, ("openvino", "int8", 1): 11.1}
    assert chosen(Machine(ms), path, monkeypatch).threads == 2


def test_what_cannot_be_opened_is_passed_over_and_nothing_at_all_is_an_error(path, monkeypatch):
    found = chosen(Machine({("onnx", "float32", count): 9.0 for count in (1, 2, 4)}), path, monkeypatch)
    assert (found.runtime, found.threads) == ("onnx", 1)
    with pytest.raises(MatterError, match="no openvino"):
        chosen(Machine({}), path, monkeypatch, runtime="openvino")


def test_a_choice_is_remembered_until_something_it_rests_on_changes(path, monkeypatch):
    machine = Machine({("onnx", "float32", count): 9.0 for count in (1, 2, 4)})
    first = chosen(machine, path, monkeypatch)
    machine.opened.clear()
    assert chosen(machine, path, monkeypatch) == first
    assert machine.opened == []
    path.write_bytes(b"other weights")
    chosen(machine, path, monkeypatch)
    assert machine.opened
    assert len(remembered()) == 2
    forget()
    forget()
    assert remembered() == {}


@pytest.mark.parametrize(("share", "others"), [(0.3, 0.0), (1.0, 0.9)])
def test_what_was_measured_while_others_had_the_processor_is_measured_anew(path, monkeypatch, share, others):
    machine = Machine({("onnx", "float32", count): 9.0 for count in (1, 2, 4)})
    machine.share = share
    monkeypatch.setattr(module, "_others", lambda: others)
    assert chosen(machine, path, monkeypatch).busy
    machine.opened.clear()
    machine.share = 1.0
    monkeypatch.setattr(module, "_others", lambda: 0.0)
    assert not chosen(machine, path, monkeypatch).busy
    assert machine.opened
    machine.opened.clear()
    chosen(machine, path, monkeypatch)
    assert not machine.opened


@pytest.mark.parametrize("text", ["", "[]", "{", '{"key": {"runtime": "onnx"}}', '{"key": 1}'])
def test_a_damaged_memory_is_measured_anew(path, monkeypatch, text):
    machine = Machine({("onnx", "float32", count): 9.0 for count in (1, 2, 4)})
    chosen(machine, path, monkeypatch)
    file = cache_folder() / module.FILE
    assert json.loads(file.read_text())
    file.write_text(text)
    machine.opened.clear()
    chosen(machine, path, monkeypatch)
    assert machine.opened


def test_what_the_settings_say_is_not_measured(path, monkeypatch):
    machine = Machine({})
    found = chosen(machine, path, monkeypatch, runtime="onnx", precision="float32", threads=3)
    assert (found.runtime, found.precision, found.threads, found.ms) == ("onnx", "float32", 3, 0)
    assert machine.opened == []


def test_candidates_keep_to_settings_and_files(path, monkeypatch):
    def found(**settings: object) -> list[tuple[str, str]]:
        return [(c.runtime, c.precision) for c in candidates(MattingSettings(**settings), path)]

    floats = [("onnx", "float32"), ("openvino", "float32"), ("openvino", "bfloat16")]
    assert found() == floats
    assert found(runtime="openvino") == floats[1:]
    path.with_name("x-int8.onnx").write_bytes(b"int8 of " + digest(path).encode())
    assert found() == [("onnx", "float32"), ("onnx", "int8"), ("openvino", "int8")]
    assert found(precision="int8") == [("onnx", "int8"), ("openvino", "int8")]
    assert found(runtime="onnx") == [("onnx", "float32"), ("onnx", "int8")]
    monkeypatch.setattr(module, "_installed", lambda runtime: runtime == "onnx")
    assert found() == [("onnx", "float32"), ("onnx", "int8")]
    assert found(runtime="openvino", precision="float32") == [("openvino", "float32")]  # the error names the cure


def test_a_twin_of_other_weights_is_none(path, twin):
    assert int8_twin(path) == twin
    path.write_bytes(b"trained anew")
    assert int8_twin(path) is None


def test_a_gpu_is_always_taken(path, monkeypatch):
    monkeypatch.setattr("realtime.matting.providers.available", lambda: ["cuda", "cpu"])
    machine = Machine({("onnx", "float32", 0): 1.0}, provider="cuda")
    assert chosen(machine, path, monkeypatch, provider="auto").provider == "cuda"
    assert machine.opened == [("onnx", "float32", 0)]


def test_a_gpu_that_is_listed_only_is_not(path, monkeypatch):
    monkeypatch.setattr("realtime.matting.providers.available", lambda: ["cuda", "cpu"])
    ms = {("onnx", "float32", count): 9.0 for count in (0, 1, 2, 4)}
    assert chosen(Machine(ms, provider="cpu"), path, monkeypatch, provider="auto").provider == "cpu"


@pytest.mark.parametrize("settings", [{}, {"precision": "int8"}, {"runtime": "onnx", "threads": 2}])
def test_a_provider_that_is_asked_for_never_becomes_the_processor(path, twin, monkeypatch, settings):
    machine = Machine({})
    found = chosen(machine, path, monkeypatch, provider="cuda", **settings)
    assert (found.runtime, found.provider) == ("onnx", "cuda")
    assert machine.opened == []  # the error comes when it is opened


def test_a_gpu_is_taken_too_when_everything_else_is_settled(path, monkeypatch):
    monkeypatch.setattr("realtime.matting.providers.available", lambda: ["cuda", "cpu"])
    settled = {"runtime": "onnx", "precision": "float32", "threads": 2, "provider": "auto"}
    machine = Machine({("onnx", "float32", 2): 1.0}, provider="cuda")
    assert chosen(machine, path, monkeypatch, **settled).provider == "cuda"
    forget()
    machine = Machine({("onnx", "float32", 2): 1.0}, provider="cpu")
    assert chosen(machine, path, monkeypatch, **settled).provider == "cpu"


def test_a_gpu_that_was_chosen_and_is_gone_is_passed_over_where_nobody_asked_for_it():
    settings = MattingSettings(runtime="onnx", precision="float32", threads=1)
    gone = next(name for name in PROVIDERS if name not in available())
    key = module._key(weights.onnx_for(weights.find(settings.weights)), settings, FRAME)
    module._remember(key, Choice(runtime="onnx", provider=gone, threads=1))
    with closing(open_matter(settings, width_px=FRAME.width_px, height_px=FRAME.height_px)) as matter:
        assert len(matter.matte_batch([FRAME])) == 1
    assert remembered()[key]["provider"] in available()
    module._remember(key, Choice(runtime="onnx", provider=gone, threads=1))
    with pytest.raises(MatterError, match="cannot run on"):
        open_matter(replace(settings, provider=gone))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": "int8"}, "no int8 twin beside .*models.quantise"),
        ({"precision": "bfloat16", "runtime": "onnx"}, "ONNX Runtime does not compute in bfloat16"),
        ({"runtime": "openvino", "provider": "cuda"}, "not on cuda"),
    ],
)
def test_what_cannot_be_had_is_an_error(path, settings, message):
    with pytest.raises(MatterError, match=message):
        open_matter(MattingSettings(weights=str(path), threads=1, **{"provider": "cpu", **settings}))


def test_the_twin_on_board_is_of_the_network_on_board():
    """If not: python -m models.quantise pretrained/greenless-lite.onnx --help."""
    assert int8_twin(weights.find("greenless-lite")) == weights.verify("greenless-lite-int8")
