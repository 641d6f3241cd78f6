"""What is open, and what is remembered of it; the trial itself is in ``test_audition``."""

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
from realtime.matting import open_matter
from realtime.matting.choice import runtime_choice as module
from realtime.matting.choice.runtime_choice import Choice, candidates, choose, forget, int8_twin, remember, remembered
from realtime.matting.runtimes.providers import PROVIDERS, available
from realtime.settings.schema import MattingSettings

FRAME = Frame(pixels=np.zeros((64, 96, 3), np.uint8), index=0, captured_s=0.0)


class Machine:
    """Opens matters and notes which."""

    def __init__(self, provider: str = "cpu") -> None:
        self.provider = provider
        self.opened: list[tuple[str, str, int]] = []

    def open(self, choice: Choice) -> "Running":
        self.opened.append((choice.runtime, choice.precision, choice.threads))
        return Running(self.provider)


class Running:
    """A matter on that machine."""

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def matte_batch(self, frames: list[Frame]) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "x.onnx").write_bytes(b"float")
    return tmp_path / "x.onnx"


@pytest.fixture
def twin(path: Path) -> Path:
    path.with_name("x-int8.onnx").write_bytes(b"int8 of " + digest(path).encode())
    return path.with_name("x-int8.onnx")


@pytest.fixture(autouse=True)
def everything_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "candidates", candidates)
    monkeypatch.setattr(module, "cores", lambda: 4)
    monkeypatch.setattr(module, "version_of", lambda package: "1")


def chosen(path: Path, machine: Machine | None = None, **settings: object) -> Choice | None:
    made = MattingSettings(**{"provider": "cpu", **settings})
    return choose(path, made, FRAME, (machine or Machine()).open)


MADE = Choice(runtime="openvino", precision="int8", threads=2, ms=8.0)


def note(path: Path, choice: Choice = MADE) -> None:
    remember(path, MattingSettings(provider="cpu"), FRAME, choice)


def test_a_choice_is_remembered_until_something_it_rests_on_changes(path):
    assert chosen(path) is None
    note(path)
    assert chosen(path) == MADE
    path.write_bytes(b"other weights")
    assert chosen(path) is None
    note(path)
    assert len(remembered()) == 2
    forget()
    forget()
    assert remembered() == {}
    assert chosen(path) is None


def test_a_choice_that_was_made_on_a_busy_machine_is_repeated(path):
    note(path, replace(MADE, busy=True))
    assert chosen(path) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"key": {"runtime": "onnx"}}', '{"key": 1}'])
def test_a_damaged_memory_is_none(path, text):
    note(path)
    file = cache_folder() / module.FILE
    assert json.loads(file.read_text())
    file.write_text(text)
    assert chosen(path) is None


def test_what_the_settings_say_wants_no_trial(path):
    machine = Machine()
    found = chosen(path, machine, runtime="onnx", precision="float32", threads=3)
    assert found == Choice(runtime="onnx", precision="float32", threads=3)
    assert machine.opened == []


def test_candidates_keep_to_settings_and_files(path, monkeypatch):
    def found(**settings: object) -> list[tuple[str, str]]:
        return [(c.runtime, c.precision) for c in candidates(MattingSettings(**settings), path)]

    floats = [("openvino", "float32"), ("openvino", "bfloat16"), ("onnx", "float32")]
    assert found() == floats
    assert found(runtime="openvino") == floats[:2]
    path.with_name("x-int8.onnx").write_bytes(b"int8 of " + digest(path).encode())
    assert found() == [("openvino", "int8"), ("onnx", "int8"), ("onnx", "float32")]
    assert found(precision="int8") == [("openvino", "int8"), ("onnx", "int8")]
    assert found(runtime="onnx") == [("onnx", "int8"), ("onnx", "float32")]
    monkeypatch.setattr(module, "version_of", lambda package: "" if package == "openvino" else "1")
    assert found() == [("onnx", "int8"), ("onnx", "float32")]
    assert found(runtime="openvino", precision="float32") == [("openvino", "float32")]  # the error names the cure


def test_a_twin_of_other_weights_is_none(path, twin):
    assert int8_twin(path) == twin
    path.write_bytes(b"trained anew")
    assert int8_twin(path) is None


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU is listed; whether it runs, the machine says."""
    monkeypatch.setattr("realtime.matting.runtimes.providers.available", lambda: ["cuda", "cpu"])


def test_a_gpu_is_always_taken(path, listed):
    machine = Machine(provider="cuda")
    found = chosen(path, machine, provider="auto")
    assert found is not None
    assert found.provider == "cuda"
    assert machine.opened == [("onnx", "float32", 0)]
    assert chosen(path, provider="auto") == found  # remembered


def test_a_gpu_that_is_listed_only_is_not(path, listed):
    assert chosen(path, provider="auto") is None


@pytest.mark.parametrize("settings", [{}, {"precision": "int8"}, {"runtime": "onnx", "threads": 2}])
def test_a_provider_that_is_asked_for_never_becomes_the_processor(path, twin, settings):
    machine = Machine()
    found = chosen(path, machine, provider="cuda", **settings)
    assert found is not None
    assert (found.runtime, found.provider) == ("onnx", "cuda")
    assert machine.opened == []  # the error comes when it is opened


@pytest.mark.parametrize("provider", ["cuda", "cpu"])
def test_a_gpu_is_taken_too_when_everything_else_is_settled(path, listed, provider):
    settled = {"runtime": "onnx", "precision": "float32", "threads": 2, "provider": "auto"}
    found = chosen(path, Machine(provider=provider), **settled)
    assert found is not None
    assert found.provider == provider


def test_a_gpu_that_was_chosen_and_is_gone_is_passed_over_where_nobody_asked_for_it():
    settings = MattingSettings(runtime="onnx", precision="float32", threads=1)
    gone = next(name for name in PROVIDERS if name not in available())
    file = weights.onnx_for(weights.find(settings.weights))
    remember(file, settings, FRAME, Choice(runtime="onnx", provider=gone, threads=1))
    with closing(open_matter(settings, width_px=FRAME.width_px, height_px=FRAME.height_px)) as matter:
        assert len(matter.matte_batch([FRAME])) == 1
    [kept] = remembered().values()
    assert kept["provider"] in available()
    remember(file, settings, FRAME, Choice(runtime="onnx", provider=gone, threads=1))
    with pytest.raises(MatterError, match="cannot run on"):
        open_matter(replace(settings, provider=gone))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": "int8"}, "no int8 twin beside .*models.training.quantise"),
        ({"precision": "bfloat16", "runtime": "onnx"}, "ONNX Runtime does not support bfloat16"),
        ({"runtime": "openvino", "provider": "cuda"}, "not on cuda"),
    ],
)
def test_what_cannot_be_had_is_an_error(path, settings, message):
    with pytest.raises(MatterError, match=message):
        open_matter(MattingSettings(weights=str(path), threads=1, **{"provider": "cpu", **settings}))


def test_the_twin_on_board_is_of_the_network_on_board():
    """If not: python -m models.training.quantise pretrained/greenless-lite.onnx --help."""
    assert int8_twin(weights.find("greenless-lite")) == weights.verify("greenless-lite-int8")
