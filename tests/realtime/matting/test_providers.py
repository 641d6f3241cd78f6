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
