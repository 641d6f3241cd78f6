"""docs/architecture.md explains what there is, and names nothing that is gone."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_entry_of_the_application_is_explained() -> None:
    entries = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in (ROOT / "realtime").iterdir()
        if path.name != "__pycache__"
    }
    assert set(re.findall(r"^\| `([^`]+)` \| [^|]+ \|$", TEXT, re.MULTILINE)) == entries
    assert len(entries) <= 24


def test_every_file_and_name_in_it_exists() -> None:
    paths = [path for path in re.findall(r"`((?:realtime|tests|benchmarks)/[\w/.-]+)`", TEXT) if "NAME" not in path]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "realtime").rglob("*.py"))
    for owner, name in re.findall(r"`(\w+)\.(_?[a-z]\w*)`", TEXT):
        if owner[0].isupper():
            assert re.search(rf"class {owner}\b", code), owner
            assert re.search(rf"\b{name}\b", code), f"{owner}.{name}"
