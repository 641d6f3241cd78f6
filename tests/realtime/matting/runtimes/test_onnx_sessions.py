"""The steps of a card on the processor's memory: a session that fails stands in for a graph that is refused."""

import logging
import threading
import tracemalloc

import numpy as np
import pytest

from models.structure import Signature
from realtime.errors import MatterError

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from realtime.frame import Frame  # noqa: E402
from realtime.matting.runtimes import onnx_matter, onnx_sessions  # noqa: E402
from realtime.matting.runtimes.onnx_matter import OnnxMatter  # noqa: E402
from realtime.matting.runtimes.onnx_sessions import GpuSession  # noqa: E402
from realtime.matting.runtimes.providers import MAKING, WAYS  # noqa: E402

SHAPE = (2, 3, 32, 64)
SIGNATURE = Signature(input_name="input", output_name="output", shape=("n", 3, "h", "w"))


@pytest.fixture
def path(tmp_path):
    """A network whose alpha is a weighted sum of the planes about a pixel."""
    weight = np.random.default_rng(1).uniform(-0.1, 0.1, (1, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input", "weight", "bias"], ["output"], pads=[1] * 4)],
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ("n", 3, "h", "w"))],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ("n", 1, "h", "w"))],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(np.full(1, 0.5, np.float32), "bias")],
    )
    path = tmp_path / "tiny.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path


@pytest.fixture
def card(monkeypatch):
    """The processor passes for a card with two ways to run a network; ``taken`` are the sessions made for it."""
    taken = []

    class OnProcessor(GpuSession):
        def __init__(self, *args, **more):
            super().__init__(*args, device="cpu", **more)
            taken.append(self)

    monkeypatch.setitem(WAYS, "cpu", ({}, {}))
    monkeypatch.setattr(onnx_matter, "GpuSession", OnProcessor)
    return taken


def pictures(count, size=(64, 32), seed=0):
    return list(np.random.default_rng(seed).integers(0, 256, (count, size[1], size[0], 3), np.uint8))


def frames(sizes):
    return [Frame(pixels=pictures(1, size, index)[0], index=index, captured_s=0.0) for index, size in enumerate(sizes)]


def open_card(path, wrap=lambda session, way: session, ways=2):
    """A card session on the processor whose ways go through ``wrap``, and the ways that were taken."""
    taken = []

    def reopen(way):
        taken.append(way)
        return wrap(onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]), way)

    return GpuSession(reopen(0), SHAPE, SIGNATURE, reopen=reopen, ways=ways, device="cpu"), taken


class Refusing:
    """A session that raises where a graph is captured."""

    def __init__(self, session):
        self._session = session

    def io_binding(self):
        return self._session.io_binding()

    def run_with_iobinding(self, binding):
        raise RuntimeError("CUDA failure 900: operation not permitted when stream is capturing\n  and more")


class Broken(Refusing):
    """A session whose first matte is not finite."""

    def run_with_iobinding(self, binding):
        self._session.run_with_iobinding(binding)
        binding.get_outputs()[0].numpy()[0, 0, 0, 0] = np.inf


def test_a_cards_mattes_are_those_of_the_plain_way(path, card, monkeypatch):
    shown = frames([(64, 32), (64, 32), (32, 32), (32, 64), (64, 32)])
    matter = OnnxMatter(path, title="tiny", reference_px=32, provider="cpu")
    matter.matte_batch(shown[::-1])
    on_gpu = matter.matte_batch(shown)
    assert len(card) == 3
    monkeypatch.delitem(WAYS, "cpu")
    expected = OnnxMatter(path, title="tiny", reference_px=32, provider="cpu").matte_batch(shown)
    assert len(card) == 3
    for mine, theirs in zip(on_gpu, expected, strict=True):
        np.testing.assert_array_equal(mine.alpha, theirs.alpha)


def test_in_and_output_stay_where_they_are_and_nothing_more_is_allocated(path):
    session, _ = open_card(path)
    shown = pictures(2)
    first = session.run(shown).copy()
    places = session._gpu_input.data_ptr(), session._gpu_output.data_ptr()
    tracemalloc.start()
    try:
        session.run(shown)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < first.nbytes
    assert (session._gpu_input.data_ptr(), session._gpu_output.data_ptr()) == places
    np.testing.assert_array_equal(session.run(shown), first)


@pytest.mark.parametrize("failure", [Refusing, Broken])
def test_where_a_way_fails_the_next_is_taken_and_said(path, caplog, failure):
    session, taken = open_card(path, lambda session, way: session if way == 2 else failure(session), ways=3)
    expected = open_card(path)[0].run(pictures(2))
    with caplog.at_level(logging.DEBUG, "greenless"):
        np.testing.assert_array_equal(session.run(pictures(2)), expected)
    assert taken == [0, 1, 2]
    assert [record.getMessage().count("\n") for record in caplog.records] == [0, 0]
    assert "reopens with other options" in caplog.text
    session.run(pictures(2))
    assert taken == [0, 1, 2]


def test_a_graph_that_fails_later_is_given_up_too(path):
    failing = []

    class Later(Refusing):
        def run_with_iobinding(self, binding):
            if failing:
                super().run_with_iobinding(binding)
            self._session.run_with_iobinding(binding)

    session, taken = open_card(path, lambda session, way: Later(session) if way == 0 else session)
    first = session.run(pictures(2)).copy()
    failing.append(True)
    np.testing.assert_array_equal(session.run(pictures(2)), first)
    assert taken == [0, 1]


def test_the_last_way_fails_with_an_error(path, card, monkeypatch):
    opened = onnx_matter.open_session
    monkeypatch.setattr(
        onnx_matter, "open_session", lambda *a: (Refusing(opened(*a)[0]), "cpu") if len(a) > 3 else opened(*a)
    )
    with pytest.raises(MatterError, match=r"tiny 64x32, onnx, CPU failed on a batch of \(1, 3, 32, 64\): CUDA failure"):
        OnnxMatter(path, title="tiny", reference_px=32, provider="cpu").matte_batch(frames([(64, 32)]))


def test_each_threads_first_run_keeps_others_from_the_card(path):
    held = []

    class Watching(Refusing):
        def run_with_iobinding(self, binding):
            held.append((MAKING.locked(), onnx_sessions.RUNNING.locked()))
            self._session.run_with_iobinding(binding)

    session, _ = open_card(path, lambda session, way: Watching(session))

    def twice():
        session.run(pictures(2))
        session.run(pictures(2))

    twice()
    other = threading.Thread(target=twice)
    other.start()
    other.join(60)
    assert held == [(True, True), (False, True)] * 2
