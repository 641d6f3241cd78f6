import sys
import threading
from contextlib import suppress
from types import SimpleNamespace

import pytest

onnxruntime = pytest.importorskip("onnxruntime")

from realtime.matting.providers import PROVIDERS, open_session, session_options  # noqa: E402


@pytest.mark.parametrize(("provider", "heard"), [("cpu", True), ("cuda", False)])
def test_what_is_said_meanwhile_is_heard_unless_a_library_may_be_missing(monkeypatch, capsys, provider, heard):
    def session(model: str, options: object, **_: object) -> SimpleNamespace:
        print("the summary of a run that ends in another thread")
        return SimpleNamespace(get_providers=lambda: [PROVIDERS[provider]])

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    open_session("x.onnx", session_options(1), provider)
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
    first, second = (
        threading.Thread(target=open_session, args=["x.onnx", session_options(1), "cuda"]) for _ in range(2)
    )
    first.start()
    second.start()
    first.join(60)
    second.join(60)
    assert sys.stdout is before
