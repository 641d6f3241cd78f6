import logging
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

onnxruntime = pytest.importorskip("onnxruntime")

from models.onnx_session import run_options  # noqa: E402
from realtime.errors import MatterError  # noqa: E402
from realtime.matting.runtimes.providers import PROVIDERS, WAYS, open_session  # noqa: E402

SHAPE = (1, 3, 288, 512)


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What sessions on a machine with every provider are asked for; ``asked.refused`` names options that raise."""
    made = SimpleNamespace(options=[], refused=set(), got=None, file=tmp_path / "x.onnx")
    made.file.write_bytes(b"network")
    monkeypatch.setenv("GREENLESS_HOME", str(tmp_path))

    def session(model: str, options: object, *, providers, **_: object) -> SimpleNamespace:
        made.options.append(dict(providers))
        first = providers[0][1]
        if made.refused & first.keys():
            raise RuntimeError("Unknown provider option\nand a native stack")
        return SimpleNamespace(get_providers=lambda: [made.got or providers[0][0]])

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    return made


def opened(asked, name, *more):
    open_session(str(asked.file), run_options(1), name, *more)
    return asked.options[-1]


def test_a_graph_is_asked_for_where_shape_and_memory_stay(asked):
    assert opened(asked, "cuda", SHAPE) == {PROVIDERS["cuda"]: {"enable_cuda_graph": "1"}, PROVIDERS["cpu"]: {}}
    assert opened(asked, "cuda", SHAPE, 1) == opened(asked, "cuda") == {PROVIDERS["cuda"]: {}, PROVIDERS["cpu"]: {}}
    assert opened(asked, "cpu", SHAPE) == {PROVIDERS["cpu"]: {}}


def test_tensorrt_runs_in_half_precision_as_a_graph_and_what_it_leaves_to_cuda_does_not(asked):
    given = opened(asked, "tensorrt", SHAPE)
    assert given[PROVIDERS["tensorrt"]].items() >= {"trt_fp16_enable": "1", "trt_cuda_graph_enable": "1"}.items()
    assert given[PROVIDERS["cuda"]] == {}
    assert not {"trt_fp16_enable", "trt_cuda_graph_enable"} & opened(asked, "tensorrt")[PROVIDERS["tensorrt"]].keys()


def test_each_file_and_shape_has_a_folder_for_its_engines(asked):
    def folder(shape):
        return opened(asked, "tensorrt", shape)[PROVIDERS["tensorrt"]]["trt_engine_cache_path"]

    folders = [folder(SHAPE), folder((2, *SHAPE[1:])), folder(None)]
    asked.file.write_bytes(b"the same network, trained further")
    folders.append(folder(SHAPE))
    assert len(set(folders)) == 4
    assert all(Path(each).is_dir() for each in folders)


@pytest.mark.parametrize(
    ("name", "refused", "left"),
    [
        ("cuda", "enable_cuda_graph", {}),
        ("tensorrt", "trt_cuda_graph_enable", {"trt_fp16_enable": "1"}),
        ("tensorrt", "trt_fp16_enable", {}),
    ],
)
def test_what_a_provider_refuses_is_left_out_and_said(asked, caplog, name, refused, left):
    asked.refused = {refused}
    with caplog.at_level(logging.DEBUG, "greenless"):
        given = opened(asked, name, SHAPE)[PROVIDERS[name]]
    assert {key: given[key] for key in given if any(key in way for way in WAYS[name])} == left
    assert refused in caplog.text
    assert "native stack" not in caplog.text


@pytest.mark.parametrize("name", WAYS)
def test_whatever_is_refused_the_processor_never_takes_over(asked, name):
    asked.got = PROVIDERS["cpu"]
    with pytest.raises(MatterError, match="cannot run on"):
        opened(asked, name, SHAPE)
    assert len(asked.options) == 1  # its libraries are missing: no other way would help


@pytest.mark.parametrize(("provider", "heard"), [("cpu", True), ("cuda", False)])
def test_what_is_said_meanwhile_is_heard_unless_a_library_may_be_missing(monkeypatch, capsys, provider, heard):
    def session(model: str, options: object, **_: object) -> SimpleNamespace:
        print("the summary of a run that ends in another thread")
        return SimpleNamespace(get_providers=lambda: [PROVIDERS[provider]])

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    open_session("x.onnx", run_options(1), provider)
    assert ("summary" in capsys.readouterr().out) is heard


def test_two_sessions_at_once_leave_the_output_as_it_was(monkeypatch):
    both = threading.Barrier(2)

    def session(model: str, options: object, **_: object) -> SimpleNamespace:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # never: one after the other
        return SimpleNamespace(get_providers=lambda: [PROVIDERS["cuda"]])

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    before = sys.stdout
    first, second = (threading.Thread(target=open_session, args=["x.onnx", run_options(1), "cuda"]) for _ in range(2))
    first.start()
    second.start()
    first.join(60)
    second.join(60)
    assert sys.stdout is before


def test_without_tensorrt_no_folder_is_made_for_its_engines(asked, tmp_path):
    asked.got = PROVIDERS["cpu"]
    with pytest.raises(MatterError, match="cannot run on TensorRT"):
        opened(asked, "tensorrt", SHAPE)
    assert [path.name for path in tmp_path.iterdir()] == ["x.onnx"]
    asked.got = None
    folder = Path(opened(asked, "tensorrt", SHAPE)[PROVIDERS["tensorrt"]]["trt_engine_cache_path"])
    (folder / "engine").touch()
    asked.got = PROVIDERS["cpu"]
    with pytest.raises(MatterError, match="cannot run on TensorRT"):
        opened(asked, "tensorrt", SHAPE)
    assert (folder / "engine").exists()


def test_engines_that_cannot_be_kept_are_built_again_at_each_start(asked, monkeypatch):
    monkeypatch.setenv("GREENLESS_HOME", os.devnull)
    given = opened(asked, "tensorrt", SHAPE)[PROVIDERS["tensorrt"]]
    assert given == WAYS["tensorrt"][0]
