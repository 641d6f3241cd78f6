"""docs/reference.md says what the code does: it is the text that docs/make_reference.py writes."""

import difflib
import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "docs" / "make_reference.py"


def test_the_reference_is_that_of_the_code() -> None:
    for extra in ("onnx", "safetensors", "torch"):
        pytest.importorskip(extra, reason="train and adapt need greenless[torch]")
    spec = importlib.util.spec_from_file_location("make_reference", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written, page = module.reference(), module.PAGE.read_text(encoding="utf-8")
    lines = difflib.unified_diff(
        page.splitlines(), written.splitlines(), "docs/reference.md", "the code", lineterm="", n=0
    )
    assert written == page, "docs/reference.md is out of date; run: make docs\n" + "\n".join(lines)


def test_the_page_names_the_command_that_writes_it() -> None:
    assert "python docs/make_reference.py" in (SCRIPT.parent / "reference.md").read_text(encoding="utf-8")
